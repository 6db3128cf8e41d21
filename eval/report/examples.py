"""A few scored prompts with what each checkpoint decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import category

import polars as pl

from eval.report.collect import World
from eval.report.layout import MINUS, shown, title_of

MAX_CHARS = 4000


@dataclass(frozen=True)
class Example:
    """One sample: why it was chosen, its prompt (None where its licence withholds it) and the decisions."""

    reason: str
    sample_id: str
    prompt: str | None
    outcome: str
    decisions: list[tuple[str, str, str]]
    """Checkpoint, decision, confidence."""


def examples(world: World) -> list[Example]:
    """The last checkpoint's surest right decision, its surest wrong one and its least sure one."""
    names = [name for name in world.rows.checkpoints() if name in world.predictions]
    if not names or world.samples.is_empty():
        return []
    decided = (
        world.predictions[names[-1]]
        .filter(pl.col("label").is_not_null() & pl.col("confidence").is_not_null())
        .sort(["confidence", "sample_id"], descending=[True, False])
    )
    right, wrong = (decided.filter((pl.col("label") == pl.col("gold")) == truth) for truth in (True, False))
    picks = (("surest and right", right.head(1)), ("surest and wrong", wrong.head(1)), ("least sure", decided.tail(1)))
    chosen: dict[str, str] = {}
    for reason, rows in picks:
        for sample_id in rows["sample_id"]:
            chosen.setdefault(sample_id, f"{title_of(names[-1])}: {reason}")
    return [example_of(world, sample_id, reason, names) for sample_id, reason in chosen.items()]


def example_of(world: World, sample_id: str, reason: str, names: Sequence[str]) -> Example:
    """A sample with its prompt, its outcome and what the shown ones of the checkpoints decided."""
    sample = world.samples.filter(pl.col("sample_id") == sample_id).row(0, named=True)
    hidden = not world.withheld.isdisjoint(sample["doc_ids"])
    turns = "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in sample["messages"])
    prompt = visible(turns if len(turns) <= MAX_CHARS else turns[:MAX_CHARS] + " \N{HORIZONTAL ELLIPSIS}")
    returned = sample["ret_excess"]
    outcome = sample["label"]
    if returned is not None:
        outcome += f" ({100 * returned:+.2f}% against the market)".replace("-", MINUS)
    decisions = []
    for name in shown(names):
        for row in world.predictions[name].filter(pl.col("sample_id") == sample_id).iter_rows(named=True):
            sure = "" if row["confidence"] is None else f"{100 * row['confidence']:.0f}%"
            decisions.append((title_of(name), row["label"] or row["outcome"], sure))
    return Example(reason, sample_id, None if hidden else prompt, outcome, decisions)


_HARMLESS = "\n\t\u200c\u200d"
"""Among them the joiners that scripts and emoji are written with."""


def visible(text: str) -> str:
    """A text whose control and format characters, which could turn or hide words, are written out."""
    return "".join(
        f"\\u{ord(sign):04x}" if sign not in _HARMLESS and category(sign) in ("Cc", "Cf", "Cs", "Co") else sign
        for sign in text
    )
