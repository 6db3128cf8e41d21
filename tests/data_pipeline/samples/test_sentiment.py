"""Mixtures of labelled sets."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_pipeline.samples.sentiment import CONTAMINATED, Part, SentimentSamples, sentiment_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import SentimentDataConfig, SentimentSetConfig

TEXTS = {
    ("phrasebank", "train"): [f"Sales of unit {n} grew" for n in range(40)] + ["Shared  text", "&amp; shared"],
    ("tfns", "train"): [f"$T{n} falls" for n in range(30)],
    ("phrasebank", "test"): ["shared text", "& Shared", "other"],
}


def read(block: SentimentSetConfig, part: Part, task: str) -> pl.DataFrame:
    texts = TEXTS[block.name, part]
    labels = [("negative", "neutral", "positive")[n % 3] for n in range(len(texts))]
    return pl.DataFrame(
        {
            "question": [""] * len(texts),
            "text": texts,
            "label": labels,
            "row_id": [f"{block.name}:{part}:{n}" for n in range(len(texts))],
        }
    )


def built(
    train: list[dict[str, Any]], test: tuple[dict[str, Any], ...] = ({"name": "phrasebank"},), **changes: Any
) -> SentimentSamples:
    path = Path("unused")
    config = SentimentDataConfig(
        train=[SentimentSetConfig(path=path, **block) for block in train],
        test=[SentimentSetConfig(path=path, **block) for block in test],
        **changes,
    )
    return sentiment_samples(config, read)


def split(samples: SentimentSamples, name: str) -> pl.DataFrame:
    return samples.frame.filter(pl.col("split") == name)


def test_a_training_text_that_equals_a_test_text_is_dropped_and_recorded() -> None:
    samples = built([{"name": "phrasebank"}], validation_share=0.0)
    assert len(split(samples, "train")) == 40
    assert samples.counts[CONTAMINATED] == 2
    assert samples.drops.select("doc_id", "survivor").rows() == [
        ("phrasebank:train:40", "phrasebank:test:0"),
        ("phrasebank:train:41", "phrasebank:test:1"),
    ]


@pytest.mark.parametrize("text", ["Shared text.", "RT @desk: SHARED, text https://t.co/x", '"Shared" text tod...'])
def test_a_training_text_with_the_words_of_a_test_text_is_dropped(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEXTS, ("tfns", "train"), ["Sales fell", text, "Shared text and more"])
    samples = built([{"name": "tfns"}], validation_share=0.0)
    assert samples.drops.select("doc_id", "survivor").rows() == [("tfns:train:1", "phrasebank:test:0")]
    assert len(split(samples, "train")) == 2


def test_texts_without_words_are_compared_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEXTS, ("tfns", "train"), ["Sales fell", "!!", "??"])
    monkeypatch.setitem(TEXTS, ("phrasebank", "test"), ["??"])
    assert built([{"name": "tfns"}]).drops["doc_id"].to_list() == ["tfns:train:2"]


def test_training_rows_are_repeated_and_evaluation_rows_are_not() -> None:
    samples = built([{"name": "phrasebank", "repeat": 3}, {"name": "tfns"}], validation_share=0.3)
    train, validation = split(samples, "train"), split(samples, "validation")
    copies = train.group_by(pl.col("doc_ids").list.first()).len()
    assert set(copies.filter(pl.col("doc_ids").str.starts_with("phrasebank"))["len"]) == {3}
    assert set(copies.filter(pl.col("doc_ids").str.starts_with("tfns"))["len"]) == {1}
    assert 5 < len(validation) < 40
    assert len(copies) + len(validation) == 70
    assert len(split(samples, "test")) == 3
    assert not samples.frame["sample_id"].is_duplicated().any()


def test_the_seed_draws_the_validation_part() -> None:
    one, same, other = (built([{"name": "tfns"}], validation_share=0.5, seed=seed) for seed in (1, 1, 2))
    assert one.frame.equals(same.frame)
    assert set(split(one, "validation")["sample_id"]) != set(split(other, "validation")["sample_id"])


def test_a_limit_takes_so_many_rows_of_a_set() -> None:
    samples = built([{"name": "tfns", "limit": 7}], validation_share=0.0)
    assert len(split(samples, "train")) == 7


def test_what_training_skips_of_a_file_can_be_its_test_part() -> None:
    samples = built(
        [{"name": "tfns", "limit": 20}, {"name": "phrasebank"}],
        ({"name": "tfns", "part": "train", "skip": 20},),
        validation_share=0.0,
    )
    test = split(samples, "test")["doc_ids"].list.first().to_list()
    train = split(samples, "train")["doc_ids"].list.first().to_list()
    assert len(test) == 10
    assert all(name.startswith("tfns:train") for name in test)
    assert sorted([*test, *(name for name in train if name.startswith("tfns"))]) == sorted(
        f"tfns:train:{number}" for number in range(30)
    )
    same = built([{"name": "phrasebank"}], ({"name": "tfns", "part": "train", "skip": 20, "limit": 4},))
    assert split(same, "test")["doc_ids"].list.first().to_list() == test[:4]


def test_a_row_in_both_parts_is_tested_on_and_not_trained_on() -> None:
    samples = built(
        [{"name": "tfns", "limit": 20}], ({"name": "tfns", "part": "train", "skip": 15},), validation_share=0.0
    )
    assert samples.counts[CONTAMINATED] == 5
    assert len(split(samples, "train")) == 15


def test_skipping_all_rows_is_refused() -> None:
    with pytest.raises(TickerTuneError, match="no row for train after skip: 30"):
        built([{"name": "tfns", "skip": 30}])


def test_a_set_named_twice_is_refused() -> None:
    with pytest.raises(TickerTuneError, match="twice in train"):
        built([{"name": "tfns"}, {"name": "tfns"}])


def test_training_on_nothing_but_test_texts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEXTS, ("tfns", "train"), ["Other", "SHARED TEXT"])
    with pytest.raises(TickerTuneError, match="All 2 training texts are test texts too"):
        built([{"name": "tfns"}])


def test_the_prompt_asks_about_the_text_and_the_answer_is_its_label() -> None:
    row = split(built([{"name": "tfns"}]), "test").filter(pl.col("sample_id") == "phrasebank:test:2").row(0, named=True)
    assert "<text>\nother\n</text>" in row["messages"][1]["content"]
    assert row["answer"] == f"The sentiment of this text is {row['label']}" == "The sentiment of this text is positive"


def test_an_edited_test_text_is_counted_and_dropped_where_the_recipe_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    title = "Acme wins the rail order after nine months of talks"
    monkeypatch.setitem(TEXTS, ("phrasebank", "test"), [title])
    monkeypatch.setitem(TEXTS, ("tfns", "train"), ["Sales fell", f"BREAKING {title} today"])
    left = built([{"name": "tfns"}], validation_share=0.0)
    assert len(split(left, "train")) == 2
    assert left.counts["left_in_though_like_test"] == 1
    clean = built([{"name": "tfns"}], validation_share=0.0, decontamination={})
    assert clean.counts["contaminated_test"] == 1
    assert clean.drops.rows() == [("tfns:train:1", 0, "contaminated", "phrasebank:test:0", "test: ngram 8")]
    assert len(split(clean, "train")) == 1
