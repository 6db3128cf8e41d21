from pathlib import Path

import polars as pl
import pytest

from tests.training.conftest import make_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import PnlConfig
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task
from training.rewards.compose import Reward
from training.rewards.constant import constant_baselines, text_accuracy
from training.rewards.constant_check import report, winner_sentence
from training.rewards.terms import TERMS, Settings

TASK = get_task("movement")


def frame(count: int = 60, drift: float = 0.0, words: bool = True) -> pl.DataFrame:
    table = frame_of(Sample, make_samples(count, drift=drift))
    if words:
        return table
    shuffled = table["messages"].shuffle(seed=3)
    return table.with_columns(shuffled)


def reward(**weights: float) -> Reward:
    return Reward(TASK, weights, Settings(pnl=PnlConfig(cost_bps=0)))


def test_values_of_constant_policies_by_hand() -> None:
    table = frame()
    found = constant_baselines(table, reward(accuracy=1.0), 1, 0)
    rows = {row.policy: row for row in found.policies}
    up = float((table["label"] == "up").mean())  # type: ignore[arg-type]
    assert rows["always up"].accuracy == pytest.approx(up)
    assert rows["always up"].reward == pytest.approx(2 * up - 1.5 * (1 - up))
    assert rows["random by class prior"].accuracy == pytest.approx(up**2 + (1 - up) ** 2)
    assert found.reference_accuracy == 1.0, "the words tell the label"
    assert found.reference_reward == pytest.approx(2.0)
    assert winner_sentence(found) is None


def test_drifting_returns_are_found_out() -> None:
    """With every stock rising, always buying beats reading; the reward pays for collapse."""
    found = constant_baselines(frame(drift=3.0, words=False), reward(pnl=1.0), 1, 0)
    assert "always up" in {row.policy for row in found.winners}
    sentence = winner_sentence(found)
    assert sentence is not None
    assert sentence.startswith("Policy 'always up' earns +")


def test_without_drift_no_constant_wins() -> None:
    found = constant_baselines(frame(words=False), reward(pnl=1.0, accuracy=0.25), 1, 0)
    assert not found.winners


def test_text_accuracy_is_that_of_unseen_days() -> None:
    assert text_accuracy(frame(), TASK.labels, 0) == 1.0
    assert text_accuracy(frame(words=False), TASK.labels, 0) < 0.75


def test_one_day_gives_no_interval_and_stops_nothing() -> None:
    found = constant_baselines(frame(4, drift=3.0, words=False), reward(pnl=1.0), 1, 0)
    assert [row.low for row in found.policies] == [None] * 4
    assert winner_sentence(found) is None


def test_samples_without_outcome_are_left_out_or_refused() -> None:
    table = frame()
    some = table.with_columns(pl.when(pl.int_range(pl.len()) > 3).then("ret_scaled").alias("ret_scaled"))
    assert constant_baselines(some, reward(pnl=1.0), 1, 0).policies
    none = table.with_columns(pl.lit(None, pl.Float64).alias("ret_scaled"))
    with pytest.raises(TickerTuneError, match="None of the 60 training samples has the return"):
        constant_baselines(none, reward(pnl=1.0), 1, 0)


def test_report_is_written_and_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = constant_baselines(frame(), reward(pnl=1.0), 1, 0)
    report(found, reward(pnl=1.0), tmp_path / "baselines.json")
    written = read_json(tmp_path / "baselines.json")
    assert written["weights"] == {"pnl": 1.0}
    assert {row["policy"] for row in written["policies"]} == {
        "always down", "always up", "random by class prior", "shuffled labels"
    }  # fmt: skip
    assert "always up" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(TERMS.keys() - {"decision_matrix"}))
def test_every_term_has_baselines(name: str) -> None:
    """The honest policy is never beaten where the words tell the label, and form alone tells nobody apart."""
    tagged = Reward(TASK, {name: 1.0}, Settings(pnl=PnlConfig(cost_bps=0)), tagged=True)
    found = constant_baselines(frame(120), tagged, 1, 0)
    assert not found.winners
    best = max(row.minus_reference for row in found.policies)
    if name in {"format", "consistency", "structure", "evidence"}:
        assert best == 0
    else:
        assert best < 0


@pytest.mark.parametrize("name", ["sharpe", "cvar", "utility"])
def test_drifting_portfolios_are_found_out(name: str) -> None:
    found = constant_baselines(frame(120, drift=3.0, words=False), reward(**{name: 1.0}), 1, 0)
    assert "always up" in {row.policy for row in found.winners}


def test_a_portfolios_baseline_is_near_its_measure() -> None:
    """Always up on 120 samples: the mean pseudo-value of windows estimates the Sharpe ratio of the whole."""
    table = frame(120, drift=1.0)
    found = constant_baselines(table, reward(sharpe=1.0), 1, 0)
    row = next(row for row in found.policies if row.policy == "always up")
    pnl = table["ret_scaled"].to_numpy().clip(-3, 3)
    assert row.reward == pytest.approx(pnl.mean() / (pnl.std() ** 2 + 0.25**2) ** 0.5, rel=0.1)
