"""The guards' findings as a short table in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.guards.result import GuardResult
from eval.report.examples import visible
from eval.report.layout import title_of

TITLES = {
    "first_prompt": "first prompt",
    "double_bos": "two start tokens",
    "unparsed": "unread answers",
    "as_of": "text as of the decision",
    "ceiling": "above what can be known",
    "cutoff": "before and after the model's cutoff",
    "near_duplicates": "near copies in training",
    "shuffled_outcomes": "shuffled outcomes",
    "stale_replay": "stale decisions",
    "stale_news": "stale news",
    "anonymised": "without names",
    "injection": "orders in the news",
    "paraphrase": "in other words",
}
WORDS = {"pass": "passes", "flag": "flagged", "remark": "noted", "not_applicable": "does not apply"}
TONES = {"pass": "good", "flag": "bad"}


@dataclass(frozen=True)
class GuardLine:
    """A row of the table."""

    title: str
    checkpoint: str
    verdict: str
    said: str
    tone: str


def guard_title(name: str) -> str:
    """What a guard is called."""
    return TITLES.get(name, name)


def guard_lines(results: Sequence[GuardResult]) -> list[GuardLine]:
    """The findings in their order; one that applies to nothing stands once, whatever the number of checkpoints."""
    lines: dict[tuple[str, str, str], GuardLine] = {}
    for result in results:
        nowhere = result.verdict == "not_applicable"
        checkpoint = "" if nowhere or result.checkpoint is None else title_of(result.checkpoint)
        line = GuardLine(
            guard_title(result.guard), checkpoint, WORDS[result.verdict], result.said, TONES.get(result.verdict, "")
        )
        lines.setdefault((line.title, checkpoint, line.said), line)
    return list(lines.values())


def first_prompt(results: Sequence[GuardResult]) -> str | None:
    """The first prompt as the model read it; None where it was not looked at, or may not be shown."""
    for result in results:
        if result.guard == "first_prompt" and isinstance(text := result.figures.get("text"), str):
            return visible(text)
    return None
