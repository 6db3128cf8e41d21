"""Faults planted in the simulated market by its recipe, judged by its truth table over several seeds."""

import importlib
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_pipeline.sources import SourceData

SEEDS = range(3)
UNTIL = date(2022, 1, 3)
SCRIPTS = str(Path(__file__).parents[4] / "scripts")


@pytest.fixture(scope="module")
def measure() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        yield importlib.import_module("measure_prices")


@lru_cache
def judged(measure: Any, seed: int) -> tuple[SourceData, pl.DataFrame]:
    data = measure.simulate(seed, 24, measure.FAULTS, UNTIL)
    return data, measure.audited(data)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_planted_fault_and_missing_bar_is_found(measure: Any, seed: int) -> None:
    scores = {row.kind: row for row in measure.score(*judged(measure, seed))}
    missed = {kind: row for kind, row in scores.items() if row.found < row.planted}
    assert not missed
    assert sum(row.planted for row in scores.values()) > 150


def test_every_kind_of_the_recipe_is_planted(measure: Any) -> None:
    kinds = {kind for seed in SEEDS for kind in judged(measure, seed)[0].truth["price_faults"]["kind"]}
    switches = {"vendor_adjusted", "adj_close", "disordered"}
    assert kinds == (set(measure.FAULTS) - switches) | {"splice_basis_end"}


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_suspect_where_nothing_is_planted_and_an_honest_jump_is_not(measure: Any, seed: int) -> None:
    found = measure.alarms(*judged(measure, seed))
    assert found.suspects == 0
    assert found.honest_jumps > 5
    assert found.honest_suspects == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_clean_world_is_quiet_and_its_splits_are_found_without_their_actions(measure: Any, seed: int) -> None:
    data = measure.simulate(seed, 24, {}, UNTIL)
    assert measure.alarms(data, measure.audited(data)) == (0, 0, 0, 0, 0)
    lost = measure.splits_without_actions(data)
    assert lost.planted > 5
    assert lost.found == lost.planted


def test_the_order_in_which_rows_come_changes_no_finding(measure: Any) -> None:
    data, findings = judged(measure, 0)
    days = data.bars.group_by("instrument_id", maintain_order=True).agg(pl.col("session").diff().min().dt.total_days())
    assert (days["session"] < 0).any()
    data = SourceData(bars=data.bars.sort("session"), actions=data.actions, instruments=data.instruments)
    assert measure.audited(data).equals(findings)


def test_a_fault_left_out_of_the_findings_lowers_the_score(measure: Any) -> None:
    data, findings = judged(measure, 0)
    blind = findings.filter(pl.col("kind") != "spike")
    before, after = ({row.kind: row for row in measure.score(data, table)} for table in (findings, blind))
    assert after["spike"].found < before["spike"].found == before["spike"].planted


def test_a_finding_away_from_the_faults_is_an_alarm(measure: Any) -> None:
    data, findings = judged(measure, 0)
    first = findings.filter(pl.col("severity") == "suspect")[:1].with_columns(
        first_session=pl.lit(date(2020, 11, 2)), last_session=pl.lit(date(2020, 11, 2))
    )
    assert measure.alarms(data, pl.concat([findings, first])).suspects == 1
