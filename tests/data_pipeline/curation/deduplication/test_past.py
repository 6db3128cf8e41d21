"""A new day curated against the past gives what a full rebuild gives."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation import curate, curate_after
from data_pipeline.curation.deduplication import candidates, remove_duplicates
from data_pipeline.curation.deduplication.past import load_past, save_past
from data_pipeline.sources import load_source
from tests.data_pipeline.nouns import START, document, documents
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import CurationConfig, DirtConfig, SimulatedSourceConfig

CONFIG = CurationConfig()


@pytest.fixture(scope="module")
def source() -> pl.DataFrame:
    dirt = DirtConfig(edits=0.2, exact_duplicate=0.2, near_duplicate=0.2, revision=0.2)
    return load_source(SimulatedSourceConfig(companies=8, dirt=dirt), date(2021, 1, 4), date(2021, 2, 20)).documents


@pytest.fixture(scope="module")
def rebuilt(source: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return curate(source, CONFIG)


@settings(max_examples=8, deadline=None)
@given(shares=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_any_cuts_give_the_full_rebuild(
    source: pl.DataFrame,
    rebuilt: tuple[pl.DataFrame, pl.DataFrame],
    tmp_path_factory: pytest.TempPathFactory,
    shares: list[float],
) -> None:
    times = source["available_at"].sort()
    cuts = sorted(times[int(share * (len(times) - 1))] for share in shares)
    folder, kept, drops, past = tmp_path_factory.mktemp("past"), [], [], None
    for since, until in zip([datetime.min.replace(tzinfo=START.tzinfo), *cuts], [*cuts, times[-1]], strict=True):
        day = source.filter(pl.col("available_at") > since, pl.col("available_at") <= until)
        stays, gone, past = curate_after(day, CONFIG, past)
        kept.append(stays)
        drops.append(gone)
        save_past(past, CONFIG, folder)
        past = load_past(CONFIG, folder)
    assert pl.concat(kept).equals(rebuilt[0])
    assert pl.concat(drops).sort("doc_id", "revision").equals(rebuilt[1])


@pytest.mark.parametrize("block", [1, 7, 50])
def test_blocks_change_nothing_in_a_crowd(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "CROWD", 5)
    names = ["alpha", "beta", "gamma", "delta", "omega", "sigma"]
    records = [
        document(
            f"d{i:03d}",
            f"{names[i % 6]} {names[i // 6 % 6]} stock hits its highest level since the spring of that year",
            hours=i * 3,
        )
        for i in range(90)
    ]
    whole = remove_duplicates(documents(*records), 0.8)
    parts = remove_duplicates(documents(*records), 0.8, block=block)
    assert len(whole.drops) > 10
    assert parts.kept.equals(whole.kept)
    assert parts.drops.sort("doc_id").equals(whole.drops.sort("doc_id"))


def test_what_comes_late_is_refused() -> None:
    _, _, past = curate_after(documents(document("a", "Acme wins the rail order", hours=5)), CONFIG, None)
    with pytest.raises(TickerTuneError, match=r"b was available at .* not after a of"):
        curate_after(documents(document("b", "Acme loses the rail order", hours=4)), CONFIG, past)


def test_the_past_of_another_recipe_is_refused(tmp_path: Path) -> None:
    _, _, past = curate_after(documents(document("a", "Acme wins the rail order")), CONFIG, None)
    save_past(past, CONFIG, tmp_path)
    with pytest.raises(TickerTuneError, match="another curation"):
        load_past(CurationConfig(near_duplicate_threshold=0.9), tmp_path)
    with pytest.raises(TickerTuneError, match="no past"):
        load_past(CONFIG, tmp_path / "elsewhere")


def test_filters_that_learn_from_all_documents_are_refused(tmp_path: Path) -> None:
    config = CurationConfig.model_validate({"normalise": {"repeated_line_titles": 3}})
    _, _, past = curate_after(documents(document("a", "Acme wins the rail order")), config, None)
    with pytest.raises(TickerTuneError, match="repeated_line_titles"):
        save_past(past, config, tmp_path)


def test_only_the_window_is_kept(source: pl.DataFrame) -> None:
    past = remove_duplicates(source, 0.8).past
    last = source["available_at"].max()
    assert isinstance(last, datetime)
    assert past.live["available_at"].min() >= last - timedelta(days=21)
    assert len(past.live) < len(source) / 2
