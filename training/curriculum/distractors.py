"""Distractors: news of other companies among a prompt's own, more of it from stage to stage, for a policy to learn to pass over."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from data_pipeline.dataset import DatasetInfo
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_value
from tickertune.core.prompting import chat
from tickertune.core.recipe.curriculum import DistractorsConfig
from tickertune.core.tasks import SectorTask, TickerTask, get_task

OPEN, CLOSE = "<news>", "</news>"
"""Lines that fence the news of a movement prompt; each line between them is one document, made harmless when it was written."""
WEEK = 7 * 24 * 60
"""Minutes."""
_STAMP = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?: (\d\d):(\d\d))? (.*)")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Turns = list[dict[str, str]]


@dataclass(frozen=True)
class Item:
    """A line of news as a prompt of the train split shows it."""

    as_of: datetime
    """Decision time of that prompt, aware UTC: the document was known by then."""
    instrument_id: str
    line: str


def news_of(messages: Sequence[dict[str, str]]) -> tuple[int, list[str], list[str], list[str]]:
    """Return which message holds the news, and its lines up to the opening of the fence, within it, and from its end on.

    Raises:
        TickerTuneError: The user's messages do not hold just one fence.
    """
    lines = [(at, turn["content"].split("\n")) for at, turn in enumerate(messages) if turn["role"] == "user"]
    opened = [(at, rows.index(OPEN)) for at, rows in lines for row in rows if row == OPEN]
    closed = [(at, rows.index(CLOSE)) for at, rows in lines for row in rows if row == CLOSE]
    if len(opened) != 1 or len(closed) != 1 or opened[0][0] != closed[0][0] or closed[0][1] < opened[0][1]:
        raise TickerTuneError(
            f"curriculum.distractors needs prompts with one line {OPEN} and one line {CLOSE} after it, and one has "
            f"{len(opened)} and {len(closed)}",
            "Use a template that fences its news in these lines, or remove the block",
        )
    (place, start), (_, end) = opened[0], closed[0]
    rows = dict(lines)[place]
    return place, rows[: start + 1], rows[start + 1 : end], rows[end:]


def text_of(line: str) -> str:
    """Return a line of news without its day and time."""
    found = _STAMP.fullmatch(line)
    return found[4] if found else line


class Distractors:
    """Puts lines of other instruments' training prompts into training prompts.

    Args:
        samples: ``Sample`` rows; those of the train split lend their news.
        config: The recipe's block.
        info: Of the data set.
        seed: Determines which lines each prompt gets in each stage.

    Raises:
        TickerTuneError: A prompt has no fence, decisions have no time, or names are hidden, so that another company's news could pass
            for the sample's own.
    """

    def __init__(self, samples: pl.DataFrame, config: DistractorsConfig, info: DatasetInfo, seed: int) -> None:
        hidden = "anonymise" in info.prompt or isinstance(get_task(info.task), TickerTask | SectorTask)
        if hidden:
            raise TickerTuneError(
                "curriculum.distractors cannot be told from a company's own news where names are hidden: 'Company A' of another "
                "prompt is another company",
                "Remove the block, or build the data set without prompt.anonymise, for a task that names the company",
            )
        rows = samples.filter(pl.col("split") == "train")
        if info.zone is None or rows["as_of"].null_count() or rows["instrument_id"].null_count():
            raise TickerTuneError(
                f"curriculum.distractors needs decisions on a market, and task {info.task} has none",
                "Remove the block, or train on a movement data set",
            )
        self._config, self._zone, self._seed = config, ZoneInfo(info.zone), seed
        self._owners: dict[str, set[str]] = {}
        items = []
        for sample in rows.select("as_of", "instrument_id", "messages").iter_rows(named=True):
            for line in news_of(sample["messages"])[2]:
                items.append(Item(sample["as_of"], sample["instrument_id"], line))
                self._owners.setdefault(text_of(line), set()).add(sample["instrument_id"])
        self._items = sorted(items, key=lambda item: (item.as_of, item.instrument_id, item.line))
        self._times = [item.as_of for item in self._items]
        self.counts: Counter[str] = Counter(inserted=0, none_known=0, no_room=0)
        """Lines put in, lines that were not to be had, and lines that were left out for the length of the prompt."""

    def candidates(self, sample: dict[str, Any]) -> list[str]:
        """Return the lines that a sample's prompt may get: of others, known by its decision, and not about its company."""
        low = bisect_right(self._times, sample["as_of"] - timedelta(days=self._config.days))
        high = bisect_right(self._times, sample["as_of"])
        named = re.compile(rf"(?<!\w){re.escape(sample['symbol'] or sample['instrument_id'])}(?!\w)")
        found: dict[str, str] = {}
        for item in self._items[low:high]:
            text = text_of(item.line)
            if sample["instrument_id"] not in self._owners[text] and not named.search(text):
                found.setdefault(text, item.line)
        return list(found.values())

    def prompt(self, sample: dict[str, Any], stage: int, fits: Callable[[Turns], bool]) -> tuple[Turns, int, int]:
        """Return a sample's prompt as ``stage`` shows it, how many lines were put in, and how many were to be had.

        Args:
            sample: A ``Sample`` row.
            stage: Place in the recipe's stages.
            fits: Whether a prompt is short enough; lines are left out, the last drawn first, until it is.
        """
        wanted = self._config.stages[stage].items
        known = self.candidates(sample) if wanted else []
        key = int(sha256_value([sample["sample_id"]])[:16], 16)
        generator = np.random.default_rng([self._seed, stage, key])
        drawn = [known[place] for place in generator.permutation(len(known))[:wanted]]
        place, before, own, after = news_of(sample["messages"])
        for count in range(len(drawn), -1, -1):
            lines = self._among(own, drawn[:count], sample["as_of"], generator)
            turns = chat(sample["messages"])
            turns[place]["content"] = "\n".join([*before, *lines, *after])
            if not count or fits(turns):
                return turns, count, len(drawn)
        raise AssertionError("a prompt without distractors is always taken")

    def lay(
        self,
        samples: pl.DataFrame,
        order: Sequence[int],
        per_step: int,
        num_iterations: int,
        fits: Callable[[Turns], bool],
    ) -> list[Turns]:
        """Return the prompts of all steps, one after the other, and count what was put in and left out.

        Args:
            samples: ``Sample`` rows that are trained on.
            order: Rows of all steps.
            per_step: Rows of a step.
            num_iterations: Steps that read the same rows.
            fits: As in ``prompt``.
        """
        ends = np.cumsum([stage.steps for stage in self._config.stages])
        made: dict[tuple[int, int], tuple[Turns, int, int]] = {}
        laid = []
        for number, row in enumerate(order):
            step = number // per_step * num_iterations
            stage = int(np.searchsorted(ends, step, side="right"))
            if (row, stage) not in made:
                made[row, stage] = self.prompt(samples.row(row, named=True), stage, fits)
            turns, count, drawn = made[row, stage]
            self.counts["inserted"] += count
            self.counts["none_known"] += self._config.stages[stage].items - drawn
            self.counts["no_room"] += drawn - count
            laid.append(turns)
        return laid

    def _among(
        self, own: Sequence[str], drawn: Sequence[str], as_of: datetime, generator: np.random.Generator
    ) -> list[str]:
        """Own lines in their order, and each drawn one where its day and time puts it; without times, at a drawn place."""
        lines = list(own)
        for line in drawn:
            ages = [self._age(other, as_of) for other in [line, *lines]]
            known = [age for age in ages if age is not None]
            if len(known) == len(ages):
                place = next((at for at, age in enumerate(known[1:]) if age < known[0]), len(lines))
            else:
                place = int(generator.integers(len(lines) + 1))
            lines.insert(place, line)
        return lines

    def _age(self, line: str, as_of: datetime) -> int | None:
        """Minutes from a line's day and time to the decision, less than a week; None where it has none."""
        found = _STAMP.fullmatch(line)
        if found is None:
            return None
        local = as_of.astimezone(self._zone)
        stamp = _DAYS.index(found[1]) * 24 * 60 + int(found[2] or 0) * 60 + int(found[3] or 0)
        return (local.weekday() * 24 * 60 + local.hour * 60 + local.minute - stamp) % WEEK
