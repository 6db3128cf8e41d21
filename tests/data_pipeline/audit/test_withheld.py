"""Labels that would touch a suspect bar are withheld, and nothing that a prompt holds depends on what the audit found."""

from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.audit.prices import audit_prices
from data_pipeline.audit.prices.findings import Finding, findings_frame
from data_pipeline.build import build, movement
from data_pipeline.curation import superseded_at
from data_pipeline.dataset import read_info, read_split
from data_pipeline.labels.fit import FittedState
from data_pipeline.samples.movement import MovementSamples, movement_samples
from data_pipeline.sources import SourceData
from tests.data_pipeline.made import config, market, new_york
from tickertune.core.recipe import MovementDataConfig

LABELS: list[dict[str, Any]] = [
    {"volatility_sessions": 10},
    {"horizon": 3, "classes": 3, "volatility_sessions": 8},
    {"name": "acl18", "volatility_sessions": 10},
]
DAYS = [day.item() for day in new_york().dates]
IN_TRAIN = DAYS.index(date(2020, 3, 4))


def samples(
    source: SourceData, recipe: MovementDataConfig, findings: pl.DataFrame | None, fitted: FittedState | None = None
) -> MovementSamples:
    tables = (source.documents, superseded_at(source.documents), source.instruments, source.bars, source.actions)
    return movement_samples(*tables, new_york(), recipe, fitted, findings)


@lru_cache
def plain(label: int) -> tuple[SourceData, MovementDataConfig, MovementSamples]:
    source, recipe = market(1), config(label=LABELS[label])
    return source, recipe, samples(source, recipe, None)


def finding(instrument: str, first: int, last: int, severity: str = "suspect") -> pl.DataFrame:
    return findings_frame([Finding(instrument, "spike", DAYS[first], DAYS[last], severity, 2.0, "made")])


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(range(len(LABELS))), st.sampled_from("ABCD"), st.integers(60, 160), st.integers(0, 5))
def test_prompts_and_volatility_do_not_depend_on_findings(label: int, name: str, first: int, length: int) -> None:
    source, recipe, before = plain(label)
    after = samples(source, recipe, finding(name, first, first + length), before.fitted)
    known = ["sample_id", "messages", "doc_ids", "volatility", "as_of", "entry", "exit", "split"]
    both = before.frame.join(after.frame.select("sample_id"), on="sample_id", how="semi")
    assert both.select(known).sort("sample_id").equals(after.frame.select(known).sort("sample_id"))
    gone = before.frame.join(after.frame, on="sample_id", how="anti")
    own = gone.filter(pl.col("instrument_id") == name)
    assert set(own["sample_id"]) <= set(after.withheld["sample_id"])
    if recipe.label.name == "acl18":  # a raw return has no market in it
        assert len(own) == len(gone)


@pytest.mark.parametrize("label", range(len(LABELS)))
def test_samples_are_withheld_from_their_first_price_used_to_their_exit_and_no_others(label: int) -> None:
    source, recipe, before = plain(label)
    after = samples(source, recipe, finding("A", IN_TRAIN, IN_TRAIN), before.fitted)
    gone = before.frame.join(after.frame, on="sample_id", how="anti").filter(pl.col("instrument_id") == "A")
    entries = {DAYS.index(day) for day in gone["session"]}
    horizon = recipe.label.horizon
    # An excess label's volatility ends at the last open before the decision; a raw one's past moves at the last close.
    back = max(recipe.label.volatility_sessions + 1 if recipe.label.name == "excess" else 0, 5 + 1)
    wanted = {
        DAYS.index(row)
        for row in before.frame.filter(pl.col("instrument_id") == "A")["session"]
        if IN_TRAIN - horizon <= DAYS.index(row) <= IN_TRAIN + back
    }
    assert entries == wanted
    assert len(wanted) >= 3
    assert set(after.withheld["session"]) >= {DAYS[number] for number in wanted}
    assert after.withheld["kind"].unique().to_list() == ["spike"]


def test_notes_withhold_nothing() -> None:
    source, recipe, before = plain(0)
    after = samples(source, recipe, finding("A", IN_TRAIN, IN_TRAIN, "note"))
    assert after.frame.equals(before.frame)
    assert after.counts == before.counts
    assert after.withheld.is_empty()


def test_a_suspect_return_is_no_part_of_the_market_that_others_are_measured_against() -> None:
    source, recipe, before = plain(0)
    wrong = pl.col("session") >= DAYS[IN_TRAIN]
    names = ("open", "high", "low", "close")
    doubled = (
        pl.when(wrong & (pl.col("instrument_id") == "A")).then(pl.col(n) * 2).otherwise(n).alias(n) for n in names
    )
    spoilt = replace(source, bars=source.bars.with_columns(*doubled))
    day = pl.col("session").is_between(pl.lit(DAYS[IN_TRAIN - 1]), pl.lit(DAYS[IN_TRAIN - 1]))
    others = day & (pl.col("instrument_id") != "A")

    def excess(of: SourceData, findings: pl.DataFrame | None) -> list[float]:
        return samples(of, recipe, findings, before.fitted).frame.filter(others)["ret_excess"].to_list()

    suspect = finding("A", IN_TRAIN, IN_TRAIN)
    assert excess(spoilt, suspect) == excess(source, suspect) != []
    assert excess(spoilt, None) != pytest.approx(excess(source, None), abs=0.2)


def test_cut_points_are_fitted_without_withheld_labels() -> None:
    source, recipe, before = plain(0)
    after = samples(source, recipe, finding("A", IN_TRAIN, IN_TRAIN + 5))
    assert after.fitted.fitted_on == (after.frame["split"] == "train").sum()
    assert after.fitted.fitted_on < before.fitted.fitted_on


def test_each_candidate_is_a_sample_or_is_counted() -> None:
    for label in range(len(LABELS)):
        source, recipe, _ = plain(label)
        after = samples(source, recipe, finding("B", IN_TRAIN, IN_TRAIN + 2))
        reasons = ("purged", "embargoed", "outside_split", "suspect_bar", "no_target", "dead_band")
        left = sum(after.counts.get(name, 0) for name in reasons)
        assert after.counts["decisions_with_news"] == len(after.frame) + left
        assert after.counts["suspect_bar"] == after.withheld["sample_id"].n_unique() > 0
        assert not set(after.withheld["sample_id"]) & set(after.frame["sample_id"])


@pytest.fixture(scope="module")
def faulty() -> SourceData:
    """The simulated market with a split of company 2 that nobody recorded."""
    recipe = MovementDataConfig.model_validate(SMALL)
    data = movement._load(recipe)
    split = (pl.col("instrument_id") == "SIM:002") & (pl.col("session") >= date(2021, 2, 10))
    names = ("open", "high", "low", "close")
    bars = data.bars.with_columns(*(pl.when(split).then(pl.col(n) / 2).otherwise(n).alias(n) for n in names))
    return replace(data, bars=bars)


SMALL = {
    "kind": "movement",
    "source": {"kind": "simulated", "companies": 6, "seed": 3},
    "split": {
        "train_start": "2021-01-04",
        "train_end": "2021-03-01",
        "validation_end": "2021-03-15",
        "test_start": "2021-03-15",
        "test_end": "2021-04-15",
    },
}


def test_the_build_withholds_records_and_tells(
    faulty: SourceData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movement, "load_source", lambda *_: replace(faulty))
    build(MovementDataConfig.model_validate(SMALL), tmp_path)
    info = read_info(tmp_path)
    table, found = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("withheld", "findings"))
    suspect = found.filter(pl.col("severity") == "suspect")
    assert suspect.select("instrument_id", "kind", "first_session").rows() == [
        ("SIM:002", "split_without_action", date(2021, 2, 10))
    ]
    assert set(table["instrument_id"]) == {"SIM:002"}
    assert info.counts["suspect_bar"] == table["sample_id"].n_unique() > 3
    assert any("split_without_action" in note and "withheld.parquet" in note for note in info.notes)
    assert "| suspect_bar |" in (tmp_path / "dataset" / "README.md").read_text()
    returns = pl.concat([read_split(tmp_path, split) for split in ("train", "validation", "test")])["ret_raw"]
    assert returns.min() > -0.2  # type: ignore[operator]


def test_the_build_only_reports_where_the_recipe_says_so(
    faulty: SourceData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movement, "load_source", lambda *_: replace(faulty))
    build(MovementDataConfig.model_validate(SMALL | {"audit": {"withhold": False}}), tmp_path)
    assert "suspect_bar" not in read_info(tmp_path).counts
    assert pl.read_parquet(tmp_path / "withheld.parquet").is_empty()
    assert len(pl.read_parquet(tmp_path / "findings.parquet").filter(pl.col("severity") == "suspect")) == 1


def test_clean_data_does_not_change_by_a_byte(tmp_path: Path) -> None:
    written = {}
    for withhold in (True, False):
        folder = tmp_path / str(withhold)
        build(MovementDataConfig.model_validate(SMALL | {"audit": {"withhold": withhold}}), folder)
        files = (path for path in folder.rglob("*") if path.is_file() and path.name != "recipe.yaml")  # states the key
        written[withhold] = {str(path.relative_to(folder)): path.read_bytes() for path in files}
    assert written[True] == written[False]
    assert pl.read_parquet(tmp_path / "True" / "findings.parquet")["kind"].unique().to_list() == ["missing_sessions"]


@settings(max_examples=10, deadline=None)
@given(st.integers(100, 150), st.integers(0, 2))
def test_an_audit_of_the_past_decides_the_same_samples_or_more(cut: int, label: int) -> None:
    """What came later can only take samples away: those that both audits leave are the same."""
    source, recipe, whole = plain(label)
    early = source.bars.filter(pl.col("session") <= DAYS[cut])
    found = {
        name: audit_prices(bars, source.actions, source.instruments, new_york())
        for name, bars in (("early", early), ("late", source.bars))
    }
    known = ["sample_id", "messages", "volatility", "split"]
    first, second = (samples(source, recipe, found[name], whole.fitted).frame.select(known) for name in found)
    both = first.join(second, on="sample_id", how="semi").sort("sample_id")
    assert both.equals(second.join(first, on="sample_id", how="semi").sort("sample_id"))
    assert len(both)
