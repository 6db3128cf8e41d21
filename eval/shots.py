"""Shots: solved training samples that stand before every prompt, the same for all, as earlier turns of the conversation.

They come from the train split alone, class by class in turn, and only those whose outcome was known before the first decision
that is scored.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from data_pipeline.dataset import read_info, read_split
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_text, sha256_value
from tickertune.core.progress import console
from tickertune.core.prompting import ChatTurns, chat
from tickertune.core.recipe import ShotsConfig
from tickertune.core.tasks.fencing import fenced

Turns = list[dict[str, str]]
_TIME = TypeAdapter(AwareDatetime)
_OWN_TAGS = re.compile(r"</?(?:think|answer)>")
"""Markup that a task's answer may have."""


@dataclass(frozen=True)
class Shots:
    """Examples, in the order in which they are shown."""

    sample_ids: list[str]
    labels: list[str]
    """Of each; none where answers are open, since they quote the text."""
    system: Turns
    """The turns that open every example's prompt, and are shown once, by the prompt that they stand before."""
    turns: Turns
    """Everything else of the examples: question, answer, question, answer."""
    questions: frozenset[str]
    """What the examples ask, as ``question_of`` has it."""
    doc_ids: frozenset[str]
    """Documents whose texts are shown."""
    known_at: datetime | None
    """When the last outcome among them was known; None where samples have no times."""
    seed: int
    left_out: dict[str, int]
    """Training samples that may not be shown, by reason."""
    without_example: list[str]
    """Labels of which there is none to show."""

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what is shown."""
        return sha256_value([self.system, self.turns])

    def fits(self, messages: Sequence[Mapping[str, str]]) -> bool:
        """Whether a prompt opens with the system turns of the examples."""
        return _opening(messages) == self.system

    def unsuited(self, messages: ChatTurns, as_of: Any) -> str | None:
        """Why a prompt of unknown origin may not show the examples; None where it may.

        Args:
            messages: The prompt.
            as_of: When it is decided, a time or its ISO text with a zone; None: not known, and so later than the examples.
        """
        if not self.fits(chat(messages)):
            return "its system message is not the one of the shots"
        if question_of(chat(messages)) in self.questions:
            return "it is one of the shots, which state its answer"
        if as_of is None or self.known_at is None:
            return None
        try:
            decided = _TIME.validate_python(as_of)
        except ValidationError:
            return f"as_of is no time with a zone: {str(as_of)[:40]}"
        if decided > self.known_at:
            return None
        return f"decided at {decided.isoformat()}, when the shots' outcomes, known at {self.known_at.isoformat()}, were not known"

    def before(self, messages: Sequence[Mapping[str, str]]) -> Turns:
        """The prompt with the examples between its own system turns and its question."""
        opening = _opening(messages)
        return [*opening, *self.turns, *map(dict, messages[len(opening) :])]

    def asked(self, samples: pl.DataFrame) -> pl.DataFrame:
        """``Sample`` rows whose prompts have the examples before them."""
        messages = [self.before(turns) for turns in samples["messages"].to_list()]
        return samples.with_columns(messages=pl.Series(messages, dtype=samples.schema["messages"]))

    def with_prompts(self, prompts: str) -> str:
        """Hash of prompts with the examples before them, from the hash of the prompts alone."""
        return sha256_text(f"{prompts}:{self.hash}")

    @property
    def facts(self) -> dict[str, Any]:
        """What is stored with a result."""
        return {
            "count": len(self.sample_ids), "seed": self.seed, "hash": self.hash, "sample_ids": self.sample_ids,
            "labels": dict(Counter(self.labels)), "without_example": self.without_example, "left_out": self.left_out,
            "known_at": None if self.known_at is None else self.known_at.isoformat(),
        }  # fmt: skip


def shots_of(data: Path, config: ShotsConfig, scored: pl.DataFrame | None, task: str | None = None) -> Shots:
    """Draw the examples from a data set's train split, and say which.

    Args:
        data: Data stage or data set folder.
        config: How many, and by which seed.
        scored: ``Sample`` rows that they will stand before; None: not known yet, as where a file is scored.
        task: What will be asked, where that is not the data set's own.

    Raises:
        TickerTuneError: The data set is of another task, fewer can be shown than are asked for, or system turns differ.
    """
    info = read_info(data)
    if task is not None and task != info.task:
        raise TickerTuneError(
            f"Shots are to come from {data}, which is of task {info.task}, and task {task} is asked",
            f"Name a data set of task {task}",
        )
    shots = draw(read_split(data, "train"), info.task, info.labels, config, scored)
    if scored is not None:
        _check_prompts(shots, scored)
    counts = ", ".join(f"{label} {count}" for label, count in Counter(shots.labels).items())
    console.print(
        f"{len(shots.sample_ids)} shots of the train split before each prompt{f': {counts}' if counts else ''}"
    )
    if shots.without_example:
        console.print(
            f"[bold red]WARNING: no training sample that may be shown has the label(s) {', '.join(shots.without_example)}"
        )
    return shots


def draw(
    train: pl.DataFrame, task: str, labels: Sequence[str], config: ShotsConfig, scored: pl.DataFrame | None
) -> Shots:
    """Choose the examples: each class's samples by the hash of seed and id, one of each class in turn.

    Args:
        train: ``Sample`` rows of the train split.
        task: Name of the task that is scored; samples of others, as a mixture has them, are no examples.
        labels: Its label space; empty where answers are open.
        config: How many, and by which seed.
        scored: As in ``shots_of``.

    Raises:
        TickerTuneError: Fewer can be shown than are asked for, or their system turns differ.
    """
    if train.is_empty():
        raise TickerTuneError(
            "The data set has no train split to take shots from", "Leave shots out, or build it with one"
        )
    usable, left_out = _usable(train, task, labels, scored)
    if usable.height < config.count:
        told = "".join(f"; {count:,} {reason}" for reason, count in left_out.items())
        remedy = f"Lower shots to {usable.height}" if usable.height else "Leave shots out, or score a later split"
        raise TickerTuneError(
            f"{config.count} shots are asked for, and {usable.height:,} of {train.height:,} training samples may be shown{told}",
            remedy,
        )
    order = [sha256_text(f"{config.seed}:{sample}") for sample in usable["sample_id"]]
    rows = usable.with_columns(order=pl.Series(order)).sort("order").to_dicts()
    classes: dict[str, list[dict[str, Any]]] = {
        label: [] for label in sorted(labels or [""], key=lambda label: sha256_text(f"{config.seed}:{label}"))
    }
    for row in rows:
        classes[row["label"] if labels else ""].append(row)
    chosen = list(islice(_in_turn(list(classes.values())), config.count))
    system = _opening(chosen[0]["messages"])
    if others := sum(_opening(row["messages"]) != system for row in chosen):
        raise TickerTuneError(
            f"{others} of {config.count} shots have other system turns than the first, and one conversation has one",
            "Use a prompt template whose system message is the same for all samples",
        )
    known = [row["known_at"] for row in chosen if row["known_at"] is not None]
    return Shots(
        sample_ids=[row["sample_id"] for row in chosen],
        labels=[row["label"] for row in chosen] if labels else [],
        system=system,
        turns=[turn for row in chosen for turn in _example(row, len(system))],
        questions=frozenset(row["question"] for row in chosen),
        doc_ids=frozenset(document for row in chosen for document in row["doc_ids"]),
        known_at=max(known, default=None),
        seed=config.seed,
        left_out=left_out,
        without_example=[label for label in labels if not classes[label]],
    )


def _usable(
    train: pl.DataFrame, task: str, labels: Sequence[str], scored: pl.DataFrame | None
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Samples that may be shown, each text once, with ``known_at``; and how many may not, by reason."""
    first = None if scored is None else scored["as_of"].min()
    texts = set() if scored is None else set(map(question_of, scored["messages"].to_list()))
    rows = train.with_columns(
        question=pl.Series(list(map(question_of, train["messages"].to_list())), dtype=pl.String),
        known_at=pl.max_horizontal("as_of", "exit"),
    ).sort("sample_id")
    unknown = pl.lit(False) if first is None else pl.col("known_at") >= pl.lit(first)
    reasons: dict[str, pl.Expr | pl.Series] = {
        "of another task": pl.col("task") != task,
        "with a label outside the label space": ~pl.col("label").is_in(list(labels)) if labels else pl.lit(False),
        "without the time of their outcome": pl.lit(first is not None) & pl.col("exit").is_null(),
        "with an outcome that the first scored decision could not know": unknown,
        "with the text of a scored sample": pl.col("question").is_in(list(texts)),
        "with markup in their answer": pl.Series([_marked(answer) for answer in rows["answer"]], dtype=pl.Boolean),
    }
    rows = rows.with_columns(reason=pl.coalesce(*[pl.when(is_so).then(pl.lit(why)) for why, is_so in reasons.items()]))
    usable = rows.filter(pl.col("reason").is_null())
    once = usable.filter(pl.col("question").is_first_distinct())
    left_out = {why: rows.filter(pl.col("reason") == why).height for why in reasons}
    left_out["with a text that stands there already"] = usable.height - once.height
    return once, {why: count for why, count in left_out.items() if count}


def _in_turn(classes: Sequence[Sequence[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The first of each class, then the second of each, until all are through."""
    for place in range(max(map(len, classes))):
        yield from (rows[place] for rows in classes if place < len(rows))


def _example(row: Mapping[str, Any], system: int) -> Turns:
    return [*row["messages"][system:], {"role": "assistant", "content": row["answer"]}]


def _opening(messages: Sequence[Mapping[str, str]]) -> Turns:
    """The system turns that a prompt opens with."""
    length = next((place for place, turn in enumerate(messages) if turn["role"] != "system"), len(messages))
    return [dict(turn) for turn in messages[:length]]


def question_of(messages: Sequence[Mapping[str, str]]) -> str:
    """What the user turns say, whatever the case and white space."""
    return " ".join(" ".join(turn["content"] for turn in messages if turn["role"] == "user").casefold().split())


def _marked(answer: str) -> bool:
    """Whether an answer holds what reads as markup, such as a chat template's control token."""
    lines = _OWN_TAGS.sub(" ", answer).splitlines()
    return any(fenced(line) != " ".join(line.split()) for line in lines)


def _check_prompts(shots: Shots, scored: pl.DataFrame) -> None:
    if others := sum(not shots.fits(messages) for messages in scored["messages"].to_list()):
        raise TickerTuneError(
            f"{others:,} of {scored.height:,} prompts have other system turns than the shots, and one conversation has one",
            "Use a prompt template whose system message is the same for all samples",
        )
