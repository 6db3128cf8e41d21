"""An OpenAI-compatible server in a thread of the test, with numbers and replies that follow from what is asked."""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
VOCABULARY = range(1000, 1040)
"""Tokens that the server ranks."""


def logprob(model: str, prompt: list[int], token: int) -> float:
    """What the server says of a token after a prompt."""
    digest = hashlib.sha256(repr((model, prompt, token)).encode()).digest()
    return -1.0 - 8 * int.from_bytes(digest[:4], "big") / 2**32


class ModelServer:
    """Answers ``/v1/models``, ``/v1/completions`` and ``/v1/chat/completions``, and notes what it was asked.

    Before anything else each request goes to ``hook(number, path, body)``: an answer of its is sent as it is, and an answer of
    ``"hang up"`` closes the connection.
    """

    def __init__(self, tokenizer: Any, models: dict[str, int | None]) -> None:
        self.tokenizer, self.models = tokenizer, models
        self.vllm = True
        """Whether vLLM's own parameters are known; else they are refused, as by a strict server."""
        self.most_replies = 100
        """Replies that one request gives at most."""
        self.replies: Callable[[Any, int], str] = lambda prompt, seed: f"reply {seed}"
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.most_at_once = 0
        self.pause = 0.0
        self.hook: Callable[[int, str, dict[str, Any]], Answer | str | None] = lambda number, path, body: None
        self._now, self._lock = 0, threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, body: dict[str, Any]) -> None:
                with outer._lock:
                    if body:
                        outer.seen.append({"path": self.path, **body})
                    outer.keys.append(self.headers.get("Authorization"))
                    number = len(outer.seen)
                    outer._now += 1
                    outer.most_at_once = max(outer.most_at_once, outer._now)
                time.sleep(outer.pause if body else 0)
                answer = outer.hook(number, self.path, body) or outer.answer(self.path, body)
                with outer._lock:
                    outer._now -= 1
                if isinstance(answer, str):
                    self.connection.close()
                    return
                status, headers, payload = answer
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        class Http(ThreadingHTTPServer):
            def handle_error(self, *args: object) -> None:
                """A client or a hung up connection: nothing to tell."""

        self._http = Http(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def answer(self, path: str, body: dict[str, Any]) -> Answer:
        """The answer of a server that works."""
        if path == "/v1/models":
            data = [{"id": name, "max_model_len": length} for name, length in self.models.items()]
            return ok({"data": [{key: value for key, value in one.items() if value is not None} for one in data]})
        own = {"logprob_token_ids", "return_tokens_as_token_ids", "top_k", "min_p", "repetition_penalty"} & set(body)
        if own and not self.vllm:
            return refused(400, f"Unrecognized request argument supplied: {sorted(own)[0]}")
        if "logprobs" in body:
            return ok(self._scored(body))
        prompt = body.get("prompt") or body["messages"]
        count = min(body["n"], self.most_replies)
        texts = [self.replies(prompt, body["seed"] + place) for place in range(count)]
        chat = "messages" in body
        choices = [
            {"index": place, "finish_reason": "stop", **({"message": {"content": text}} if chat else {"text": text})}
            for place, text in reversed(list(enumerate(texts)))
        ]
        return ok({"choices": choices, "usage": {"prompt_tokens": len(prompt), "completion_tokens": 9}})

    def _scored(self, body: dict[str, Any]) -> dict[str, Any]:
        model, prompt = body["model"], body["prompt"]
        ranked = sorted(VOCABULARY, key=lambda token: -logprob(model, prompt, token))
        if "logprob_token_ids" in body:
            top = {f"token_id:{token}": logprob(model, prompt, token) for token in body["logprob_token_ids"]}
        else:
            top = {
                self.tokenizer.decode([token]): logprob(model, prompt, token) for token in ranked[: body["logprobs"]]
            }
        choice = {"index": 0, "text": "x", "finish_reason": "length", "logprobs": {"top_logprobs": [top]}}
        return {"choices": [choice], "usage": {"prompt_tokens": len(prompt), "completion_tokens": 1}}

    def close(self) -> None:
        """Stop."""
        self._http.shutdown()
        self._http.server_close()


def ok(values: Any) -> Answer:
    """A good answer."""
    return 200, {}, json.dumps(values).encode()


def refused(status: int, reason: str) -> Answer:
    """A refusal with its reason."""
    return status, {}, json.dumps({"error": {"message": reason, "code": status}}).encode()
