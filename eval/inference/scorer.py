"""From rows to what an engine reads, and from its answers to rows of the output."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from jinja2 import TemplateError
from numpy.typing import NDArray
from scipy.special import logsumexp

from eval.backends.base import Tokens
from eval.checkpoint import Checkpoint
from eval.inference.rows import Rejection, Request
from eval.results import Answer, Ask, Replies, label_ask
from eval.scoring import decide
from eval.shots import Shots
from eval.tokenizer import load_tokenizer
from tickertune.core.answers import read_reply
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import ChatTurns, chat, label_continuations, prompt_ids, scoring_ids
from tickertune.core.tasks import LabelTask, Task

ROOM_FOR_LABEL = 8
"""Tokens kept free behind a prompt whose labels are scored."""
DIGITS = 6
"""Decimals that are written: what an engine computes beyond them depends on how it batches."""
ERROR = "error"
"""Outcome of a row that could not be scored; the reason stands in the quarantine."""


@dataclass
class Part:
    """Rows in a row, as an engine reads them."""

    number: int
    rows: int
    requests: list[Request] = field(default_factory=list)
    prompts: list[Tokens] = field(default_factory=list)
    """Token ids, one for each request."""
    rejections: list[Rejection] = field(default_factory=list)

    def reject(self, place: int, reason: str) -> None:
        """Set the request at ``place`` aside."""
        request = self.requests.pop(place)
        self.prompts.pop(place)
        self.rejections.append(Rejection(request.row, request.id, reason))


class Scorer:
    """Knows the prompt and the answer of one task under one checkpoint; loads the tokenizer alone.

    Args:
        checkpoint: Whose tokenizer and template.
        task: What is asked. Labels that stand behind a fixed beginning are scored; other answers are generated, greedily.
        max_length: Most tokens of a prompt with its reply.
        max_tokens: Most tokens of a generated reply.
        model: Fingerprint that each row carries.
        temperature: Of the calibration (``eval.inference.calibration``); None: none is given.
        shots: Examples before every prompt.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        task: Task,
        max_length: int,
        max_tokens: int,
        model: str,
        temperature: float | None = None,
        shots: Shots | None = None,
    ) -> None:
        self._tokenizer = load_tokenizer(checkpoint.base, checkpoint.revision)
        self._task, self._model, self._temperature, self._shots = task, model, temperature, shots
        self._longest = max_length - (ROOM_FOR_LABEL if isinstance(task, LabelTask) else max_tokens)
        self.ask: Ask = (
            label_ask(label_continuations(self._tokenizer, task))
            if isinstance(task, LabelTask)
            else Replies(max_tokens)
        )

    def part(self, number: int, rows: int, requests: Iterable[Request | Rejection]) -> Part:
        """Tokenise rows, and set aside those that the model would have to cut, its chat template refuses or the shots do not suit."""
        made = Part(number, rows)
        for request in requests:
            if isinstance(request, Rejection):
                made.rejections.append(request)
                continue
            if self._shots is not None and (why := self._shots.unsuited(request.messages, request.as_of)):
                made.rejections.append(Rejection(request.row, request.id, why))
                continue
            try:
                tokens = self._tokens(request)
            except TemplateError as error:
                reason = f"the model's chat template refuses the messages: {error}"
                made.rejections.append(Rejection(request.row, request.id, reason))
                continue
            if len(tokens) > self._longest:
                reason = f"prompt of {len(tokens)} tokens is longer than {self._longest}"
                made.rejections.append(Rejection(request.row, request.id, reason))
            else:
                made.requests.append(request)
                made.prompts.append(tokens)
        return made

    def _tokens(self, request: Request) -> Tokens:
        turns: ChatTurns = request.messages if self._shots is None else self._shots.before(chat(request.messages))
        if isinstance(self._task, LabelTask):
            return scoring_ids(self._tokenizer, self._task, turns)
        return prompt_ids(self._tokenizer, turns)

    def table(self, part: Part, answers: Sequence[Answer]) -> pl.DataFrame:
        """One row for each row of the part, in its order.

        Raises:
            TickerTuneError: No answer at all is a number.
        """
        rows = self._scored(part, answers) if isinstance(self._task, LabelTask) else self._replies(part, answers)
        empty = dict.fromkeys(self.schema)
        rejected = [
            {**empty, "row": one.row, "id": one.id or str(one.row), "outcome": ERROR, "model": self._model}
            for one in part.rejections
        ]
        return pl.DataFrame([*rows, *rejected], schema=self.schema).sort("row")

    @property
    def schema(self) -> Mapping[str, Any]:
        """Columns of a part: those of the output, and ``row``."""
        answer = (
            {
                "confidence": pl.Float64,
                "calibrated": pl.Float64,
                "logprobs": pl.Struct(dict.fromkeys(self._task.labels, pl.Float64)),
            }
            if isinstance(self._task, LabelTask)
            else {"confidence": pl.Float64, "reply": pl.String}
        )
        return {
            "row": pl.Int64,
            "id": pl.String,
            "outcome": pl.String,
            "label": pl.String,
            **answer,
            "model": pl.String,
        }

    def _scored(self, part: Part, answers: Sequence[Answer]) -> list[dict[str, Any]]:
        assert isinstance(self._task, LabelTask)
        logprobs = np.array([answer.logprobs for answer in answers]).reshape(len(answers), len(self._task.labels))
        damaged = np.isnan(logprobs).any(axis=1) | (logprobs == -np.inf).all(axis=1)
        if damaged.all() and len(damaged) > 1:
            raise TickerTuneError(
                f"The model gives log-probabilities that are not numbers for all of {len(damaged)} prompts",
                "Its weights are damaged or diverged: train it again",
            )
        for place in np.flatnonzero(damaged)[::-1].tolist():
            part.reject(place, "the model gives log-probabilities that are not numbers")
        decisions, normalised = decide(self._task, logprobs[~damaged])
        calibrated = self._calibrated(normalised)
        return [
            {
                "row": request.row,
                "id": request.id,
                "outcome": decision.outcome,
                "label": decision.label,
                "confidence": _rounded(decision.confidence),
                "calibrated": _rounded(sure),
                "logprobs": dict(zip(self._task.labels, map(_rounded, line), strict=True)),
                "model": self._model,
            }
            for request, decision, line, sure in zip(part.requests, decisions, normalised, calibrated, strict=True)
        ]

    def _calibrated(self, normalised: NDArray[np.float64]) -> list[float | None]:
        """Probability of each row's likeliest label once log-probabilities are divided by the temperature."""
        if self._temperature is None:
            return [None] * len(normalised)
        scaled = normalised / self._temperature
        return [float(value) for value in np.exp(scaled.max(axis=1) - logsumexp(scaled, axis=1))]

    def _replies(self, part: Part, answers: Sequence[Answer]) -> list[dict[str, Any]]:
        rows = []
        for request, answer in zip(part.requests, answers, strict=True):
            (reply,), (finished,) = answer.replies, answer.finished
            decision = read_reply(self._task, reply, tagged="<answer>" in reply, finished=finished).decision
            rows.append(
                {
                    "row": request.row,
                    "id": request.id,
                    "outcome": decision.outcome,
                    "label": decision.label,
                    "confidence": _rounded(decision.confidence),
                    "reply": reply,
                    "model": self._model,
                }
            )
        return rows


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)
