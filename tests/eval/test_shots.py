"""Examples before every prompt: from the train split alone, known before the first decision, the same for all prompts."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from data_pipeline.dataset import read_split
from eval.backends.fake import FakeBackend
from eval.checkpoint import Checkpoint
from eval.evaluate import evaluate
from eval.report.collect import World as Shown
from eval.report.facts import scoring_facts
from eval.report.layout import Rows
from eval.shots import Shots, draw, shots_of
from eval.sweep import sweep
from eval.world import read_world
from tests.eval.conftest import write_made
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import EvalConfig, ShotsConfig, parse_config
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task

LABELS = ["down", "up"]
SENTIMENTS = ["negative", "neutral", "positive"]


def config(**changes: Any) -> EvalConfig:
    values = {"backend": "fake", "resamples": 200, "baselines": [], **changes}
    return parse_config(EvalConfig, values, "a test")


def drawn(samples: pl.DataFrame, count: int, seed: int = 0, **changes: Any) -> Shots:
    train, test = (samples.filter(pl.col("split") == split) for split in ("train", "test"))
    given = {"train": train, "task": "movement", "labels": LABELS, "scored": test} | changes
    return draw(config=ShotsConfig(count=count, seed=seed), **given)


@pytest.fixture
def base(tiny_base: str) -> Checkpoint:
    return Checkpoint("base", tiny_base)


class Asked:
    """Notes the token ids that the fake engine reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, method: str = "score") -> None:
        self.prompts: list[list[int]] = []
        real = getattr(FakeBackend, method)

        def noted(backend: FakeBackend, prompts: Sequence[list[int]], *rest: Any, **named: Any) -> Any:
            self.prompts += prompts
            return real(backend, prompts, *rest, **named)

        monkeypatch.setattr(FakeBackend, method, noted)

    def texts(self, tokenizer: str) -> list[str]:
        return [str(text) for text in AutoTokenizer.from_pretrained(tokenizer).batch_decode(self.prompts)]


def test_examples_are_training_samples_balanced_and_the_same_for_the_same_seed(movement_samples: pl.DataFrame) -> None:
    shots = drawn(movement_samples, 5)
    rows = {row["sample_id"]: row for row in movement_samples.to_dicts()}
    chosen = [rows[sample] for sample in shots.sample_ids]
    assert {row["split"] for row in chosen} == {"train"}
    assert [row["label"] for row in chosen] == shots.labels
    assert sorted(Counter(shots.labels).values()) == [2, 3]
    assert shots.labels[0] != shots.labels[1]
    assert drawn(movement_samples.reverse(), 5) == shots
    assert drawn(movement_samples, 3).sample_ids == shots.sample_ids[:3]
    assert drawn(movement_samples, 5, seed=1).hash != shots.hash
    assert shots.known_at == max(row["exit"] for row in chosen)


@given(labels=st.lists(st.sampled_from(SENTIMENTS), min_size=1, max_size=12), seed=st.integers(0, 9), data=st.data())
def test_classes_take_turns_until_one_has_no_more(labels: list[str], seed: int, data: st.DataObject) -> None:
    """A class has fewer examples than another by two or more only where all of its samples are shown."""
    task = get_task("sentiment")
    rows = [
        Sample(
            sample_id=f"s{place}", task="sentiment", doc_ids=[], messages=task.messages(f"text {place}"), label=label,
            answer=task.answer(label), split="train", provenance="made",
        )
        for place, label in enumerate(labels)
    ]  # fmt: skip
    count = data.draw(st.integers(1, len(labels)))
    shots = draw(frame_of(Sample, rows), "sentiment", SENTIMENTS, ShotsConfig(count=count, seed=seed), None)
    assert len(set(shots.sample_ids)) == count
    assert shots.without_example == [label for label in SENTIMENTS if label not in labels]
    shown, there = Counter(shots.labels), Counter(labels)
    most = max(shown.values())
    assert all(shown[label] >= min(most - 1, there[label]) for label in SENTIMENTS)


def test_an_outcome_that_the_first_decision_could_not_know_is_no_example(movement_samples: pl.DataFrame) -> None:
    first = movement_samples.filter(pl.col("split") == "test")["as_of"].min()
    train = movement_samples.filter(pl.col("split") == "train").sort("sample_id")
    early = train.filter(pl.col("exit") < first)
    assert drawn(movement_samples, early.height).left_out == {
        "with an outcome that the first scored decision could not know": train.height - early.height
    }
    late = train.with_columns(exit=pl.lit(first))  # at the decision itself
    with pytest.raises(TickerTuneError, match=r"0 of 36 training samples .* 36 with an outcome that the first scored"):
        drawn(movement_samples, 1, train=late)
    timeless = train.with_columns(exit=pl.lit(None, dtype=train.schema["exit"]))
    with pytest.raises(TickerTuneError, match="36 without the time of their outcome"):
        drawn(movement_samples, 1, train=timeless)
    decided_late = train.with_columns(as_of=pl.lit(first), exit=pl.lit(first - timedelta(days=1)))
    with pytest.raises(TickerTuneError, match="could not know"):
        drawn(movement_samples, 1, train=decided_late)


def test_no_text_or_label_of_the_scored_split_reaches_an_example(sentiment_data: Path) -> None:
    """Training rows that say the same as a test row, in other case and spacing, and rows that stand there twice."""
    train, test = (read_split(sentiment_data, split) for split in ("train", "test"))
    twin = train.head(3).with_columns(
        messages=pl.Series(
            [
                [{**turn, "content": turn["content"].replace(" ", "  ").upper()} for turn in messages]
                for messages in test["messages"].head(3).to_list()
            ],
            dtype=train.schema["messages"],
        ),
        sample_id=pl.lit("twin-") + pl.col("sample_id"),
    )
    again = train.head(4).with_columns(sample_id=pl.col("sample_id") + "#1")
    apart = train.filter(~pl.col("messages").is_in(test["messages"].implode()))
    shots = draw(pl.concat([apart, twin, again]), "sentiment", SENTIMENTS, ShotsConfig(count=apart.height), test)
    assert shots.left_out["with the text of a scored sample"] >= 3
    asked = {messages[-1]["content"] for messages in test["messages"].to_list()}
    shown = [turn["content"] for turn in shots.turns if turn["role"] == "user"]
    assert asked.isdisjoint(shown)
    assert len(set(shown)) == len(shown) == apart.height


def test_a_prompt_opens_with_its_system_turn_then_the_examples_then_its_question(
    movement_samples: pl.DataFrame,
) -> None:
    shots = drawn(movement_samples, 2)
    task = get_task("movement")
    messages = movement_samples.filter(pl.col("split") == "test")["messages"][0].to_list()
    turns = shots.before(messages)
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert (turns[0], turns[-1]) == (messages[0], messages[-1])
    assert [turns[place]["content"] for place in (2, 4)] == [task.answer(label) for label in shots.labels]
    bare = movement_samples.with_columns(messages=pl.col("messages").list.tail(1))
    assert [turn["role"] for turn in drawn(bare, 1).before(messages[1:])] == ["user", "assistant", "user"]


def test_what_cannot_be_an_example_is_counted(movement_samples: pl.DataFrame) -> None:
    train = movement_samples.filter(pl.col("split") == "train").head(5)
    odd = train.with_columns(
        pl.Series("task", ["sector", *["movement"] * 4]),
        pl.Series("label", ["up", "sideways", "up", "up", "down"]),
        pl.Series(
            "answer",
            ["up", "up", "up <|im_end|><|im_start|>system", "<think>\nno\n</think>\n<answer>up</answer>", "down"],
        ),
    )
    shots = drawn(movement_samples, 2, train=odd)
    assert shots.left_out == {
        "of another task": 1, "with a label outside the label space": 1, "with markup in their answer": 1,
    }  # fmt: skip
    assert Counter(shots.labels) == {"up": 1, "down": 1}


def test_a_class_without_examples_is_said_aloud_and_stored(
    movement_samples: pl.DataFrame, tmp_path: Path, base: Checkpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = movement_samples.filter((pl.col("split") == "test") | (pl.col("label") == "up"))
    data = write_made(frame, tmp_path / "data", "movement")
    evaluate(data, [base], config(shots=3, baselines=["majority"]), tmp_path / "out", "w")
    assert "no training sample that may be shown has the label(s) down" in capsys.readouterr().err
    facts = read_json(tmp_path / "out" / "meta.json")["shots"]
    assert (facts["labels"], facts["without_example"]) == ({"up": 3}, ["down"])


@pytest.mark.parametrize(
    ("count", "split", "cause", "remedy"),
    [
        (99, "train", "99 shots are asked for, and 33 of 36 training samples may be shown", "Lower shots to 33"),
        (1, "validation", "no train split to take shots from", "Leave shots out"),
    ],
)
def test_more_than_there_are_is_refused(
    movement_samples: pl.DataFrame, tmp_path: Path, base: Checkpoint, count: int, split: str, cause: str, remedy: str
) -> None:
    frame = movement_samples.with_columns(split=pl.col("split").replace("train", split))
    data = write_made(frame, tmp_path / "data", "movement")
    with pytest.raises(TickerTuneError, match=cause) as error:
        evaluate(data, [base], config(shots=count), tmp_path / "out", "w")
    assert remedy in error.value.remedy


def test_prompts_with_system_turns_of_their_own_are_refused(movement_samples: pl.DataFrame, tmp_path: Path) -> None:
    own = [
        [{**messages[0], "content": f"{messages[0]['content']} {place % 2}"}, *messages[1:]]
        for place, messages in enumerate(movement_samples["messages"].to_list())
    ]
    frame = movement_samples.with_columns(messages=pl.Series(own, dtype=movement_samples.schema["messages"]))
    data = write_made(frame, tmp_path / "data", "movement")
    with pytest.raises(TickerTuneError, match="12 of 24 prompts have other system turns"):
        shots_of(data, ShotsConfig(count=1), read_split(data, "test"))
    with pytest.raises(TickerTuneError, match="shots have other system turns than the first"):
        shots_of(data, ShotsConfig(count=12), read_split(data, "test"))


def test_the_engine_reads_the_examples_and_nothing_is_mixed_up_in_the_store(
    movement_data: Path, tmp_path: Path, base: Checkpoint, monkeypatch: pytest.MonkeyPatch, tiny_base: str
) -> None:
    """Without shots, with two and with four, in one store: each asks once, and answers of one are none of the other."""
    store = tmp_path / "store"
    asked, metas = [], []
    for shots in (None, 2, 4, 2):
        with monkeypatch.context() as patch:
            noted = Asked(patch)
            out = tmp_path / f"out-{len(asked)}"
            evaluate(movement_data, [base], config(shots=shots, store=store), out, "w")
        asked.append(noted)
        metas.append(read_json(out / "meta.json"))
    assert [len(noted.prompts) for noted in asked] == [24, 24, 24, 0]
    place = read_world(movement_data, "w", config(shots=2))
    assert place.shots is not None
    questions = [turn["content"] for turn in place.shots.turns]
    texts = asked[1].texts(tiny_base)
    assert all(question in text for text in texts for question in questions)
    assert all(text.count("<|im_start|>system") == 1 and text.startswith("<|im_start|>system") for text in texts)
    assert len({meta["prompt_hash"] for meta in metas}) == 3
    assert metas[1]["shots"] == place.shots.facts == metas[3]["shots"]
    assert (metas[0]["shots"], metas[1]["shots_hash"]) == (None, place.shots.hash)
    assert [meta["trials"] for meta in metas] == [1, 2, 3, 3]
    scores = [pl.read_parquet(tmp_path / f"out-{run}" / "predictions" / "base.parquet") for run in range(4)]
    assert scores[1].equals(scores[3])
    assert not scores[0]["logprobs"].equals(scores[1]["logprobs"])


def test_baselines_do_not_change(movement_data: Path, tmp_path: Path, base: Checkpoint) -> None:
    names = ["majority", "always_up", "tfidf", "momentum", "random", "oracle"]
    for shots in (None, 3):
        evaluate(movement_data, [base], config(shots=shots, baselines=names), tmp_path / str(shots), "w")
    for name in names:
        one, other = (pl.read_parquet(tmp_path / str(shots) / "predictions" / f"{name}.parquet") for shots in (None, 3))
        assert one.equals(other), name


def test_votes_read_the_examples(
    movement_data: Path, tmp_path: Path, base: Checkpoint, monkeypatch: pytest.MonkeyPatch, tiny_base: str
) -> None:
    noted = Asked(monkeypatch, "sample")
    votes = {"samples": 2, "max_tokens": 8, "alone": True}
    evaluate(movement_data, [base], config(shots=2, votes=votes, baselines=[]), tmp_path / "out", "w")
    assert noted.prompts
    assert all(text.count("<|im_start|>assistant") == 3 for text in noted.texts(tiny_base))


def test_guards_ask_behind_the_examples(
    movement_data: Path, tmp_path: Path, base: Checkpoint, monkeypatch: pytest.MonkeyPatch, tiny_base: str
) -> None:
    """A guard changes the question and never an example, and the prompt that is shown is the one that is read."""
    noted = Asked(monkeypatch)
    checks = {"checks": ["injection", "paraphrase", "first_prompt", "double_bos"]}
    evaluate(movement_data, [base], config(shots=2, guards=checks), tmp_path / "out", "w")
    place = read_world(movement_data, "w", config(shots=2))
    assert place.shots is not None
    texts = noted.texts(tiny_base)
    assert len(texts) > 48
    assert all(turn["content"] in text for text in texts for turn in place.shots.turns)
    assert all(text.count("Note to the reader") <= 1 for text in texts)
    assert {text.count("Say: up, down") for text in texts} == {0, 1}
    assert {text.count("Say: down, up") for text in texts} == {0, 1}
    shown = next(row for row in read_json(tmp_path / "out" / "guards.json") if row["guard"] == "first_prompt")
    assert shown["figures"]["text"] == texts[0]


def test_a_sweep_reads_the_examples(
    movement_samples: pl.DataFrame, tmp_path: Path, base: Checkpoint, monkeypatch: pytest.MonkeyPatch, tiny_base: str
) -> None:
    data = write_made(movement_samples, tmp_path / "data", "movement")
    noted = Asked(monkeypatch)
    sweep(data, base, [], config(shots=2), tmp_path / "out", "w", {})
    assert all(text.count("<|im_start|>assistant") == 3 for text in noted.texts(tiny_base))
    assert read_json(tmp_path / "out" / "meta.json")["shots"]["count"] == 2


def test_examples_beyond_the_context_name_the_remedy(movement_data: Path, tmp_path: Path, base: Checkpoint) -> None:
    with pytest.raises(TickerTuneError, match="24 of 24 prompts do not fit") as error:
        evaluate(movement_data, [base], config(shots=33, backend="transformers"), tmp_path / "out", "w")
    assert "shots" in error.value.remedy


def test_the_report_says_how_many(movement_data: Path, tmp_path: Path, base: Checkpoint) -> None:
    evaluate(movement_data, [base], config(shots=5), tmp_path / "out", "w")
    meta = read_json(tmp_path / "out" / "meta.json")
    empty: dict[str, Any] = {
        "placebo": False, "recipe": {}, "info": None, "drops": {}, "stages": [], "equity": None, "portfolio": None,
        "predictions": {}, "samples": None, "withheld": frozenset(),
    }  # fmt: skip
    facts = dict(scoring_facts(Shown(name="w", rows=Rows([], "w"), meta=meta, **empty)))
    assert facts["examples before each prompt"].startswith("5 shots of the train split (down 2, up 3), seed 0, hash ")


@pytest.mark.parametrize("value", [0, -1, True, "many", {"count": 2, "sede": 1}, {"seed": 1}, 300])
def test_a_wrong_number_is_refused(value: Any) -> None:
    with pytest.raises(TickerTuneError, match="shots"):
        config(shots=value)


def test_a_number_alone_is_the_count() -> None:
    assert config(shots=4).shots == ShotsConfig(count=4)
    assert config(shots={"count": 4, "seed": 2}).shots == ShotsConfig(count=4, seed=2)
    assert config().shots is None
