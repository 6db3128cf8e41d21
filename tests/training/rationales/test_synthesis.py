"""The whole loop with a scripted teacher: what is kept, what is dropped and why, what reaches a prompt, what a kill costs."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from data_pipeline.dataset import load_dataset_dict, read_info, read_split
from tests.training.conftest import make_samples, write_samples
from tests.training.rationales.scripted import (
    TASK,
    ScriptedTeacher,
    config,
    other,
    tagged_data,
    tagged_samples,
    thesis,
    truth,
    turn_of,
)
from tickertune.core.answers import read_reply
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.prompting import answer_ids, chat, prompt_ids
from tickertune.core.table import read_parquet
from training.examples import tokenise
from training.rationales.styles import AGAIN, REFLECT, teacher_messages
from training.rationales.synthesis import synthesise_with
from training.rationales.teacher import Chat


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tagged_data(tmp_path_factory.mktemp("data"))


def first_half_right(messages: Chat, draw: int) -> str:
    """Draw 0 is wrong and draw 1 right; after a reflection it is right."""
    turn, label = turn_of(messages), truth(messages)
    if turn == "reflection":
        return "I took the words the wrong way."
    return thesis(messages, label if draw or turn == "again" else other(label), f"{turn} {draw} it says")


def test_right_replies_become_answers_and_wrong_ones_pairs(data: Path, tmp_path: Path) -> None:
    teacher = ScriptedTeacher(first_half_right)
    facts = synthesise_with(teacher, config(data, tmp_path))
    source = read_split(data, "train")
    kept = read_split(tmp_path / "sft", "train")
    assert kept["sample_id"].to_list() == [f"{name}~0" for name in source["sample_id"]]
    assert kept["messages"].to_list() == source["messages"].to_list()
    for answer, label in kept.select("answer", "label").iter_rows():
        assert read_reply(TASK, answer, tagged=True).decision.label == label
    pairs = read_parquet(tmp_path / "pairs" / "data" / "train.parquet")
    assert pairs["prompt"].to_list() == [chat(messages) for messages in source["messages"].to_list()]
    for label, chosen, rejected in pairs.select("label", "chosen", "rejected").iter_rows():
        assert read_reply(TASK, chosen, tagged=True).decision.label == label
        assert read_reply(TASK, rejected, tagged=True).decision.label == other(label)
        assert "wrong way" not in chosen + rejected
    assert facts["rationales"] == {
        "asked": 24,
        "parsed": 24,
        "right": 12,
        "kept": 12,
        "dropped": {"wrong": 12},
        "acceptance_rate": 0.5,
    }
    right = {label: own["right"] for label, own in facts["rationales_by_label"].items()}
    assert right == {label: source.filter(label=label).height for label in ("down", "up")}
    assert (facts["pairs"], facts["replies"], facts["tokens_in"], facts["tokens_out"]) == (12, 48, 4800, 480)
    assert facts == read_json(tmp_path / "tickertune.json")


def test_the_label_is_in_no_prompt_of_the_teacher(data: Path, tmp_path: Path) -> None:
    """With every label turned round the teacher is asked the very same, in the first pass and in reflections."""
    turned = [sample.model_copy(update={"label": other(sample.label)}) for sample in tagged_samples()]
    asked = []
    for name, folder in (("a", data), ("b", write_samples(tmp_path / "turned", turned))):
        teacher = ScriptedTeacher(lambda messages, draw: thesis(messages, "up" if draw else "down", f"{draw}"))
        settings = config(folder, tmp_path / name)
        synthesise_with(teacher, settings)
        asked.append([ask.messages for ask in teacher.asked if turn_of(ask.messages) == "first"])
        told = {json.dumps(ask.messages[-1]) for ask in teacher.asked if turn_of(ask.messages) != "first"}
        assert told == {json.dumps({"role": "user", "content": text}) for text in (REFLECT, AGAIN)}
    assert asked[0] == asked[1]
    prompts = read_split(data, "train")["messages"].to_list()
    assert asked[0][::2] == [teacher_messages(chat(messages), "thesis") for messages in prompts]
    assert not any(label in REFLECT + AGAIN for label in (" up", " down"))


def test_equal_rationales_and_those_above_the_limit_are_counted(data: Path, tmp_path: Path) -> None:
    texts = ["one says", "one  SAYS", "two says", "three says"]
    teacher = ScriptedTeacher(lambda messages, draw: thesis(messages, truth(messages), texts[draw]))
    facts = synthesise_with(teacher, config(data, tmp_path, draws=4, keep=2))
    assert facts["rationales"]["dropped"] == {"above_keep": 12, "duplicate": 12}
    assert read_info(tmp_path / "sft").counts["samples_train"] == 24
    assert not (tmp_path / "pairs").exists()


def test_a_second_answer_that_speaks_of_the_first_makes_no_pair(data: Path, tmp_path: Path) -> None:
    def script(messages: Chat, draw: int) -> str:
        words = "unlike my first answer it says" if turn_of(messages) == "again" else "it says"
        return first_half_right(messages, draw).replace(f"{turn_of(messages)} {draw} it says", words)

    facts = synthesise_with(ScriptedTeacher(script), config(data, tmp_path))
    assert facts["reflections"] == {"mentions_the_first_answer": 12, "wrong_first_answers": 12}
    assert facts["pairs"] == 0


def test_a_second_round_reflects_on_what_is_still_wrong(data: Path, tmp_path: Path) -> None:
    def script(messages: Chat, draw: int) -> str:
        if turn_of(messages) == "reflection":
            return f"Thought {draw}."
        right = draw == 1 or (turn_of(messages) == "again" and "Thought 1." in messages[-2]["content"])
        return thesis(messages, truth(messages) if right else other(truth(messages)))

    facts = synthesise_with(ScriptedTeacher(script), config(data, tmp_path, reflection_rounds=2))
    assert facts["reflections"] == {"kept": 12, "wrong_again": 12, "wrong_first_answers": 12}
    assert facts["pairs"] == 12


@pytest.mark.parametrize("answers", [0, 1, 7, 24, 30, 47])
def test_a_killed_run_goes_on_without_asking_twice(data: Path, tmp_path: Path, answers: int) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    synthesise_with(ScriptedTeacher(first_half_right), config(data, whole))
    first = ScriptedTeacher(first_half_right, dies_after=answers)
    with pytest.raises(KeyboardInterrupt):
        synthesise_with(first, config(data, cut))
    assert not (cut / "sft").exists()
    second = ScriptedTeacher(first_half_right)
    synthesise_with(second, config(data, cut))
    assert len(first.asked) == answers
    assert not {ask.key for ask in first.asked} & {ask.key for ask in second.asked}
    for name in ("sft/data/train.parquet", "pairs/data/train.parquet", "sft/README.md", "pairs/README.md"):
        assert (whole / name).read_bytes() == (cut / name).read_bytes()


def test_a_cut_line_is_asked_again_and_no_other(data: Path, tmp_path: Path) -> None:
    synthesise_with(ScriptedTeacher(first_half_right), config(data, tmp_path))
    path = tmp_path / "answers.jsonl"
    before = path.read_bytes()
    path.write_bytes(before[:-20])
    teacher = ScriptedTeacher(first_half_right)
    synthesise_with(teacher, config(data, tmp_path))
    assert len(teacher.asked) == 1
    assert path.read_bytes() == before
    path.write_bytes(b'{"key": 1\n' + before)
    with pytest.raises(
        TickerTuneError, match=r"Line 1 of .*answers.jsonl is no answer of a teacher\. Remove that line"
    ):
        synthesise_with(teacher, config(data, tmp_path))


def test_more_draws_keep_the_replies_that_are_there(data: Path, tmp_path: Path) -> None:
    synthesise_with(ScriptedTeacher(first_half_right), config(data, tmp_path))
    teacher = ScriptedTeacher(first_half_right)
    synthesise_with(teacher, config(data, tmp_path, draws=3))
    assert [ask.draw for ask in teacher.asked] == [2] * 12


def test_results_of_other_settings_do_not_stay(data: Path, tmp_path: Path) -> None:
    """Else DPO would train on pairs that the recipe no longer makes."""
    synthesise_with(ScriptedTeacher(first_half_right), config(data, tmp_path))
    assert (tmp_path / "pairs").is_dir()
    synthesise_with(ScriptedTeacher(first_half_right), config(data, tmp_path, reflection_rounds=0))
    assert not (tmp_path / "pairs").exists()
    with pytest.raises(TickerTuneError, match="is a rationale to keep"):
        synthesise_with(ScriptedTeacher(lambda messages, draw: "I cannot tell."), config(data, tmp_path, seed=9))
    assert not (tmp_path / "sft").exists()
    assert not (tmp_path / "tickertune.json").exists()


def test_the_cards_tell_source_teacher_counts_and_cost(data: Path, tmp_path: Path) -> None:
    teacher = {
        "kind": "endpoint",
        "base_url": "http://127.0.0.1:9/v1",
        "model": "m",
        "price_in": 2.0,
        "price_out": 10.0,
    }
    settings = config(data, tmp_path, teacher={**teacher, "knowledge_cutoff": "2024-01-03"})
    at_home = {"base_url": "http://10.1.2.3/v1", "model": "/srv/models/big"}
    facts = synthesise_with(ScriptedTeacher(first_half_right, **at_home), settings)
    assert facts["teacher"]["base_url"] == "http://10.1.2.3/v1"
    assert facts["cost"] == pytest.approx((4800 * 2 + 480 * 10) / 1e6)
    for name in ("sft", "pairs"):
        card = (tmp_path / name / "README.md").read_text()
        assert read_info(data).prompt_hash in card
        assert "| kind | scripted |" in card
        assert "| dropped: wrong | 12 |" in card
        assert "| acceptance rate | 0.5000 |" in card
        assert "| tokens in | 4800 |" in card
        assert "| cost | 0.0144 |" in card
        assert "of 12 dated samples, 4 had ended by then" in card
        assert "| model | big |" in card
        for file in (tmp_path / name).rglob("*"):
            assert not file.is_file() or not any(word in file.read_bytes() for word in (b"10.1.2.3", b"/srv/models"))
    assert len(load_dataset_dict(tmp_path / "sft")["train"]) == 12


def test_sft_reads_the_rationale_and_not_the_bare_label(data: Path, tmp_path: Path, tokenizer) -> None:
    synthesise_with(ScriptedTeacher(first_half_right), config(data, tmp_path))
    rows = read_split(tmp_path / "sft", "train")
    examples = tokenise(rows, tokenizer, TASK, 4096)
    for place, (messages, answer) in enumerate(rows.select("messages", "answer").iter_rows()):
        reply = answer_ids(tokenizer, answer)
        assert examples.input_ids[place] == prompt_ids(tokenizer, messages) + reply
        assert sum(examples.completion_mask[place]) == len(reply)


def test_nothing_kept_tells_the_reasons(data: Path, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match=r"None of 24 replies is a rationale to keep \(24 unparsed\)"):
        synthesise_with(ScriptedTeacher(lambda messages, draw: "I cannot tell."), config(data, tmp_path))
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 24
    assert not (tmp_path / "sft").exists()


def test_samples_of_another_time_or_split_are_refused(tmp_path: Path) -> None:
    samples = tagged_samples()
    late = [
        sample.model_copy(update={"split": "validation"}) if number < 2 else sample
        for number, sample in enumerate(samples)
    ]
    with pytest.raises(
        TickerTuneError, match=r"Sample s002 of the train split was decided at .* but a later split is decided from"
    ):
        synthesise_with(ScriptedTeacher(first_half_right), config(write_samples(tmp_path / "a", late), tmp_path / "o"))
    folder = write_samples(tmp_path / "b", samples)
    file = folder / "dataset" / "data" / "train.parquet"
    pl.read_parquet(file).with_columns(pl.lit("test").alias("split")).write_parquet(file)
    with pytest.raises(
        TickerTuneError, match=r"Sample s000 is of split test: rationales are made of the train split alone"
    ):
        synthesise_with(ScriptedTeacher(first_half_right), config(folder, tmp_path / "o"))
    assert not (tmp_path / "o" / "answers.jsonl").exists()


def test_only_the_train_split_is_asked(tmp_path: Path) -> None:
    split = tagged_samples()
    for place in range(8, 12):
        sample = split[place]
        moved = {name: getattr(sample, name) + timedelta(days=9) for name in ("as_of", "entry", "exit", "session")}
        split[place] = sample.model_copy(update={"split": "test", **moved})
    teacher = ScriptedTeacher(first_half_right)
    synthesise_with(teacher, config(write_samples(tmp_path / "data", split), tmp_path / "o"))
    later = {sample.messages[1].content for sample in split[8:]}
    assert len(teacher.asked) == 8 * 4
    assert not later & {turn["content"] for ask in teacher.asked for turn in ask.messages}


def test_bad_data_is_told(tmp_path: Path) -> None:
    def run(folder: Path, **changes: object) -> None:
        synthesise_with(ScriptedTeacher(first_half_right), config(folder, tmp_path / "o", **changes))

    with pytest.raises(
        TickerTuneError, match=r"do not ask for a reply with <think> and <answer>\. Build it with prompt"
    ):
        run(write_samples(tmp_path / "plain", make_samples(4)))
    with pytest.raises(TickerTuneError, match="has no train split"):
        run(write_samples(tmp_path / "empty", tagged_samples(4, split="test")))
    with pytest.raises(TickerTuneError, match="nowhere does not exist"):
        run(tmp_path / "nowhere")
    folder = tagged_data(tmp_path / "label", 4)
    file = folder / "dataset" / "data" / "train.parquet"
    pl.read_parquet(file).with_columns(pl.lit("sideways").alias("label")).write_parquet(file)
    with pytest.raises(TickerTuneError, match=r"does not know: 'sideways' 4 times \(it knows down, up\)"):
        run(folder)
    folder = tagged_data(tmp_path / "columns", 4)
    file = folder / "dataset" / "data" / "train.parquet"
    pl.read_parquet(file).drop("messages").write_parquet(file)
    with pytest.raises(TickerTuneError, match=r"lacks the column\(s\) messages"):
        run(folder)


def test_a_sample_draw_is_that_of_the_seed(data: Path, tmp_path: Path) -> None:
    def asked(seed: int, name: str) -> set[str]:
        teacher = ScriptedTeacher(first_half_right)
        synthesise_with(teacher, config(data, tmp_path / name, samples=5, seed=seed))
        return {ask.messages[1]["content"] for ask in teacher.asked}

    first = asked(0, "a")
    assert len(first) == 5
    assert asked(0, "b") == first != asked(1, "c")
