"""Precision and recall on the planted truth, as scripts/measure_linking.py measures them."""

import importlib
from datetime import date
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"


@pytest.fixture(scope="module")
def measured():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        module = importlib.import_module("measure_linking")
        scores, wrong = module.measure(7, date(2022, 3, 1), date(2022, 7, 1), companies=6)
    return module, scores, wrong


def test_planted_names_and_symbols_are_found_and_look_alikes_are_not(measured):
    module, scores, wrong = measured
    planted = [score for score in scores if score.kind != module.WIRE]
    looked_at = module.total("", [score for score in planted if not score.kind.endswith(module.BLIND)])
    assert looked_at.right > 900
    assert looked_at.precision >= 0.98, wrong
    assert looked_at.recall >= 0.98, wrong


def test_phrases_that_nobody_repaired_for_stay_apart_and_are_worse(measured):
    module, scores, _ = measured
    blind = module.total("", [score for score in scores if score.kind.endswith(module.BLIND)])
    assert blind.documents > 200
    assert 0.85 < blind.precision < 1.0
    assert blind.recall > 0.85


def test_links_of_the_newswire_itself_are_right(measured):
    module, scores, _ = measured
    wire = next(score for score in scores if score.kind == module.WIRE)
    assert (wire.wrong, wire.missed) == (0, 0)
    assert wire.right > 500


def test_real_names_of_edgar_are_told_by_company_number(shared_data, measured):
    module, _, _ = measured
    found = module.edgar(shared_data)
    assert (found["known"], found["right"], found["wrong"]) == (26, 25, [])
    assert found["missed"] == [("ROYAL BANK OF SCOTLAND GROUP PLC", "NatWest Group plc")]


def test_refused_links_are_told_apart_by_what_stands_in_the_text(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    kind = importlib.import_module("linking_real").look_alike
    told = {
        text: kind(text, "T") for text in ("HEI$T", "$T-Mobile", "$T... ", "$$T", "$T\u00ddLLO", "$T-N", "$t", "AT&T")
    }
    assert [name.split(" (")[0] for name in told.values()] == [
        "inside a word", "a name's part", "cut by the length limit", "dollar signs around", "runs on", "with an exchange",
        "small letters", "no such tag in the text",
    ]  # fmt: skip
