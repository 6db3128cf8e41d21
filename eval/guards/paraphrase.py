"""The same prompt in other words: labels in another order, synonyms, news in another order. The answer should stay."""

import re
from functools import cache

import polars as pl

from data_pipeline.curation.deduplication.wording import SYNONYMS
from eval.guards.case import Ask, Case, Subject
from eval.guards.fence import inside, with_inside, with_messages
from eval.guards.result import GuardResult, not_applicable

KINDS = ("label_order", "synonyms", "news_order")
TITLES = {"label_order": "labels named in reverse", "synonyms": "synonyms in the text", "news_order": "news in reverse"}
_WORD = re.compile(r"(?<![\w'])[a-z]+(?![\w'])")


@cache
def synonym_table() -> dict[str, str]:
    """Word to the next one of its row in curation's table that ends alike, so that tense and number stay."""
    table: dict[str, str] = {}
    for row in SYNONYMS:
        for ending in ("ed", "s"):
            alike = [word for word in row.split() if word.endswith(ending)]
            if len(alike) > 1:
                table |= dict(zip(alike, [*alike[1:], alike[0]], strict=True))
    return table


def with_synonyms(text: str) -> str:
    """The text with every word of the table replaced; words with capitals, which may be names, stay."""
    table = synonym_table()
    return _WORD.sub(lambda match: table.get(match[0], match[0]), text)


def paraphrased(messages: list[dict[str, str]], kind: str, labels: tuple[str, ...]) -> list[dict[str, str]]:
    """The prompt in other words; the same prompt where that way changes nothing of it."""
    if kind == "label_order":
        named, reverse = ", ".join(labels), ", ".join(reversed(labels))
        return [{**turn, "content": turn["content"].replace(named, reverse)} for turn in messages]
    text = inside(messages)
    if text is None:
        return messages
    if kind == "synonyms":
        return with_inside(messages, with_synonyms(text))
    return with_inside(messages, "\n".join(reversed(text.split("\n"))))


def variants(case: Case) -> dict[str, pl.DataFrame]:
    """The changed prompts of each kind that changes any."""
    found = {}
    for kind in KINDS:
        before = case.samples["messages"].to_list()
        after = [paraphrased(messages, kind, case.task.labels) for messages in before]
        changed = pl.Series([one != other for one, other in zip(before, after, strict=True)], dtype=pl.Boolean)
        rows = with_messages(case.samples, after).filter(changed)
        if rows.height:
            found[f"paraphrase:{kind}"] = case.drawn(rows)
    return found


def run(case: Case, subjects: list[Subject], ask: Ask) -> list[GuardResult]:
    """Ask every checkpoint in other words."""
    asked = variants(case)
    if not asked:
        return [
            not_applicable("paraphrase", "No prompt can be put in other words.", subject.name) for subject in subjects
        ]
    answers = ask(asked)
    return [
        _judge(case, subject, {name.partition(":")[2]: answers[subject.name, name] for name in asked})
        for subject in subjects
    ]


def _judge(case: Case, subject: Subject, asked: dict[str, pl.DataFrame]) -> GuardResult:
    figures: dict[str, float | int | str | None] = {}
    parts, least = [], 1.0
    for kind, again in asked.items():
        before = subject.predictions.join(again.select("sample_id"), on="sample_id", how="semi").sort("sample_id")
        same = float(before["label"].eq_missing(again.sort("sample_id")["label"]).mean() or 0.0)  # type: ignore[arg-type]
        figures |= {f"same_{kind}": same, f"samples_{kind}": again.height}
        parts.append(f"{TITLES[kind]}: {100 * same:.0f}% of {again.height:,} answers stay")
        least = min(least, same)
    steady = least >= case.guards.consistent_share
    said = f"With {'; with '.join(parts)}. " + (
        "" if steady else f"Fewer than {100 * case.guards.consistent_share:.0f}%: wording decides. "
    )
    return GuardResult(
        guard="paraphrase",
        checkpoint=subject.name,
        verdict="pass" if steady else "flag",
        said=said.strip(),
        figures=figures,
    )
