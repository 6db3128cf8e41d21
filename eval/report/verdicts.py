"""What is claimed of each trained checkpoint, in words: paired intervals, corrected for how many are looked at.

The family over which Holm's step-down method corrects is all that a world's verdicts state: every trained checkpoint
against the base model, each baseline, and the trained checkpoint before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from eval.metrics import MetricRow
from eval.report.layout import Rows, Word, group_of, metric_title, title_of, verdict, with_interval
from eval.statistics import holm, p_of_interval

LEVEL = 0.05
REFERENCES = ("base", "tfidf")
"""What a checkpoint has to beat: the model that it was made of, and the cheapest reader of the same texts."""
WORDS: tuple[Word, ...] = get_args(Word)


@dataclass(frozen=True)
class Comparison:
    """A trained checkpoint minus something else, on the same samples."""

    against: str
    row: MetricRow
    p: float | None
    """Two-sided, of this comparison alone; None where there are too few days for an interval."""
    holm: float | None
    """The same after Holm's correction over all comparisons of the world."""
    trained: bool
    """Whether it is against another trained checkpoint."""

    @property
    def word(self) -> Word:
        """Only what holds alone and after the correction is called better or worse."""
        alone = verdict(self.row)
        if alone not in ("better", "worse"):
            return alone
        return alone if self.holm is not None and self.holm < LEVEL else "not distinguishable"

    @property
    def fell(self) -> bool:
        """Whether the interval alone would have said more."""
        return self.word != verdict(self.row)


@dataclass(frozen=True)
class Verdict:
    """All comparisons of one trained checkpoint."""

    checkpoint: str
    comparisons: list[Comparison]
    tests: int
    """Comparisons of the world, over which p-values are corrected."""

    def against(self, name: str) -> Comparison | None:
        """The comparison with ``name``, by the metric that decides."""
        return next((one for one in self.comparisons if one.against == name), None)

    @property
    def words(self) -> str:
        """``better than the base model; not distinguishable from TF-IDF + logistic``."""
        parts = []
        for word in WORDS:
            names = [_titled(one.against) for one in self.comparisons if one.word == word]
            if names:
                parts.append(_PHRASES[word].format(_joined(names)))
        return "; ".join(parts)

    @property
    def tone(self) -> str:
        """``good``: better than all references. ``bad``: worse than anything."""
        if any(one.word == "worse" for one in self.comparisons if not one.trained):
            return "bad"
        beaten = [one.word == "better" for name in REFERENCES if (one := self.against(name)) is not None]
        return "good" if beaten and all(beaten) else "plain"


_PHRASES: dict[Word, str] = {
    "better": "better than {}",
    "worse": "worse than {}",
    "not distinguishable": "not distinguishable from {}",
    "too few days": "too few days to compare with {}",
}


def verdicts(rows: Rows, headline: str, against_trained: str, block: int) -> list[Verdict]:
    """Judge every trained checkpoint.

    Args:
        rows: Metric rows of a world, paired differences among them.
        headline: The metric that decides.
        against_trained: The metric that decides between two trained checkpoints.
        block: Days that are drawn together: so many fewer are independent.

    Returns:
        A verdict for each trained checkpoint that is compared with anything, in the order of training.
    """
    found = list(_compared(rows, headline, against_trained))
    alone = {
        place: p_of_interval(row.value, row.low, row.high, row.days / block)
        for place, (_, _, row) in enumerate(found)
        if row.low is not None and row.high is not None
    }
    corrected = holm({str(place): p for place, p in alone.items()})
    judged: dict[str, list[Comparison]] = {}
    for place, (name, against, row) in enumerate(found):
        trained = group_of(against) == "Checkpoints" and _is_trained(against)
        one = Comparison(against, row, alone.get(place), corrected.get(str(place)), trained)
        judged.setdefault(name, []).append(one)
    return [Verdict(name, comparisons, len(alone)) for name, comparisons in judged.items()]


def _compared(rows: Rows, headline: str, against_trained: str) -> Iterator[tuple[str, str, MetricRow]]:
    checkpoints = rows.checkpoints()
    others = [name for name in rows.single() if group_of(name) == "Baselines"]
    for name in checkpoints:
        if not _is_trained(name):
            continue
        before = _before(name, checkpoints)
        base = ["base"] if "base" in checkpoints else []
        for against in dict.fromkeys([*base, *before, *others]):
            metric = against_trained if against in before else headline
            row = rows.get(f"{name} minus {against}", metric)
            if row is not None:
                yield name, against, row


def _is_trained(name: str) -> bool:
    return name.partition("@")[0] != "base"


def _before(name: str, checkpoints: Sequence[str]) -> list[str]:
    """The trained checkpoint before one; of votes, the same checkpoint's single reply."""
    single, voted, _ = name.partition("@")
    if voted:
        return [single] if single in checkpoints else []
    earlier = [other for other in checkpoints[: checkpoints.index(name)] if _is_trained(other) and "@" not in other]
    return earlier[-1:]


def in_numbers(comparison: Comparison) -> str:
    """``MCC +0.130 [+0.050, +0.210], p 0.004`` with the corrected p-value."""
    row = comparison.row
    text = f"{metric_title(row.metric)} {with_interval(row, signed=True)}"
    return text if comparison.holm is None else f"{text}, p {p_text(comparison.holm)}"


def p_text(p: float) -> str:
    """A p-value for readers."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def summary(found: Sequence[Verdict]) -> str:
    """How many of many checkpoints are better or worse than each reference."""
    parts = []
    for name in REFERENCES:
        words = [one.word for verdict in found if (one := verdict.against(name)) is not None]
        if words:
            told = [f"{words.count(word)} {word}" for word in WORDS if word in words]
            parts.append(f"against {_titled(name)} {', '.join(told)}")
    return f"{len(found)} trained checkpoints{': ' if parts else ''}{'; '.join(parts)}."


def grouped(found: Sequence[Verdict]) -> list[tuple[list[str], Verdict]]:
    """Checkpoints of which the same is said, in the order of their first."""
    groups: dict[str, tuple[list[str], Verdict]] = {}
    for one in found:
        groups.setdefault(f"{one.tone} {general(one)}", ([], one))[0].append(one.checkpoint)
    return list(groups.values())


def general(found: Verdict) -> str:
    """The words of a verdict without the checkpoint before, which is another one for each."""
    return Verdict(found.checkpoint, [one for one in found.comparisons if not one.trained], found.tests).words


def _titled(name: str) -> str:
    return "the base model" if name == "base" else title_of(name)


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
