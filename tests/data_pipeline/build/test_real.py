"""Data sets from real text, on short spans."""

from pathlib import Path

import polars as pl
import pytest

from data_pipeline.build import build
from data_pipeline.dataset import read_info, read_split
from tickertune.core.recipe import MovementDataConfig, SentimentDataConfig


@pytest.mark.parametrize("label", ["excess", "acl18", "acl18_as_published"])
def test_stocknet_builds_and_only_the_published_window_leaks(label: str, shared_data: Path, tmp_path: Path) -> None:
    recipe = MovementDataConfig.model_validate(
        {
            "source": {"kind": "stocknet", "path": str(shared_data / "stocknet")},
            "label": {"name": label},
            "split": {
                "train_start": "2014-06-02",
                "train_end": "2014-06-16",
                "validation_end": "2014-06-16",
                "test_start": "2014-06-16",
                "test_end": "2014-06-24",
            },
        }
    )
    build(recipe, tmp_path)
    info = read_info(tmp_path)
    frame = pl.concat([read_split(tmp_path, split) for split in ("train", "test")])
    assert info.counts["samples_train"] > 100
    assert (info.leak_share > 0) == (label == "acl18_as_published") == info.label_spec["leaky"]
    assert (info.dead_band_share > 0.2) == (label != "excess")
    # Apple split 7 for 1 on 2014-06-09: a split counted twice would show as +600%, one missed as -86%.
    assert len(frame.filter(pl.col("symbol") == "AAPL"))
    assert frame["ret_raw"].abs().max() < 0.3  # type: ignore[operator]
    assert not info.redistributable


def test_sentiment_follows_the_protocol(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "sentiment"
    bank = {"name": "phrasebank", "path": str(folder / "FinancialPhraseBank-v1.0.zip")}
    recipe = SentimentDataConfig.model_validate(
        {"train": [bank, {"name": "tfns", "path": str(folder / "tfns")}], "test": [bank]}
    )
    build(recipe, tmp_path)
    test, info = read_split(tmp_path, "test"), read_info(tmp_path)
    assert len(test) == 1212
    prompts = {
        split: {turns[1]["content"] for turns in read_split(tmp_path, split)["messages"]} for split in info.class_priors
    }
    assert not prompts["test"] & (prompts["train"] | prompts["validation"])
    assert not prompts["train"] & prompts["validation"]
    assert info.counts["train_texts"] + info.counts["same_text_as_test"] == 3634 + 9543
