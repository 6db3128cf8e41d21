"""Days from files to files, at random cuts and in small blocks, together give what all days at once give in memory."""

import itertools
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation import curate, files
from data_pipeline.curation.folder import curate_folder
from data_pipeline.sources import load_source
from tickertune.core.recipe import CurationConfig, DirtConfig, SimulatedSourceConfig

CONFIG = CurationConfig()
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def source() -> pl.DataFrame:
    dirt = DirtConfig(edits=0.2, exact_duplicate=0.2, near_duplicate=0.2, revision=0.2)
    return load_source(SimulatedSourceConfig(companies=8, dirt=dirt), date(2021, 1, 4), date(2021, 2, 20)).documents


@pytest.fixture(scope="module")
def rebuilt(source: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return curate(source, CONFIG)


@settings(max_examples=6, deadline=None)
@given(shares=st.lists(st.floats(0, 1), min_size=1, max_size=4), block=st.sampled_from([7, 60, 50_000]))
def test_any_days_in_any_blocks_give_the_full_rebuild(
    source: pl.DataFrame,
    rebuilt: tuple[pl.DataFrame, pl.DataFrame],
    tmp_path_factory: pytest.TempPathFactory,
    shares: list[float],
    block: int,
) -> None:
    folder = tmp_path_factory.mktemp("days")
    source.write_parquet(folder / "documents.parquet")
    times = source["available_at"].sort()
    inner = {times[int(share * (len(times) - 1))] for share in shares}
    cuts: list[datetime] = sorted({times[0], *inner, times[-1] + timedelta(seconds=1)})
    kept, drops = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "BLOCK", block)
        for number, (since, until) in enumerate(itertools.pairwise(cuts)):
            output = folder / f"day-{number}"
            found = curate_folder(
                [folder / "documents.parquet"], output, CONFIG, NOW, folder / "past", since=since, until=until
            )
            assert found["documents"] + sum(found["outside"].values()) == len(source)
            kept += [pl.read_parquet(path) for path in sorted(output.glob("kept/*"))]
            drops += [pl.read_parquet(path) for path in sorted(output.glob("drops/*"))]
    assert pl.concat(kept).equals(rebuilt[0])
    assert pl.concat(drops).sort("doc_id", "revision").equals(rebuilt[1])
