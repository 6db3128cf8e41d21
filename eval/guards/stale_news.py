"""Today's question with old news: who is still right knows the outcome from somewhere else."""

from bisect import bisect_right

import polars as pl

from eval.guards.case import Ask, Case, Subject, above_zero, difference, figures_of, scored, told
from eval.guards.fence import inside, with_inside, with_messages
from eval.guards.result import GuardResult, not_applicable

VARIANT = "stale_news"


def stale_prompts(samples: pl.DataFrame, sessions: int) -> pl.DataFrame:
    """Prompts whose news are the same stock's of at least ``sessions`` scored sessions earlier.

    Name, date and prices stay today's. Samples without earlier news, or with the same news, are left out.

    Args:
        samples: ``Sample`` rows with sessions.
        sessions: How much older the news are; at least 1.
    """
    days = {day: place for place, day in enumerate(sorted(set(samples["session"])))}
    shelves: dict[str, tuple[list[int], list[str]]] = {}
    for instrument, session, messages in samples.sort("session").select("instrument_id", "session", "messages").rows():
        text = inside(messages)
        if text is not None:
            at, news = shelves.setdefault(instrument, ([], []))
            at.append(days[session])
            news.append(text)
    kept, changed = [], []
    for instrument, session, messages in samples.select("instrument_id", "session", "messages").rows():
        text = inside(messages)
        at, news = shelves.get(instrument, ([], []))
        older = bisect_right(at, days[session] - sessions)
        usable = text is not None and older > 0 and news[older - 1] != text
        kept.append(usable)
        if usable:
            changed.append(with_inside(messages, news[older - 1]))
    return with_messages(samples.filter(pl.Series(kept, dtype=pl.Boolean)), changed)


def variants(case: Case) -> dict[str, pl.DataFrame]:
    """The prompts to ask again; none where nothing is fenced or has a day."""
    if not case.dated:
        return {}
    found = case.drawn(stale_prompts(case.samples, max(case.stale_sessions)))
    return {} if found.height < 2 or found["session"].n_unique() < 2 else {VARIANT: found}


def judge(case: Case, subject: Subject, again: pl.DataFrame | None) -> GuardResult:
    """Compare answers on old news with those on the day's own."""
    if again is None:
        why = "No sample has older news of its stock to put in its place, or the prompt fences none."
        return not_applicable("stale_news", why, subject.name)
    fresh = subject.predictions.join(again.select("sample_id"), on="sample_id", how="semi")
    now, then, gain = scored(fresh, case), scored(again, case), difference(fresh, again, case)
    figures = {**figures_of("mcc", now), **figures_of("mcc_stale_news", then), **figures_of("gain", gain)}
    older = max(case.stale_sessions)
    text = f"MCC {told(then)} with news at least {older} sessions old, {told(now)} with the day's own"
    if above_zero(then) and not above_zero(gain):
        said = f"{text}: right without the news, so it knows outcomes from elsewhere (the prices shown, memory of name and date, or a leak)."
        return GuardResult(guard="stale_news", checkpoint=subject.name, verdict="flag", said=said, figures=figures)
    if above_zero(then):
        said = f"{text}: part of the score does not come from the news (the prices shown, memory of name and date, or a leak)."
        return GuardResult(guard="stale_news", checkpoint=subject.name, verdict="flag", said=said, figures=figures)
    said = (
        f"{text}: without the day's news it knows nothing."
        if above_zero(gain)
        else f"{text}: no difference can be told."
    )
    verdict = "pass" if above_zero(gain) else "remark"
    return GuardResult(guard="stale_news", checkpoint=subject.name, verdict=verdict, said=said, figures=figures)


def run(case: Case, subjects: list[Subject], ask: Ask) -> list[GuardResult]:
    """Ask every checkpoint with old news."""
    asked = variants(case)
    answers = ask(asked) if asked else {}
    return [judge(case, subject, answers.get((subject.name, VARIANT))) for subject in subjects]
