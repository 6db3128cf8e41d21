"""Shuffled outcomes and stale decisions: what the same answers score where they cannot know anything."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.guards.case import Case, Subject, above_zero, difference, figures_of, scored, told
from eval.guards.result import GuardResult, not_applicable
from eval.metrics import mcc
from eval.statistics import block_length

LEVEL = 0.05


def shuffled_outcomes(case: Case, subject: Subject) -> GuardResult:
    """Score the answers against outcomes that are shuffled within each day (over all texts, where there are no days).

    Where outcomes of neighbouring days share sessions, stocks exchange their outcomes for a block of days at a time, so that
    the shuffled outcomes stay as much alike from day to day as the real ones; else answers that stay the same would look skilled.
    What is left on average is market timing, or a fault of the score; where the real score is no better than the
    shuffled ones, nothing of single stocks is shown.
    """
    frame = subject.predictions.sort("cluster", "sample_id")
    names = {label: place for place, label in enumerate(case.task.labels)}
    gold = frame["gold"].replace_strict(names, return_dtype=pl.Int64).to_numpy()
    none = len(names)
    chosen = frame["label"].replace_strict(names, default=none, return_dtype=pl.Int64).fill_null(none).to_numpy()
    groups = _ranks(frame["cluster"]) if case.dated else np.zeros(len(gold), dtype=np.int64)
    keys = _keys(frame, groups, case) if case.dated and case.horizon > 1 else None
    real = _mcc(gold, chosen, none)
    draws = shuffled_scores(gold, chosen, groups, none, case.guards.permutations, case.guards.seed, keys)
    p = float((1 + np.count_nonzero(draws >= real)) / (1 + draws.size))
    mean = float(draws.mean())
    figures: dict[str, float | int | str | None] = {"mcc": real, "mcc_shuffled": mean, "p": p, "shuffles": draws.size}
    where = "within each day" if case.dated else "over all texts"
    if p < LEVEL:
        said = f"MCC {real:.3f}, and {mean:.3f} on average with outcomes shuffled {where} (p = {p:.3f})."
        return GuardResult(
            guard="shuffled_outcomes", checkpoint=subject.name, verdict="pass", said=said, figures=figures
        )
    said = (
        f"MCC {real:.3f} is no better than with outcomes shuffled {where} ({mean:.3f} on average, p = {p:.3f}): the answers "
        f"tell nothing about single {'stocks of a day' if case.dated else 'texts'}."
    )
    verdict = "flag" if above_zero(scored(subject.predictions, case)) else "remark"
    return GuardResult(guard="shuffled_outcomes", checkpoint=subject.name, verdict=verdict, said=said, figures=figures)


def shuffled_scores(
    gold: NDArray[np.int64],
    chosen: NDArray[np.int64],
    groups: NDArray[np.int64],
    classes: int,
    draws: int,
    seed: int,
    keys: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """MCC of the answers against outcomes shuffled within groups, once a draw.

    Args:
        gold: Outcomes [n], in the order of groups.
        chosen: Answers [n]; ``classes`` is no label.
        groups: Group of each sample, ascending.
        classes: Number of labels.
        draws: Shuffles.
        seed: Same seed, same shuffles.
        keys: Samples with the same key [n] change places in the same way, in every group; none: each group by itself.
    """
    generator = np.random.default_rng(seed)
    tables = np.empty((draws, classes, classes + 1))
    for draw in range(draws):
        if keys is None:
            order = np.lexsort((generator.random(len(gold)), groups))
            tables[draw] = _table(gold[order], chosen, classes)
            continue
        source, place = (np.lexsort((generator.random(keys.max() + 1)[keys], groups)) for _ in range(2))
        tables[draw] = _table(gold[source], chosen[place], classes)
    return np.asarray(mcc(tables))


def _ranks(column: pl.Series) -> NDArray[np.int64]:
    return column.rank("dense").to_numpy().astype(np.int64)


def _keys(frame: pl.DataFrame, groups: NDArray[np.int64], case: Case) -> NDArray[np.int64]:
    """A number for each stock in each block of days."""
    stocks = _ranks(frame["instrument_id"])
    blocks = groups // block_length(case.config.block_sessions, case.horizon)
    return np.unique(blocks * (stocks.max() + 1) + stocks, return_inverse=True)[1].astype(np.int64)


def _mcc(gold: NDArray[np.int64], chosen: NDArray[np.int64], classes: int) -> float:
    return float(mcc(_table(gold, chosen, classes)))


def _table(gold: NDArray[np.int64], chosen: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    flat = np.bincount(gold * (classes + 1) + chosen, minlength=classes * (classes + 1))
    return flat.reshape(classes, classes + 1).astype(np.float64)


def stale_decisions(predictions: pl.DataFrame, sessions: int) -> pl.DataFrame:
    """Each stock's decision of ``sessions`` scored sessions earlier, replayed against today's outcome.

    Sessions are those of the scored split, in order. Where a stock has no decision of just that session, its last one before it
    is taken; samples without an earlier one are left out.

    Args:
        predictions: ``Prediction`` rows with sessions.
        sessions: How much later decisions are acted on; at least 1.
    """
    days = predictions.select(pl.col("session").unique().sort()).with_row_index("day").cast({"day": pl.Int64})
    dated = predictions.join(days, on="session", maintain_order="left")
    stated = ["outcome", "label", "confidence", "logprobs", "position"]
    earlier = dated.select("instrument_id", "day", *stated).sort("day")
    wanted = dated.drop(stated).with_columns(until=pl.col("day") - sessions).sort("until")
    joined = wanted.join_asof(
        earlier.rename({"day": "decided"}), left_on="until", right_on="decided", by="instrument_id", strategy="backward",
        check_sortedness=False,
    )  # fmt: skip
    return joined.filter(pl.col("outcome").is_not_null()).select(predictions.columns).sort("cluster", "sample_id")


def stale_replay(case: Case, subject: Subject) -> list[GuardResult]:
    """Act on decisions some sessions late, the horizon at least: a model that does as well with them is called random."""
    if not case.dated:
        return [not_applicable("stale_replay", "The texts have no days, so no decision is stale.", subject.name)]
    return [_replay(case, subject, sessions) for sessions in case.stale_sessions]


def _replay(case: Case, subject: Subject, sessions: int) -> GuardResult:
    stale = stale_decisions(subject.predictions, sessions)
    if stale.height < 2 or stale["cluster"].n_unique() < 2:
        return not_applicable("stale_replay", f"No stock has decisions {sessions} session(s) apart.", subject.name)
    fresh = subject.predictions.join(stale.select("sample_id"), on="sample_id", how="semi")
    now, then, gain = scored(fresh, case), scored(stale, case), difference(fresh, stale, case)
    figures = {
        "sessions": sessions,
        **figures_of("mcc", now),
        **figures_of("mcc_stale", then),
        **figures_of("gain", gain),
    }
    late = f"{sessions} session{'s' if sessions > 1 else ''} late"
    told_all = f"MCC {told(now)} at once, {told(then)} {late} ({stale.height:,} samples; difference {told(gain)})"
    if above_zero(gain):
        said, verdict = f"{told_all}: the answers belong to their day.", "pass"
    elif above_zero(now):
        said, verdict = f"{told_all}: as good with stale answers, so the score is not earned by the day's news.", "flag"
    else:
        said, verdict = f"{told_all}: no better than stale answers, so the model is called random.", "remark"
    return GuardResult(guard="stale_replay", checkpoint=subject.name, verdict=verdict, said=said, figures=figures)
