"""Alpha formulas: what they mean, what they refuse, how far they look back."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickertune.core.formula import FIELDS, MAX_LENGTH, Formula, FormulaError


def window(length: int = 60, seed: int = 0):
    generator = np.random.default_rng(seed)
    return {name: generator.uniform(1, 2, length) for name in FIELDS}


@pytest.mark.parametrize(
    ("text", "back", "expected"),
    [
        ("close", 0, lambda w: w["close"][-1]),
        ("-close + 2 * open / 4", 0, lambda w: -w["close"][-1] + w["open"][-1] / 2),
        ("close / delay(close, 10) - 1", 10, lambda w: w["close"][-1] / w["close"][-11] - 1),
        ("delta(open, 3)", 3, lambda w: w["open"][-1] - w["open"][-4]),
        ("mean(volume, 5)", 4, lambda w: w["volume"][-5:].mean()),
        ("sum(volume, 5)", 4, lambda w: w["volume"][-5:].sum()),
        ("std(low, 5)", 4, lambda w: w["low"][-5:].std(ddof=1)),
        ("max(high, 5) - min(low, 7)", 6, lambda w: w["high"][-5:].max() - w["low"][-7:].min()),
        ("rank(close, 20)", 19, lambda w: (w["close"][-20:] <= w["close"][-1]).mean()),
        ("corr(close, volume, 8)", 7, lambda w: np.corrcoef(w["close"][-8:], w["volume"][-8:])[0, 1]),
        ("mean(delay(close, 4), 3)", 6, lambda w: w["close"][-7:-4].mean()),
        ("abs(log(sqrt(close)))", 0, lambda w: abs(np.log(np.sqrt(w["close"][-1])))),
        ("sign(close - 99)", 0, lambda w: -1.0),
        ("(close > open) * 1.5", 0, lambda w: 1.5 * (w["close"][-1] > w["open"][-1])),
    ],
)
def test_a_formula_is_its_value_at_the_last_session(text, back, expected):
    formula, shown = Formula(text), window()
    assert formula.sessions_back == back
    assert formula(shown) == pytest.approx(expected(shown))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clse", "unknown name 'clse' .did you mean 'close'"),
        ("men(close, 3)", "unknown function 'men' .did you mean 'mean'"),
        ("delay(close, -1)", "may look back, and never ahead"),
        ("delay(close, 0)", "from 1 to 250"),
        ("mean(close, 2.5)", "from 1 to 250"),
        ("mean(close, open)", "from 1 to 250"),
        ("mean(close, True)", "from 1 to 250"),
        ("mean(close)", r"takes 2 argument"),
        ("mean(close, sessions=3)", "not part of the language"),
        ("close ** 9999999", "not part of the language"),
        ("__import__('os')", "unknown function '__import__'"),
        ("close.__class__", "not part of the language"),
        ("[x for x in close]", "not part of the language"),
        ("(lambda: close)()", "not part of the language"),
        ("close[1]", "not part of the language"),
        ("'text'", "not part of the language"),
        ("True", "not part of the language"),
        ("1j", "not part of the language"),
        ("a := close", "is no formula"),
        ("close +", "is no formula"),
        ("", "is no formula"),
        ("mean(mean(mean(close, 250), 250), 250)", "looks back 747 sessions"),
        ("close + " * MAX_LENGTH, "is longer than"),
    ],
)
def test_what_is_no_formula_is_refused(text, message):
    with pytest.raises(FormulaError, match=message):
        Formula(text)


@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_a_clear_refusal(text):
    with contextlib.suppress(FormulaError):
        assert isinstance(Formula(text)(window()), float)


FORMULAS = ["rank(delta(close, 3), 9) - corr(high, volume, 6)", "std(close, 4) / mean(close, 7)", "max(low, 5) > open"]


@settings(deadline=None)
@given(st.sampled_from(FORMULAS), st.integers(0, 50))
def test_it_reads_no_more_than_it_says(text, extra):
    formula, shown = Formula(text), window(80)
    needed = formula.sessions_back + 1
    own = {name: values[-needed:] for name, values in shown.items()}
    longer = {name: values[-needed - extra % 20 :] for name, values in shown.items()}
    assert formula(own) == formula(longer)


def test_a_missing_number_within_its_window_leaves_no_value():
    shown = window()
    shown["close"][-3] = np.nan
    assert np.isnan(Formula("mean(close, 5)")(shown))
    assert np.isnan(Formula("delay(close, 2) > 1")(shown))
    assert np.isfinite(Formula("mean(close, 2)")(shown))
