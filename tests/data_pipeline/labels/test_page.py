"""docs/labels.md says what the labels' code says."""

import importlib
from pathlib import Path

import pytest

from data_pipeline.labels.registry import LABELS
from tickertune.core.files import read_json

SCRIPTS = str(Path(__file__).parents[3] / "scripts")


@pytest.fixture
def pages(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module("label_pages")


def test_the_page_and_its_pictures_are_current(pages):
    text = pages.PAGE.read_text(encoding="utf-8")
    assert pages.page(text, read_json(pages.MEASURED)) == text, "run: .venv/bin/python scripts/label_pages.py"
    for name, picture in pages.pictures().items():
        assert (pages.IMAGES / name).read_text(encoding="utf-8") == picture, name


def test_each_label_has_a_section_and_a_picture(pages):
    text = pages.PAGE.read_text(encoding="utf-8")
    for name in LABELS:
        assert f"\n## {name}\n" in text
        assert f"![Timing of label {name}](images/labels/{name}.svg)" in text


@pytest.mark.slow
def test_class_shares_on_the_page_are_those_of_the_demo_s_market(pages):
    market = pages.demo_market()
    measured = read_json(pages.MEASURED)
    for name in LABELS:
        assert pages.measure(name, *market) == measured[name], "run: .venv/bin/python scripts/label_pages.py --measure"
