"""Votes in a whole evaluation: beside the label scores, stored, resumed, and by a server that dies midway."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from transformers import AutoTokenizer

from eval.__main__ import main
from eval.backends import fake
from eval.checkpoint import Checkpoint, checkpoint_of
from eval.evaluate import evaluate
from tests.eval.model_server import ModelServer, refused
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import EvalConfig, ModelConfig
from tickertune.core.recipe.loading import parse_config

CONFIG = {"backend": "fake", "resamples": 200, "baselines": ["majority"]}


def config(**changes: Any) -> EvalConfig:
    return parse_config(EvalConfig, {**CONFIG, **changes}, "r.yaml")


@pytest.fixture
def checkpoints(tiny_base: str, tiny_adapter: Path) -> list[Checkpoint]:
    return [Checkpoint("base", tiny_base), checkpoint_of("sft", tiny_adapter, ModelConfig(name="tiny-llama"))]


@pytest.fixture
def server(tiny_base: str) -> Iterator[ModelServer]:
    started = ModelServer(AutoTokenizer.from_pretrained(tiny_base), {"base": 2048, "sft": 2048})
    started.replies = lambda prompt, seed: ("It went up", "It went down", "Hard to say")[seed % 3]
    yield started
    started.close()


def test_votes_stand_beside_label_scores(movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path) -> None:
    out = tmp_path / "eval"
    votes = {"samples": 3, "rules": ["majority", "confidence"]}
    facts = evaluate(movement_data, checkpoints, config(votes=votes), out, "w")
    voted = ["base@3", "base@3-confidence", "sft@3", "sft@3-confidence"]
    assert facts["predictors"] == ["base", "sft", *voted, "majority"]
    rows = {(row["checkpoint"], row["metric"]): row["value"] for row in read_json(out / "metrics.json")}
    assert ("sft@3 minus sft", "mcc") in rows
    assert ("sft@3 minus majority", "mcc") in rows
    assert ("sft@3", "mcc_p_above_zero_holm") in rows
    frame = pl.read_parquet(out / "predictions" / "sft@3.parquet")
    assert set(frame["confidence"].round(6)) <= {1.0, round(2 / 3, 6)}
    assert frame["logprobs"].list.len().to_list() == [0] * 24
    told = read_json(out / "meta.json")["predictors"]["sft@3"]
    assert told["replies"] == 72 == told["replies_read"]["label"]
    assert told["reply_tokens"] == 144
    assert told["ties"] == 0
    assert read_json(out / "meta.json")["predictors"]["sft@3-confidence"]["samples_without_weights"] == 24
    curve = read_json(out / "votes.json")
    assert {(point["checkpoint"], point["replies"]) for point in curve} == {
        (name, count) for name in ("base", "sft") for count in (1, 2, 3)
    }
    last = next(p for p in curve if (p["checkpoint"], p["replies"], p["metric"]) == ("sft", 3, "accuracy"))
    assert last["value"] == last["expected"] == rows["sft@3", "accuracy"]
    assert last["reply_tokens"] == 6


def test_without_votes_nothing_changes(movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path) -> None:
    evaluate(movement_data, checkpoints, config(), tmp_path / "plain", "w")
    evaluate(movement_data, checkpoints, config(votes=2), tmp_path / "voted", "w")
    names = ("base", "sft", "sft minus base", "majority")
    plain, voted = (
        [
            row
            for row in read_json(tmp_path / name / "metrics.json")
            if row["checkpoint"] in names and "holm" not in row["metric"]
        ]
        for name in ("plain", "voted")
    )
    assert plain == voted
    assert not (tmp_path / "plain" / "votes.json").exists()
    evaluate(movement_data, checkpoints, config(), tmp_path / "voted", "w")
    assert not (tmp_path / "voted" / "votes.json").exists()


def test_a_second_run_draws_nothing_and_fewer_samples_are_drawn_anew(
    movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "eval"
    evaluate(movement_data, checkpoints, config(votes=3), out, "w")
    before = {name: (out / name).read_bytes() for name in ("metrics.json", "votes.json")}

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("drawn again")

    with monkeypatch.context() as patch:
        patch.setattr(fake.FakeBackend, "sample", refuse)
        evaluate(movement_data, checkpoints, config(votes=3), out, "w")
        assert before == {name: (out / name).read_bytes() for name in before}
        with pytest.raises(AssertionError, match="drawn again"):
            evaluate(movement_data, checkpoints, config(votes={"samples": 3, "temperature": 1.0}), out, "w")
    evaluate(movement_data, checkpoints, config(votes=2), out, "w")
    two = {(point["replies"], point["metric"]): point["value"] for point in read_json(out / "votes.json")}
    assert (3, "mcc") not in two


def test_named_checkpoints_alone_and_structured(
    movement_data: Path, checkpoints: list[Checkpoint], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    votes = {"samples": 2, "checkpoints": ["sft"], "alone": True, "structured": True}
    with pytest.raises(TickerTuneError, match="None of the fake engine's replies matches"):
        evaluate(movement_data, checkpoints, config(votes=votes), tmp_path / "a", "w")
    answers = tuple(f"After this news the stock price went {label}" for label in ("up", "down"))
    made = fake.FakeBackend.__init__
    monkeypatch.setattr(fake.FakeBackend, "__init__", lambda self: made(self, answers))
    facts = evaluate(movement_data, checkpoints, config(votes=votes), tmp_path / "b", "w")
    assert facts["predictors"] == ["sft@2", "majority"]
    with pytest.raises(TickerTuneError, match=r"votes\.checkpoints names grpo, and there are base, sft"):
        evaluate(movement_data, checkpoints, config(votes={"checkpoints": ["grpo"]}), tmp_path / "c", "w")


def served(server: ModelServer, api: str = "completions", **changes: Any) -> EvalConfig:
    block = {"endpoint": server.url, "model": "base", "attempts": 1, "timeout": 5.0, "concurrency": 4, "api": api}
    return config(backend="server", chunk_rows=8, server=block, **changes)


def test_a_server_that_dies_midway_keeps_what_was_done(
    movement_data: Path, checkpoints: list[Checkpoint], server: ModelServer, tmp_path: Path
) -> None:
    """24 samples in chunks of 8: the third chunk of the replies is lost, and nothing else is asked again."""
    whole = tmp_path / "whole"
    evaluate(movement_data, checkpoints, served(server, votes=3), whole, "w")
    asked = len(server.seen)
    assert asked == 2 * 24 + 2 * 24
    meta = read_json(whole / "meta.json")["predictors"]
    assert meta["sft"]["backend"] == "server of base"
    counts = meta["sft@3"]["replies_read"]
    assert counts["unparsed"] == 24  # every third seed
    server.seen.clear()
    server.hook = lambda number, path, body: refused(500, "worker died") if number > 2 * 24 + 20 else None
    with pytest.raises(TickerTuneError, match=r"answered 500; it said: worker died\)\..* what is stored is kept"):
        evaluate(movement_data, checkpoints, served(server, votes=3), tmp_path / "cut", "w")
    assert not (tmp_path / "cut" / "metrics.json").exists()
    server.seen.clear()
    server.hook = lambda number, path, body: None
    evaluate(movement_data, checkpoints, served(server, votes=3), tmp_path / "cut", "w")
    assert len(server.seen) == 8 + 24
    for name in ("metrics.json", "votes.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (whole / name).read_bytes()


def test_a_server_that_chats_is_judged_by_its_replies_alone(
    movement_data: Path, checkpoints: list[Checkpoint], server: ModelServer, tmp_path: Path
) -> None:
    settings = served(server, api="chat", votes={"samples": 3, "alone": True})
    facts = evaluate(movement_data, checkpoints[:1], settings, tmp_path / "eval", "w")
    assert facts["predictors"] == ["base@3", "majority"]
    assert {body["path"] for body in server.seen} == {"/v1/chat/completions"}
    assert [turn["role"] for turn in server.seen[0]["messages"]][-1] == "user"


def test_checkpoints_that_a_server_of_the_base_cannot_serve_are_refused(
    movement_data: Path, tiny_base: str, server: ModelServer, tmp_path: Path
) -> None:
    for one, said in (
        (Checkpoint("full", tiny_base, model=Path(tiny_base)), "has weights of its own"),
        (Checkpoint("qlora", tiny_base, adapter=Path("a"), quantization="nf4"), "was trained on a base in 4 bits"),
    ):
        with pytest.raises(TickerTuneError, match=said):
            evaluate(movement_data, [one], served(server), tmp_path / "eval", "w")
    assert server.seen == []


def test_prompts_that_do_not_fit_are_counted_before_anything_is_asked(
    movement_data: Path, checkpoints: list[Checkpoint], server: ModelServer, tmp_path: Path
) -> None:
    server.models["base"] = 100
    with pytest.raises(TickerTuneError, match=r"reads 100: 24 of 24 prompts do not fit"):
        evaluate(movement_data, checkpoints[:1], served(server), tmp_path / "eval", "w")
    assert server.seen == []


def test_the_command_takes_a_server_and_a_number_of_votes(
    movement_data: Path, server: ModelServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--data", str(movement_data), "--model", "tiny-llama", "--output", str(tmp_path / "out"), "--json"]
    words += ["--backend", "server", "--resamples=200", "--votes", "2", "--endpoint", server.url]
    assert main(words) == 2
    assert "server.model: field required" in capsys.readouterr().err
    assert main([*words, "--served-model", "base"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"base", "base@2", "base@2 minus base"} <= {row["checkpoint"] for row in rows}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"backend": "server"}, "backend server and a server block"),
        ({"server": {"endpoint": "http://a/v1", "model": "m"}}, "backend server and a server block"),
        ({"server": {"endpoint": "http://u:p@a/v1", "model": "m"}}, "an address holds no key"),
        ({"votes": {"sampels": 3}}, r"unknown key 'votes\.sampels' \(did you mean 'samples'"),
        ({"votes": 0}, "greater than or equal to 1"),
        ({"votes": {"alone": True}, "guards": {}}, "guards judge label scores"),
        ({"votes": {"temperature": 0}}, "greater than 0"),
    ],
)
def test_blocks_that_make_no_sense_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TickerTuneError, match=said):
        config(**changes)
