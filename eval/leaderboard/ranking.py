"""Order within groups of like: by the value, with the interval, and what is distinguishable from the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from eval.leaderboard.entries import Entry, Found, Like, Unread
from eval.metrics import MetricRow
from eval.prediction import Prediction
from eval.report.layout import group_of, metric_title
from eval.report.verdicts import Comparison
from eval.slices import MEASURES, Sampling, answers_of, score_part
from eval.statistics import block_length, holm, p_of_interval
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.table import read_table

LESS_IS_BETTER = ("ece", "brier", "unparsed_share", "turnover", "volatility")
FREE_OF_TRADING = (*MEASURES, "accuracy_raw", "mcc_raw", "accuracy_on_parsed", "unparsed_share", "rank_ic", "brier",
                   "log_score", "ece", "confident_half_accuracy")  # fmt: skip
"""Metrics that no cost and no policy changes."""


@dataclass(frozen=True)
class Placed:
    """A line of the board."""

    rank: int | None
    """From 1; None for baselines, which stand for reference."""
    runs: list[str]
    """Several where the very same model or baseline was scored in each."""
    checkpoint: str
    row: MetricRow
    apart: Comparison | None
    """The first minus this one, corrected over all pairs of the group; None for the first, and where it cannot be told."""


@dataclass(frozen=True)
class Group:
    """Entries that may be ranked together."""

    like: Like
    metric: str
    placebo: bool
    dated: bool
    """Whether samples have trading days; each text is one of its own otherwise."""
    lines: list[Placed]
    note: str
    """Why differences are not told, where they are not."""


@dataclass(frozen=True)
class Board:
    """The leaderboard of a folder."""

    runs: list[str]
    groups: list[Group]
    unread: list[Unread]


def leaderboard(found: Found, metric: str | None = None) -> Board:
    """Rank checkpoints within each group of like.

    Args:
        found: What the folder holds.
        metric: What to sort by; None: MCC where there is a market, weighted F1 for texts.

    Raises:
        TickerTuneError: No entry has the metric, or it is a p-value.
    """
    known = sorted({name for entry in found.entries for name in entry.rows if not _is_p(name)})
    if metric is not None and found.entries and metric not in known:
        raise TickerTuneError(
            f"No run has the metric '{metric}'{did_you_mean(metric, known)}", f"Use one of {', '.join(known)}"
        )
    groups: dict[tuple[Like, str], list[Entry]] = {}
    unread = list(found.unread)
    for entry in found.entries:
        wanted = metric or ("mcc" if _dated(entry) else "weighted_f1")
        if wanted not in entry.rows:
            if group_of(entry.checkpoint) == "Checkpoints":
                unread.append(
                    Unread(f"{entry.run}, {entry.like.world}, {entry.checkpoint}", f"It has no {metric_title(wanted)}")
                )
            continue
        trading = "" if wanted in FREE_OF_TRADING else entry.trading
        groups.setdefault((replace(entry.like, trading=trading), wanted), []).append(entry)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0].world, item[0][0].protocol, item[0][0].digest))
    return Board(found.runs, [_group(like, name, entries) for (like, name), entries in ordered], unread)


def _dated(entry: Entry) -> bool:
    return "sharpe_gross" in entry.rows


def _is_p(metric: str) -> bool:
    return metric.endswith("_p") or "_p_" in metric


def _group(like: Like, metric: str, entries: Sequence[Entry]) -> Group:
    same: dict[tuple[str, float, float | None, float | None], list[Entry]] = {}
    for entry in entries:
        row = entry.rows[metric]
        same.setdefault((entry.identity, row.value, row.low, row.high), []).append(entry)
    sign = 1 if metric in LESS_IS_BETTER else -1
    ordered = sorted(same.values(), key=lambda one: (sign * one[0].rows[metric].value, one[0].run, one[0].checkpoint))
    ranked = [one[0] for one in ordered if group_of(one[0].checkpoint) == "Checkpoints"]
    apart, note = _apart(ranked, metric)
    lines, rank = [], 0
    for one in ordered:
        first = one[0]
        counted = group_of(first.checkpoint) == "Checkpoints"
        rank += counted
        lines.append(
            Placed(
                rank=rank if counted else None,
                runs=sorted({entry.run for entry in one}),
                checkpoint=first.checkpoint,
                row=first.rows[metric],
                apart=apart.get(id(first)),
            )
        )
    dated = any(_dated(entry) for entry in entries)
    return Group(like, metric, any(entry.placebo for entry in entries), dated, lines, note)


def _apart(ranked: Sequence[Entry], metric: str) -> tuple[Mapping[int, Comparison], str]:
    """The first minus each other one, from their predictions on the same samples.

    P-values are corrected over all pairs of the group: the first is known for the first by its score alone.
    """
    if len(ranked) < 2:
        return {}, ""
    if metric not in MEASURES:
        return (
            {},
            f"Differences in {metric_title(metric)} are not paired here: compare the runs with tickertune compare.",
        )
    try:
        names = {str(place): entry for place, entry in enumerate(ranked)}
        frames = {
            name: read_table(entry.folder / "predictions" / f"{entry.checkpoint}.parquet", Prediction)
            for name, entry in names.items()
        }
        answers = answers_of(frames, ranked[0].labels)
    except TickerTuneError as error:
        cause = error.cause
        for entry in ranked:
            cause = cause.replace(str(entry.folder), f"{entry.run}/{entry.like.world}/eval")
        return {}, f"Differences cannot be told: {cause}."
    sampling = Sampling(**ranked[0].settings)
    part = score_part(answers, np.ones(len(answers.samples), dtype=bool), metric, sampling)
    block = block_length(sampling.block_sessions, sampling.horizon)
    rows = {pair: part.difference(*pair, ranked[0].like.world) for pair in combinations(names, 2)}
    alone = {
        pair: p_of_interval(row.value, row.low, row.high, row.days / block)
        for pair, row in rows.items()
        if row.low is not None and row.high is not None
    }
    corrected = holm({" ".join(pair): p for pair, p in alone.items()})
    return {
        id(names[other]): Comparison(
            "first", row, alone.get((one, other)), corrected.get(f"{one} {other}"), trained=True
        )
        for (one, other), row in rows.items()
        if one == "0"
    }, ""
