"""Varied texts stand beside the newswire and change nothing in it."""

from datetime import date

import polars as pl

from data_pipeline.sources import SourceData, load_source
from data_pipeline.sources.simulated.variety import POOLS
from tickertune.core.recipe import SimulatedSourceConfig

SINCE, UNTIL = date(2023, 1, 3), date(2023, 3, 1)


def simulate(variety: float) -> SourceData:
    return load_source(SimulatedSourceConfig.model_validate({"dirt": {"variety": variety}}), SINCE, UNTIL)


def test_varied_texts_leave_all_others_as_they_are_and_are_in_the_truth_table():
    plain, varied = simulate(0.0), simulate(0.5)
    added = varied.truth["documents"].filter(pl.col("kind").is_in(list(POOLS)))
    assert set(added["kind"]) == set(POOLS)
    assert varied.documents.join(added, on=["doc_id", "revision"], how="anti").equals(plain.documents)
    assert varied.bars.equals(plain.bars)


def test_every_slot_of_a_varied_text_is_filled():
    texts = simulate(1.0).documents["title"]
    assert not texts.str.contains(r"[{}]").any()
