"""The OpenAI-compatible teacher against a server of our own: key, retries, bounds, errors in one sentence."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from eval.backends import endpoint as endpoint_module
from tests.conftest import ROOT
from tests.training.rationales.scripted import config, tagged_data, thesis, truth
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import RationalesConfig
from tickertune.core.recipe.loading import parse_config
from training.rationales.__main__ import synthesise
from training.rationales.endpoint import EndpointTeacher
from training.rationales.ledger import Ledger
from training.rationales.synthesis import synthesise_with
from training.rationales.teacher import Ask
from training.stage import main

KEY = "sk-very-secret-key"


class Server:
    """Answers each request by ``respond(number, body) -> (status, headers, payload)``."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.respond: Callable[[int, dict[str, Any]], tuple[int, dict[str, str], bytes]] = self.right
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.seen.append({"path": self.path, **body})
                outer.keys.append(self.headers.get("Authorization"))
                status, headers, payload = outer.respond(len(outer.seen), body)
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                with suppress(BrokenPipeError):  # a client that was killed
                    self.wfile.write(payload)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    @staticmethod
    def right(number: int, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        text = thesis(body["messages"], truth(body["messages"]))
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return (
            200,
            {},
            json.dumps({"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}).encode(),
        )

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TEACHER_KEY", KEY)
    started = Server()
    yield started
    started.close()


@pytest.fixture(autouse=True)
def own_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves a rate behind in the user's cache."""
    monkeypatch.setattr(endpoint_module, "limits_file", lambda: tmp_path / "limits.sqlite")


def settings(server: Server, folder: Path, count: int = 4, **changes: Any) -> RationalesConfig:
    teacher = {
        "kind": "endpoint",
        "base_url": server.url,
        "model": "big",
        "key_env": "TEACHER_KEY",
        "allow_private": True,
        "calls_per_minute": 60_000,
        "attempts": 3,
        "timeout": 5.0,
        **changes,
    }
    return config(tagged_data(folder / "data", count), folder / "out", teacher=teacher, draws=1)


def run(made: RationalesConfig) -> dict[str, Any]:
    return synthesise_with(EndpointTeacher(made, made.teacher, first_wait=0.01), made)  # type: ignore[arg-type]


def test_it_is_asked_in_the_openai_manner_with_the_key_from_the_environment(server: Server, tmp_path: Path) -> None:
    facts = run(settings(server, tmp_path))
    assert facts["rationales"]["kept"] == 4
    assert (facts["tokens_in"], facts["tokens_out"]) == (28, 12)
    assert server.keys == [f"Bearer {KEY}"] * 4
    assert {body["path"] for body in server.seen} == {"/v1/chat/completions"}
    assert {(body["model"], body["temperature"], body["max_tokens"]) for body in server.seen} == {("big", 0.8, 768)}
    assert [turn["role"] for turn in server.seen[0]["messages"]] == ["system", "user"]


def test_the_key_is_written_nowhere(server: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def echoing(number: int, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        status, headers, payload = server.right(number, body)
        return status, headers, payload.replace(b"it says", f"it says {KEY}".encode())

    server.respond = echoing
    made = settings(server, tmp_path)
    run(made)
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(made.model_dump(mode="json")))
    server.respond = lambda number, body: (401, {}, f'{{"error": "{KEY} is no key"}}'.encode())
    words = ["--config", str(tmp_path / "r.yaml"), "--output", str(tmp_path / "other")]
    assert main(RationalesConfig, synthesise, words, package="training.rationales") == 2
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert yaml.safe_load((tmp_path / "out" / "config.yaml").read_text()) == made.model_dump(mode="json")
    assert not any(KEY.encode() in content for content in written)
    said = capfd.readouterr()
    assert KEY not in said.out + said.err
    assert "answered 401: check TEACHER_KEY" in said.err
    assert "Set TEACHER_KEY to a valid key and run it again: it goes on" in said.err


@pytest.mark.parametrize("status", [429, 500, 503])
def test_busy_answers_are_tried_again_within_bounds(server: Server, tmp_path: Path, status: int) -> None:
    server.respond = lambda number, body: (status, {}, b"{}") if number < 3 else server.right(number, body)
    assert run(settings(server, tmp_path, 1))["rationales"]["kept"] == 1
    assert len(server.seen) == 3
    server.respond = lambda number, body: (status, {}, b"{}")
    server.seen.clear()
    with pytest.raises(
        TickerTuneError, match=rf"The teacher did not answer \(.* answered {status}\)\. Check teacher.base_url"
    ):
        run(settings(server, tmp_path / "b", 1))
    assert len(server.seen) == 3


def test_a_bad_request_is_not_tried_again(server: Server, tmp_path: Path) -> None:
    server.respond = lambda number, body: (400, {}, b"{}")
    with pytest.raises(TickerTuneError, match="answered 400"):
        run(settings(server, tmp_path, 1))
    assert len(server.seen) == 1


def test_what_came_before_a_failure_is_kept_and_not_asked_again(server: Server, tmp_path: Path) -> None:
    server.respond = lambda number, body: server.right(number, body) if number < 6 else (400, {}, b"{}")
    made = settings(server, tmp_path, 12, concurrency=3)
    with pytest.raises(TickerTuneError, match="answered 400"):
        run(made)
    assert len(Ledger(tmp_path / "out" / "answers.jsonl")) == 5
    server.respond = server.right
    server.seen.clear()
    assert run(made)["rationales"]["kept"] == 12
    assert len(server.seen) == 7


def test_a_dead_endpoint_a_missing_key_and_a_private_address(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TickerTuneError, match=r"127.0.0.1:9/v1/chat/completions: .*Check teacher.base_url"):
        run(settings(server, tmp_path / "a", 1, base_url="http://127.0.0.1:9/v1"))
    with pytest.raises(
        TickerTuneError, match=r"is not an https address.*set teacher.allow_private for a server of yours"
    ):
        run(settings(server, tmp_path / "b", 1, allow_private=False))
    with pytest.raises(TickerTuneError, match=r"127.0.0.1, which is not a public address.*set teacher.allow_private"):
        run(settings(server, tmp_path / "c", 1, base_url="https://127.0.0.1:9/v1", allow_private=False))
    monkeypatch.delenv("TEACHER_KEY")
    with pytest.raises(TickerTuneError, match=r"TEACHER_KEY, which is not set.*Set TEACHER_KEY to a valid key"):
        run(settings(server, tmp_path / "d", 1))
    assert not server.seen


@pytest.mark.parametrize("payload", [b"<html>", b"{}", b'{"choices": []}', b"[1]", b'{"choices": [{"message": 1}]}'])
def test_another_kind_of_server_is_told(server: Server, tmp_path: Path, payload: bytes) -> None:
    server.respond = lambda number, body: (200, {}, payload)
    with pytest.raises(TickerTuneError, match=r"did not answer as an OpenAI-compatible endpoint \(b"):
        run(settings(server, tmp_path, 1))


def test_a_cut_or_filtered_reply_is_not_finished_and_missing_usage_is_counted(server: Server, tmp_path: Path) -> None:
    def cut(number: int, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        values = json.loads(server.right(number, body)[2])
        values["choices"][0]["finish_reason"] = "length" if number == 1 else "stop"
        return 200, {}, json.dumps({"choices": values["choices"]}).encode()

    server.respond = cut
    facts = run(settings(server, tmp_path, 3, concurrency=1))
    assert facts["rationales"]["dropped"] == {"truncated": 1}
    assert facts["replies_without_token_counts"] == 3


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a/v1",
        "api.example.com",
        "https://user:pass@a.com/v1",
        "https://user:pa/ss@a.com/v1",
        "https://a.com/v1?api_key=x",
        "https://a.com/v1#x",
    ],
)
def test_an_address_that_is_none_or_holds_a_key_is_refused(address: str) -> None:
    values = {"teacher": {"kind": "endpoint", "base_url": address, "model": "m"}}
    with pytest.raises(TickerTuneError, match=r"teacher.*base_url"):
        parse_config(RationalesConfig, values, "r.yaml")


def test_a_closed_round_leaves_no_request_behind(server: Server, tmp_path: Path) -> None:
    """Ctrl-C between two answers."""
    made = settings(server, tmp_path)
    teacher = EndpointTeacher(made, made.teacher)  # type: ignore[arg-type]
    prompt = [
        {"role": "system", "content": ""},
        {"role": "user", "content": "<news>\nTue 09:00 Company 1 gains growth x\n</news>"},
    ]
    round_ = teacher.answer([Ask(prompt, draw, {}) for draw in range(9)])
    next(round_)
    round_.close()
    assert len(server.seen) < 9


@pytest.mark.slow
def test_kill_nine_costs_no_more_than_what_is_under_way(server: Server, tmp_path: Path) -> None:
    made = settings(server, tmp_path, 12, concurrency=2)
    recipe = tmp_path / "rationales.yaml"
    recipe.write_text(yaml.safe_dump(made.model_dump(mode="json")))
    command = [sys.executable, "-m", "training.rationales", "--config", str(recipe)]
    environment = {**os.environ, "TICKERTUNE_CACHE": str(tmp_path / "cache")}
    ledger = tmp_path / "out" / "answers.jsonl"
    reached, held = threading.Event(), threading.Event()

    def stalling(number: int, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if number > 5:
            reached.set()
            held.wait(60)
        return server.right(number, body)

    server.respond = stalling
    killed = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    assert reached.wait(120)
    while len(server.seen) < 7 or len(ledger.read_bytes().splitlines()) < 5:
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    held.set()
    assert len({line["key"] for line in map(json.loads, ledger.read_text().splitlines())}) == 5
    server.respond = server.right
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "5 replies are there already" in done.stderr
    assert len(server.seen) == 7 + 7  # two were under way
    assert read_json(tmp_path / "out" / "tickertune.json")["rationales"]["kept"] == 12
