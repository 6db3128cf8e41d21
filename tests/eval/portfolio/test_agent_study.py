"""The agents' command: a data stage's days traded, replies stored and asked once, what is refused told."""

import json
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter

from data_pipeline.build import build
from eval.backends.base import Completion
from eval.backends.fake import FakeBackend
from eval.checkpoint import Checkpoint
from eval.portfolio.agent_study import REPLIES, StoredReplies, study_agent
from tickertune.cli.main import main
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import DataConfig, load_config
from tickertune.core.recipe.agents import AgentsConfig
from tickertune.core.recipe.loading import parse_config, validate

SPAN = {"first": "2023-03-01", "last": "2023-03-31"}
WORLD = {
    "kind": "movement",
    "source": {"kind": "simulated", "companies": 4},
    "split": {
        "train_start": "2023-01-03", "train_end": "2023-02-15", "validation_end": "2023-03-01",
        "test_start": "2023-03-01", "test_end": "2023-04-14",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated data stage."""
    folder = tmp_path_factory.mktemp("world") / "data"
    build(validate(TypeAdapter(DataConfig), WORLD, "data.yaml"), folder)
    return folder


def config(**changes: Any) -> AgentsConfig:
    return parse_config(AgentsConfig, {"backend": "fake", "dtype": "float32", **SPAN, **changes}, "agents.yaml")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, world: Path) -> list[bool]:
    """Whether each answer could be read: the engine orders half of one name, and to a third of the prompts says nothing."""
    name = pl.read_parquet(world / "instruments.parquet")["symbol"].sort()[0]
    asked: list[bool] = []

    def generate(self: FakeBackend, prompts: list[list[int]], max_tokens: int, **_: Any) -> list[list[Completion]]:
        asked.append(zlib.crc32(repr(prompts[0]).encode()) % 3 > 0)
        order = {name: 0.5, "CASH": 0.5}
        return [[Completion(f"So: {json.dumps(order)}" if asked[-1] else "I hold", True)]]

    monkeypatch.setattr(FakeBackend, "generate", generate)
    return asked


@pytest.fixture
def checkpoint(tiny_base: str) -> Checkpoint:
    return Checkpoint("base", tiny_base)


def test_an_agent_trades_every_session_beside_buying_and_holding(
    world: Path, checkpoint: Checkpoint, answers: list[bool], tmp_path: Path
) -> None:
    facts = study_agent(world, checkpoint, config(), tmp_path / "a")
    assert facts["sessions"] == len(answers) == 23
    unread = answers.count(False)
    assert 0 < unread < 23
    assert facts["refused"] == {"a reply without a JSON object": unread}
    assert facts["counts"]["fills_order"] == pl.read_parquet(tmp_path / "a" / "fills.parquet").height
    values = {(row["checkpoint"], row["metric"]): row["value"] for row in facts["rows"]}
    assert {name for name, _ in values} == {"agent", "buy_and_hold", "one_over_n"}
    assert 0.3 < values["agent", "exposure"] < 0.7
    assert values["agent", "least_cash"] > 0.3
    days = pl.read_parquet(tmp_path / "a" / "days.parquet")
    assert days["ordered"].null_count() == unread
    assert days["session"].is_sorted()
    assert days["session"][0] == date(2023, 3, 1)
    accounts = pl.read_parquet(tmp_path / "a" / "accounts.parquet")
    assert (
        accounts.filter(pl.col("checkpoint") == "agent").height == 24
    )  # what is held in the end is sold at the next open


def test_a_killed_run_asks_again_for_nothing_that_was_answered(
    world: Path, checkpoint: Checkpoint, answers: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study_agent(world, checkpoint, config(), tmp_path / "whole")
    whole = len(answers)
    generate = FakeBackend.generate

    def dies(self: FakeBackend, *given: Any, **named: Any) -> Any:
        if len(answers) == whole + 9:
            raise KeyboardInterrupt
        return generate(self, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(FakeBackend, "generate", dies)
        with pytest.raises(KeyboardInterrupt):
            study_agent(world, checkpoint, config(), tmp_path / "cut")
    with (tmp_path / "cut" / REPLIES).open("a") as handle:
        handle.write('{"key": "half a li')
    study_agent(world, checkpoint, config(), tmp_path / "cut")
    assert len(answers) == whole + 23  # nine before, fourteen after
    for name in ("agents.json", "accounts.parquet", "days.parquet", "fills.parquet"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_another_model_has_replies_of_its_own(tmp_path: Path) -> None:
    asked: list[int] = []

    class Engine(FakeBackend):
        def generate(self, prompts: Any, max_tokens: int, **_: Any) -> Any:  # type: ignore[override]
            asked.append(max_tokens)
            return [[Completion("x", True)]]

    for key in ("one", "one", "two"):
        replies = StoredReplies(tmp_path / REPLIES, key, lambda: Engine(), None, 100)
        assert replies.generate([[1, 2]], 10) == [[Completion("x", True)]]
    assert len(asked) == 2
    with pytest.raises(TickerTuneError, match="have 101 tokens, more than 100"):
        replies.generate([[1] * 91], 10)


def test_what_cannot_be_traded_is_told(world: Path, checkpoint: Checkpoint, tmp_path: Path) -> None:
    for changes, said in (
        ({"instruments": ["NOBODY"]}, "has no bars of NOBODY"),
        ({"first": "2023-03-04", "last": "2023-03-05"}, "No session lies between"),
        ({"first": "2023-03-05", "last": "2023-03-04"}, "is before first"),
        ({"backend": "server"}, "a server block"),
    ):
        with pytest.raises(TickerTuneError, match=said):
            study_agent(world, checkpoint, config(**changes), tmp_path / "a")


def test_the_recipe_of_the_package_is_whole() -> None:
    recipe = load_config(AgentsConfig, Path(__file__).parents[3] / "recipes" / "agents" / "agents.yaml")
    assert recipe.account.slippage_bps == 4


def test_the_command(world: Path, answers: list[bool], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["agents", "--data", str(world), "--model", "tiny-llama", "--output", str(tmp_path / "out")]
    words += ["--first", "2023-03-01", "--last", "2023-03-10", "--backend", "fake"]
    with pytest.raises(SystemExit) as left:
        main(words)
    assert not left.value.code
    assert f"{answers.count(False)} of 8 days' orders were refused" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        main([*words, "--accounts.capital", "3"])
    assert left.value.code == 2
    assert "unknown key 'accounts" in capsys.readouterr().err
