"""Every context block, and all of them together anonymised: nothing that comes after a decision changes its prompt."""

import re
from datetime import timedelta
from functools import lru_cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.samples.context import TITLES
from data_pipeline.samples.movement import MovementSamples
from tests.data_pipeline.samples.context.simulated import BLOCKS, market, recipe, rewritten, samples, truncated, utc
from tickertune.core.recipe import MovementDataConfig

PROMPTS = [*BLOCKS, "all"]


def config(prompt: str) -> MovementDataConfig:
    return recipe(*BLOCKS, anonymise=True) if prompt == "all" else recipe(prompt)


@lru_cache
def full(prompt: str) -> MovementSamples:
    return samples(market(), config(prompt))


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_blocks_are_there(prompt: str) -> None:
    users = full(prompt).frame["messages"].list.last().struct["content"]
    for kind in BLOCKS if prompt == "all" else [prompt]:
        assert users.str.contains(f"\n{TITLES[kind]}:\n- ", literal=True).mean() > 0.6, kind


def test_an_anonymous_prompt_names_no_company_and_no_symbol() -> None:
    prompts = " ".join(full("all").frame["messages"].list.last().struct["content"])
    words = set(re.findall(r"\w+", prompts))
    table = market().instruments
    assert not [name for name in table["name"] if name.casefold() in prompts.casefold()]
    assert not {symbol for symbol in table["symbol"] if len(symbol) > 1} & words
    plain = " ".join(full("similar").frame["messages"].list.last().struct["content"])
    assert all(name in plain for name in table["name"])
    assert set(full("all").frame["symbol"]) == set(table["symbol"])


@pytest.mark.parametrize("prompt", PROMPTS)
@settings(max_examples=4, deadline=None)
@given(minutes=st.integers(0, 60 * 24 * 60))
def test_what_was_decided_by_a_date_does_not_depend_on_what_came_after(prompt: str, minutes: int) -> None:
    whole = full(prompt)
    cut = utc("2021-01-20T00:00") + timedelta(minutes=minutes)
    early = samples(truncated(market(), cut), config(prompt), whole.fitted).frame.filter(pl.col("as_of") <= cut)
    surely = whole.frame.filter((pl.col("as_of") <= cut) & (pl.col("exit") <= cut - timedelta(hours=7)))
    assert set(surely["sample_id"]) <= set(early["sample_id"]) <= set(whole.frame["sample_id"])
    same = whole.frame.join(early, on="sample_id", how="semi")
    assert early.sort("sample_id").equals(same.sort("sample_id"))


@pytest.mark.parametrize("prompt", PROMPTS)
@settings(max_examples=4, deadline=None)
@given(decision=st.integers(1, 40), minutes=st.sampled_from([0, 0, 29, 31, 391, 900]))
def test_a_prompt_does_not_change_when_the_future_does(prompt: str, decision: int, minutes: int) -> None:
    whole = full(prompt)
    decisions = whole.frame["as_of"].unique().sort()
    cut = decisions[min(decision, len(decisions) - 1)] + timedelta(minutes=minutes)
    columns = ["sample_id", "messages", "doc_ids", "volatility"]
    before = whole.frame.filter(pl.col("as_of") <= cut).select(columns).sort("sample_id")
    after = samples(rewritten(market(), cut), config(prompt), whole.fitted).frame.select(columns).sort("sample_id")
    both = before.join(after, on="sample_id", how="semi")
    assert len(both)
    assert both.equals(after.join(before, on="sample_id", how="semi"))


def test_the_rewritten_future_does_change_later_prompts() -> None:
    """The property above could not fail if the rewriting changed nothing that a prompt shows."""
    for kind in BLOCKS:
        cut = utc("2021-02-05T14:00")
        after = samples(rewritten(market(), cut), config(kind), full(kind).fitted).frame
        later = full(kind).frame.filter(pl.col("as_of") > cut + timedelta(days=14))
        pairs = later.join(after, on="sample_id", suffix="_after")
        blocks = [
            pairs[name].list.last().struct["content"].str.extract(r"(?s)\n([^\n]+:\n- .*)<news>")
            for name in ("messages", "messages_after")
        ]
        assert (blocks[0] != blocks[1]).any(), kind
