"""The same prompts without names: who needs them may remember companies instead of reading news."""

import polars as pl

from data_pipeline.samples.anonymise import Anonymiser
from eval.guards.case import Ask, Case, Subject, above_zero, difference, figures_of, told
from eval.guards.fence import rewritten
from eval.guards.result import GuardResult, not_applicable
from tickertune.core.market import Instrument
from tickertune.core.table import read_table

VARIANT = "anonymised"


def anonymised_prompts(samples: pl.DataFrame, instruments: pl.DataFrame) -> pl.DataFrame:
    """Prompts in which every company's names and symbols, as known on the sample's session, are replaced by letters.

    The prompt is rewritten as it stands: a name that ``max_document_chars`` cut in two may leave a piece.

    Args:
        samples: ``Sample`` rows of stocks.
        instruments: Schema ``Instrument``.
    """
    anonymiser = Anonymiser(instruments, {})
    masks = [anonymiser.mask(instrument, day) for instrument, day in samples.select("instrument_id", "session").rows()]
    turn = iter(masks)

    def change(messages: list[dict[str, str]]) -> list[dict[str, str]]:
        mask = next(turn)
        last = messages[-1]
        content = "\n".join(mask.text(line) for line in last["content"].split("\n"))
        return [*messages[:-1], {**last, "content": content}]

    return rewritten(samples, change)


def run(case: Case, subjects: list[Subject], ask: Ask) -> list[GuardResult]:
    """Ask every checkpoint without names."""
    table = case.folder / "instruments.parquet"
    if not case.dated or not table.is_file():
        why = "The data folder lists no companies whose names could be hidden."
        return [not_applicable("anonymised", why, subject.name) for subject in subjects]
    if "anonymise" in case.info.prompt:
        why = "The prompts are anonymous already."
        return [not_applicable("anonymised", why, subject.name) for subject in subjects]
    hidden = anonymised_prompts(case.drawn(case.samples), read_table(table, Instrument))
    answers = ask({VARIANT: hidden})
    return [_judge(case, subject, answers[subject.name, VARIANT]) for subject in subjects]


def _judge(case: Case, subject: Subject, again: pl.DataFrame) -> GuardResult:
    named = subject.predictions.join(again.select("sample_id"), on="sample_id", how="semi").sort("sample_id")
    other = again.sort("sample_id")
    flipped = float((named["label"].eq_missing(other["label"]).not_()).mean() or 0.0)  # type: ignore[arg-type]
    gain = difference(named, other, case)
    figures = {"flipped": flipped, **figures_of("gain", gain)}
    text = f"{100 * flipped:.0f}% of {other.height:,} answers change without names; MCC with names minus without {told(gain)}"
    if above_zero(gain):
        said = (
            f"{text}: it does better where it knows whom the news is about, as a model that remembers companies does."
        )
        return GuardResult(guard="anonymised", checkpoint=subject.name, verdict="flag", said=said, figures=figures)
    verdict = "remark" if gain.low is None else "pass"
    said = f"{text}{': too few days for an interval' if gain.low is None else ''}."
    return GuardResult(guard="anonymised", checkpoint=subject.name, verdict=verdict, said=said, figures=figures)
