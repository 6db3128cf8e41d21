"""Other companies' news in a prompt: known by its decision, of the train split, inside the fence, the same for the same seed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from data_pipeline.dataset import DatasetInfo, read_info, read_split
from tests.training.conftest import Cut, cut_after, equal_weights, grpo_config, make_samples, write_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe import ModelConfig
from tickertune.core.recipe.curriculum import DistractorsConfig
from tickertune.core.sample import Message, Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import MovementView, NewsItem, get_task
from training.curriculum.distractors import CLOSE, OPEN, Distractors, news_of, text_of
from training.grpo import train

STAGES = [{"steps": 1, "items": 0}, {"steps": 1, "items": 1}, {"steps": 2, "items": 2}]
CONFIG = DistractorsConfig.model_validate({"stages": STAGES})
SIZES = {"steps": 4, "prompts_per_step": 4, "num_generations": 2}


def always(turns: Any) -> bool:
    return True


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Training samples of four companies, and later ones of the test split whose news says so."""
    late = [
        sample.model_copy(
            update={
                "sample_id": f"t{sample.sample_id}",
                "split": "test",
                "messages": [Message(role="user", content=f"{OPEN}\nTue 09:00 Untouched {at}\n{CLOSE}")],
            }
        )
        for at, sample in enumerate(make_samples(40, seed=5))
    ]
    return write_samples(tmp_path_factory.mktemp("data"), [*make_samples(40), *late])


@pytest.fixture(scope="module")
def info(data: Path) -> DatasetInfo:
    return read_info(data)


@pytest.fixture(scope="module")
def samples(data: Path) -> pl.DataFrame:
    return pl.concat([read_split(data, "train"), read_split(data, "test")])


def put_in(row: dict[str, Any], turns: list[dict[str, str]]) -> list[str]:
    """Lines of a changed prompt that its own has not."""
    _, _, own, _ = news_of(row["messages"])
    _, _, shown, _ = news_of(turns)
    assert [line for line in shown if line in own] == own, "own news stays, in its order"
    return [line for line in shown if line not in own]


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_only_other_companies_known_training_news_is_put_in(
    samples: pl.DataFrame, info: DatasetInfo, stage: int
) -> None:
    distractors = Distractors(samples, CONFIG, info, 3)
    source = {news_of(row["messages"])[2][0]: row for row in samples.iter_rows(named=True) if row["split"] == "train"}
    counts = []
    for row in source.values():
        turns, count, drawn = distractors.prompt(row, stage, always)
        lines = put_in(row, turns)
        counts.append(count)
        assert count == drawn == len(lines) <= STAGES[stage]["items"]
        for line in lines:
            donor = source[line]
            assert donor["instrument_id"] != row["instrument_id"]
            assert row["as_of"] - timedelta(days=7) < donor["as_of"] <= row["as_of"]
        assert turns[0] == row["messages"][0]
    assert max(counts) == STAGES[stage]["items"]


def test_the_first_decision_gets_nothing_from_the_future(info: DatasetInfo) -> None:
    rows = frame_of(Sample, make_samples(8)).with_row_index("at")
    early = rows.filter(pl.col("at").is_in([0, 5, 6, 7])).drop("at")
    first = early.row(0, named=True)
    assert Distractors(early, CONFIG, info, 0).candidates(first) == []
    moved = early.with_columns(as_of=pl.lit(first["as_of"]).cast(early.schema["as_of"]))
    assert len(Distractors(moved, CONFIG, info, 0).candidates(first)) == 3


def test_news_that_is_also_the_companys_own_or_names_it_is_no_distractor(info: DatasetInfo) -> None:
    made = make_samples(4)
    texts = [
        "Tue 09:00 Shared story",
        "Tue 09:01 Shared story",
        "Tue 09:02 C0 sues a rival",
        "Tue 09:03 C01 and others",
    ]
    rows = [
        sample.model_copy(update={"messages": [Message(role="user", content=f"{OPEN}\n{text}\n{CLOSE}")]})
        for sample, text in zip(made, texts, strict=True)
    ]
    frame = frame_of(Sample, rows)
    assert Distractors(frame, CONFIG, info, 0).candidates(frame.row(0, named=True)) == ["Tue 09:03 C01 and others"]


def test_lines_stand_where_their_time_puts_them(info: DatasetInfo) -> None:
    """The decision is Tuesday 09:00 in New York: Monday's news is older than that of the same morning, last Tuesday's noon older still."""
    made = make_samples(4)
    texts = ["Mon 10:00 a\nTue 08:00 b", "Tue 12:00 old", "Mon 18:00 middle", "Tue 08:30 new"]
    rows = [
        sample.model_copy(update={"messages": [Message(role="user", content=f"{OPEN}\n{text}\n{CLOSE}")]})
        for sample, text in zip(made, texts, strict=True)
    ]
    frame = frame_of(Sample, rows)
    config = DistractorsConfig.model_validate({"stages": [{"steps": 1, "items": 3}]})
    turns, _, _ = Distractors(frame, config, info, 0).prompt(frame.row(0, named=True), 0, always)
    assert [text_of(line) for line in news_of(turns)[2]] == ["old", "a", "middle", "b", "new"]


def test_what_does_not_fit_is_left_out_and_counted(
    samples: pl.DataFrame, info: DatasetInfo, tokenizer: PreTrainedTokenizerBase
) -> None:
    rows = samples.filter(pl.col("split") == "train")
    row = rows.row(39, named=True)
    length = len(prompt_ids(tokenizer, row["messages"]))

    def within(limit: int) -> Callable[[Any], bool]:
        return lambda turns: len(prompt_ids(tokenizer, turns)) <= limit

    distractors = Distractors(samples, CONFIG, info, 0)
    assert [distractors.prompt(row, 2, within(length + room))[1] for room in (0, 25, 200)] == [0, 1, 2]
    order = [39, 38, 37, 36]
    distractors.lay(rows, order * 4, 4, 1, within(0))
    assert dict(distractors.counts) == {"inserted": 0, "none_known": 0, "no_room": 4 * (0 + 1 + 2 + 2)}
    distractors = Distractors(samples, CONFIG, info, 0)
    laid = distractors.lay(rows, [0, 1, 2, 3] * 4, 4, 1, always)
    wanted = 4 * (0 + 1 + 2 + 2)
    assert distractors.counts["inserted"] == sum(
        len(put_in(rows.row(at % 4, named=True), turns)) for at, turns in enumerate(laid)
    )
    assert distractors.counts["inserted"] + distractors.counts["none_known"] == wanted


def test_steps_that_share_replies_are_of_one_stage(samples: pl.DataFrame, info: DatasetInfo) -> None:
    """The stages last a step, one and two; rows that serve two steps each lie in the first and in the last."""
    rows = samples.filter(pl.col("split") == "train")
    distractors = Distractors(samples, CONFIG, info, 0)
    laid = distractors.lay(rows, [39, 38, 37, 36] * 2, 4, 2, always)
    assert laid[:4] == [distractors.prompt(rows.row(row, named=True), 0, always)[0] for row in (39, 38, 37, 36)]
    assert laid[4:] == [distractors.prompt(rows.row(row, named=True), 2, always)[0] for row in (39, 38, 37, 36)]


def test_only_the_seed_and_the_stage_decide(samples: pl.DataFrame, info: DatasetInfo) -> None:
    rows = samples.filter(pl.col("split") == "train")
    order = list(range(40))

    def laid(seed: int, frame: pl.DataFrame = samples) -> Any:
        return Distractors(frame, CONFIG, info, seed).lay(rows, order, 10, 1, always)

    assert laid(0) == laid(0) == laid(0, samples.reverse())
    assert laid(0) != laid(1)
    assert laid(0)[:10] == rows["messages"].to_list()[:10]


TEXTS = st.text(alphabet=st.sampled_from("ab <>/news\n[]|\u2028\u00a0\t:imendTue0 9"), min_size=1, max_size=60)


@given(news=st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=4, max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_fence_holds_whatever_the_news_says(info: DatasetInfo, news: list[list[str]]) -> None:
    """Prompts as the data stage renders them from any text: still one fence, and every line in it is one that a prompt had."""
    task, made = get_task("movement"), make_samples(4)
    rows = []
    for sample, texts in zip(made, news, strict=True):
        assert sample.as_of is not None
        items = [NewsItem(sample.as_of - timedelta(hours=at), text) for at, text in enumerate(texts)]
        view = MovementView("A company", str(sample.symbol), sample.as_of, "America/New_York", items, [], 1, True)
        rows.append(sample.model_copy(update={"messages": task.messages(view)}))
    frame = frame_of(Sample, rows)
    lines = {line for row in frame.iter_rows(named=True) for line in news_of(row["messages"])[2]}
    distractors = Distractors(frame, CONFIG, info, 0)
    for row in frame.iter_rows(named=True):
        turns, count, _ = distractors.prompt(row, 2, always)
        place, before, shown, after = news_of(turns)
        assert (place, before[-1], after[0]) == (1, OPEN, CLOSE)
        assert turns[1]["content"].count(OPEN) == turns[1]["content"].count(CLOSE) == 1
        assert set(shown) <= lines
        assert len(shown) == len(news_of(row["messages"])[2]) + count
        assert (before, after) == (news_of(row["messages"])[1], news_of(row["messages"])[3])


@pytest.mark.parametrize(
    ("content", "said"),
    [("no fence", "has 0 and 0"), (f"{OPEN}\na", "has 1 and 0"), (f"{CLOSE}\n{OPEN}", "one line"), (f"{OPEN}\n{OPEN}\n{CLOSE}", "has 2 and 1")],
)  # fmt: skip
def test_prompts_without_one_fence_are_refused(info: DatasetInfo, content: str, said: str) -> None:
    row = make_samples(1)[0].model_copy(update={"messages": [Message(role="user", content=content)]})
    with pytest.raises(TickerTuneError, match=said):
        Distractors(frame_of(Sample, [row]), CONFIG, info, 0)


def test_hidden_names_and_texts_without_a_market_are_refused(samples: pl.DataFrame, info: DatasetInfo) -> None:
    with pytest.raises(TickerTuneError, match="where names are hidden"):
        Distractors(samples, CONFIG, info.model_copy(update={"prompt": {"anonymise": {}}}), 0)
    with pytest.raises(TickerTuneError, match="where names are hidden"):
        Distractors(samples, CONFIG, info.model_copy(update={"task": "sector"}), 0)
    with pytest.raises(TickerTuneError, match="task sentiment has none"):
        Distractors(samples, CONFIG, info.model_copy(update={"task": "sentiment", "zone": None}), 0)


def test_resumed_training_meets_the_same_changed_prompts(
    data: Path, answering_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import GRPOTrainer

    base = ModelConfig(name=str(answering_model / "model"), dtype="float32")
    block = {"distractors": {"stages": STAGES}}
    seen: list[str] = []
    tokenise = GRPOTrainer._tokenize_prompts

    def spy(self: Any, prompts: Any) -> Any:
        seen.extend(prompt[-1]["content"] for prompt in prompts)
        return tokenise(self, prompts)

    with monkeypatch.context() as patch:
        patch.setattr(GRPOTrainer, "_tokenize_prompts", spy)
        whole = train(grpo_config(data, tmp_path / "whole", model=base, curriculum=block, **SIZES))
    told = whole["curriculum"]["distractors"]
    assert told == read_json(tmp_path / "whole" / "curriculum.json")["distractors"]
    met = [len(news_of([{"role": "user", "content": content}])[2]) for content in seen]
    assert told["inserted"] == (sum(met) - len(met)) // SIZES["num_generations"] > 0
    assert max(met[:8]) == 1 < max(met[8:])
    config = grpo_config(data, tmp_path / "cut", model=base, curriculum=block, **SIZES)
    with monkeypatch.context() as patch:
        cut_after(patch, 3)
        with pytest.raises(Cut):
            train(config)
    assert {**train(config), "seconds": 0} == {**whole, "seconds": 0}
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")
    plain = train(grpo_config(data, tmp_path / "plain", model=base, **SIZES))
    assert plain["curriculum"] is None
    assert not equal_weights(tmp_path / "whole" / "adapter", tmp_path / "plain" / "adapter")
