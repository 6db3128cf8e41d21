"""Linking within a build: companies without prices, aliases of the user."""

from pathlib import Path

import polars as pl
import pytest

from data_pipeline.build import build
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import MovementDataConfig

SMALL = {
    "kind": "movement",
    "source": {"kind": "simulated", "companies": 6, "seed": 3, "dirt": {"links": 1.0}},
    "split": {
        "train_start": "2021-01-04",
        "train_end": "2021-03-01",
        "validation_end": "2021-03-15",
        "test_start": "2021-03-15",
        "test_end": "2021-04-15",
    },
}


def linked(folder: Path) -> pl.DataFrame:
    rows = pl.read_parquet(folder / "documents.parquet").select("doc_id", "symbols").explode("symbols")
    return rows.unnest("symbols")


def test_aliases_of_the_recipe_link_and_companies_without_prices_give_no_sample(tmp_path: Path) -> None:
    aliases = tmp_path / "aliases.csv"
    aliases.write_text("alias,symbol\nBig Harrow,HGX\n", encoding="utf-8")
    build(MovementDataConfig.model_validate(SMALL | {"aliases": str(aliases)}), tmp_path / "with")
    build(MovementDataConfig.model_validate(SMALL), tmp_path / "without")
    with_aliases, without = linked(tmp_path / "with"), linked(tmp_path / "without")
    added = with_aliases.join(without, on=["doc_id", "instrument_id"], how="anti")
    assert set(added["detail"]) == {"Big Harrow"}
    assert set(added["instrument_id"]) == {"CAST:harrowgate"}
    assert {"exchange", "code", "name", "cashtag", "payload"} == set(with_aliases["evidence"])
    truth = pl.read_parquet(tmp_path / "with" / "truth_links.parquet")
    assert set(added["doc_id"]) <= set(truth.filter(pl.col("kind") == "alias")["doc_id"])


def test_a_missing_table_of_aliases_is_an_error(tmp_path: Path) -> None:
    config = MovementDataConfig.model_validate(SMALL | {"aliases": str(tmp_path / "no.csv")})
    with pytest.raises(TickerTuneError, match="does not exist"):
        build(config, tmp_path / "out")
