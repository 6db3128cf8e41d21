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
