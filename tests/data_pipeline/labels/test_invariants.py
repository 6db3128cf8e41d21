"""The two invariants for every label, over the simulated market with all its dirt: curation and linking included."""

from datetime import date, datetime, timedelta
from functools import lru_cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation import curate, superseded_at
from data_pipeline.labels.fit import FittedState
from data_pipeline.labels.registry import LABELS
from data_pipeline.labels.sessions import Sessions, load_sessions
from data_pipeline.labels.timeline import calendar_span
from data_pipeline.linking import link
from data_pipeline.samples.checks import check_samples
from data_pipeline.samples.movement import MovementSamples, movement_samples
from data_pipeline.sources import SourceData, load_source
from tests.data_pipeline.labels.made_labels import EVERY_LABEL, assert_prefix
from tests.data_pipeline.made import config, utc
from tickertune.core.recipe import MovementDataConfig

PRICES = {
    "vendor_adjusted": 0.3, "adj_close": True, "split_twice": 0.01, "split_not_applied": 0.01, "split_unrecorded": 0.01,
    "split_phantom": 0.01, "dividend_missing": 0.3, "dividend_doubled": 0.3, "splice_basis": 0.01, "splice_symbol": 0.005,
    "stale": 0.01, "spike": 0.01, "zero_volume": 0.01, "off_session": 0.01, "honest_jump": 0.01, "disordered": 0.3,
}  # fmt: skip
"""All but two bars for one session, which a build refuses."""
DIRT = {
    "missing_bar": 0.02, "revision": 0.2, "date_only": 0.2, "near_duplicate": 0.2, "syndication": 0.2, "prices": PRICES,
}  # fmt: skip
SOURCE = {"kind": "simulated", "companies": 6, "news_probability": 0.5, "seed": 5, "dirt": DIRT}


def recipe(label: str) -> MovementDataConfig:
    return config(source=SOURCE, label=EVERY_LABEL[label], latency_minutes=5)


@lru_cache
def market() -> SourceData:
    return load_source(recipe("excess").source, date(2020, 1, 20), date(2020, 6, 30))


def built(data: SourceData, label: str, fitted: FittedState | None = None) -> tuple[MovementSamples, pl.DataFrame]:
    block = recipe(label)
    documents, _ = curate(data.documents, block.curation)
    documents, _ = link(documents, data.instruments)
    tables = (documents, superseded_at(data.documents), data.instruments, data.bars, data.actions)
    return movement_samples(*tables, sessions(label), block, fitted), documents


@lru_cache
def sessions(label: str) -> Sessions:
    return load_sessions("XNYS", *calendar_span(recipe(label)))


@lru_cache
def full(label: str) -> tuple[MovementSamples, pl.DataFrame]:
    return built(market(), label)


def until(cut: datetime, label: str) -> SourceData:
    """The simulated market as it stood at ``cut``: bars whose session had closed, documents that were available."""
    data, calendar = market(), sessions(label)
    moment = pl.Series([cut]).dt.replace_time_zone(None).to_numpy()[0]
    closed = pl.Series(calendar.dates[calendar.closes <= moment]).cast(pl.Date)
    return SourceData(
        documents=data.documents.filter(pl.col("available_at") <= cut),
        instruments=data.instruments,
        bars=data.bars.filter(pl.col("session").is_in(closed.implode())),
        actions=data.actions.filter(pl.col("ex_date") <= cut.date()),
    )


@pytest.mark.slow
@pytest.mark.parametrize("label", EVERY_LABEL)
@settings(max_examples=4, deadline=None)
@given(minutes=st.integers(0, 60 * 24 * 55))
def test_a_build_from_the_past_is_the_full_build_s_past(label: str, minutes: int) -> None:
    cut = utc("2020-04-01T00:00") + timedelta(minutes=minutes)
    whole, _ = full(label)
    early, _ = built(until(cut, label), label, whole.fitted)
    assert len(early.frame) > 20
    assert_prefix(early.frame, whole.frame, cut, needs_outcome=not whole.spec.categorical)


@pytest.mark.slow
@pytest.mark.parametrize("label", EVERY_LABEL)
def test_no_label_reads_text_from_after_its_entry_unless_it_says_so(label: str) -> None:
    whole, documents = full(label)
    assert len(whole.frame) > 40
    check_samples(whole, documents, 5)
    ready = documents.select("doc_id", "revision", ready=pl.col("available_at") + timedelta(minutes=5))
    shown = whole.used.join(ready, on=["doc_id", "revision"]).join(whole.frame, on="sample_id")
    assert (shown["ready"] <= shown["as_of"]).all()
    late = (shown["ready"] >= shown["entry"]).sum()
    assert (late > 0) == whole.spec.leaky
    assert whole.frame["touch"].is_null().all() == (whole.spec.rule != "barriers")
    assert (whole.frame["entry"] < whole.frame["exit"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("label", EVERY_LABEL)
def test_fitted_state_is_that_of_training_alone_and_can_be_given_to_another_build(label: str) -> None:
    whole, _ = full(label)
    again, _ = built(market(), label, whole.fitted)
    assert again.frame.equals(whole.frame)
    end = datetime.combine(recipe(label).split.train_end, datetime.min.time()).replace(tzinfo=utc("2020-01-01").tzinfo)
    trained, _ = built(until(end + timedelta(hours=12), label), label)
    assert trained.fitted == whole.fitted


def test_the_market_has_faults_of_prices() -> None:
    assert len(market().truth["price_faults"]["kind"].unique()) >= 8


def test_every_row_of_the_registry_is_tested() -> None:
    assert {label["name"] for label in EVERY_LABEL.values()} == set(LABELS)
