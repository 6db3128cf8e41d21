"""The report's tables as plain text cells, which the page and the Markdown both print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_pipeline.dataset.info import SPLITS
from eval.metrics import MetricRow
from eval.report.collect import RunView, World
from eval.report.facts import AMOUNTS
from eval.report.findings import headline
from eval.report.layout import (
    ACCOUNT_COLUMNS,
    CONFIDENCE_COLUMNS,
    MOVEMENT_COLUMNS,
    PORTFOLIO_COLUMNS,
    RISK_COLUMNS,
    SENTIMENT_COLUMNS,
    WITHOUT_INTERVAL,
    Rows,
    group_of,
    interval,
    metric_title,
    number,
    title_of,
    verdict,
)


@dataclass(frozen=True)
class Cell:
    """A number and the smaller text under it."""

    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Line:
    """One row: its name, its cells, and whether it stands out."""

    name: str
    cells: list[Cell]
    strong: bool = False


@dataclass(frozen=True)
class Grid:
    """A table in titled groups of rows."""

    heads: list[str]
    groups: list[tuple[str, list[Line]]]
    keys: list[str]
    """Metric of each column, for the legend."""


def number_cell(row: MetricRow | None) -> Cell:
    """A value with its interval under it."""
    if row is None:
        return Cell("")
    return Cell(number(row.metric, row.value), "" if row.metric in WITHOUT_INTERVAL else interval(row))


def _grid(rows: Rows, wanted: Sequence[str]) -> Grid | None:
    names = rows.single()
    columns = rows.columns(wanted, names)
    groups: dict[str, list[Line]] = {}
    for name in names:
        found = [rows.get(name, metric) for metric in columns]
        if any(found):
            group = group_of(name)
            line = Line(title_of(name), [number_cell(row) for row in found], strong=group == "Checkpoints")
            groups.setdefault(group, []).append(line)
    return Grid([metric_title(metric) for metric in columns], list(groups.items()), columns) if groups else None


def scores(world: World) -> Grid | None:
    """Classification scores of every checkpoint and baseline."""
    return _grid(world.rows, MOVEMENT_COLUMNS if world.dated else SENTIMENT_COLUMNS)


def confidence(world: World) -> Grid | None:
    """How sure every checkpoint and baseline is, and how well a day's decisions rank its stocks."""
    return _grid(world.rows, CONFIDENCE_COLUMNS)


def portfolio(world: World) -> Grid | None:
    """Portfolio measures of every checkpoint and baseline."""
    return _grid(world.rows, PORTFOLIO_COLUMNS)


def portfolio_risk(world: World) -> Grid | None:
    """The book's growth, downside and benchmark, and how sure its Sharpe ratio is."""
    return _grid(world.portfolio.book, RISK_COLUMNS)


def account(world: World) -> Grid | None:
    """The cash account of every checkpoint and baseline, and portfolios of prices alone."""
    return _grid(world.portfolio.account, ACCOUNT_COLUMNS)


MOST_PAIRS = 40
"""Paired differences that the page has room for; where there are more, the table of verdicts and the download hold them."""


def differences(world: World) -> Grid | None:
    """Paired differences, each with its own interval; None where there are too many for a page."""
    pairs = world.rows.pairs()
    if len(pairs) > MOST_PAIRS:
        return None
    names = [f"{later} minus {earlier}" for later, earlier in pairs]
    columns = world.rows.columns([headline(world), "accuracy", "pnl_reward"], names)
    groups: dict[str, list[Line]] = {}
    for (later, earlier), name in zip(pairs, names, strict=True):
        cells = []
        for metric in columns:
            row = world.rows.get(name, metric)
            note = f"{interval(row, signed=True)} {verdict(row)}" if row else ""
            cells.append(Cell(number(metric, row.value, signed=True), note, verdict(row)) if row else Cell(""))
        line = Line(title_of(earlier), cells, strong=group_of(earlier) == "Checkpoints")
        groups.setdefault(f"{title_of(later)} against", []).append(line)
    return (
        Grid([metric_title(metric) for metric in columns], list(groups.items()), columns)
        if groups and columns
        else None
    )


VOTES_SHOWN = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192)
"""Numbers of replies that have a row; the last one that was drawn has one too."""


def votes(world: World) -> Grid | None:
    """Each vote's score by the number of replies, its mean over subsets of them, and what they cost."""
    metric = headline(world)
    groups: dict[str, list[Line]] = {}
    several = len({point.rule for point in world.votes}) > 1
    rated = any(point.rated_tokens for point in world.votes)
    most = max((point.replies for point in world.votes), default=0)
    unparsed = {
        (point.checkpoint, point.rule, point.replies): point.value
        for point in world.votes
        if point.metric == "unparsed_share"
    }
    for point in world.votes:
        if point.metric != metric or point.replies not in (*VOTES_SHOWN, most):
            continue
        row = MetricRow(
            world=point.world, checkpoint=point.checkpoint, metric=metric, value=point.value, low=point.low,
            high=point.high, n=0, days=0,
        )  # fmt: skip
        share = unparsed[point.checkpoint, point.rule, point.replies]
        cells = [
            number_cell(row),
            Cell(number(metric, point.expected), f"of {point.subsets}"),
            Cell(number("unparsed_share", share)),
            Cell(f"{point.reply_tokens:,.0f}"),
        ]
        if rated:
            cells.append(Cell(f"{point.rated_tokens:,.0f}"))
        title = title_of(point.checkpoint) + (f", {point.rule}" if several else "")
        groups.setdefault(title, []).append(Line(str(point.replies), cells, point.replies == most))
    heads = [metric_title(metric), "mean over subsets", metric_title("unparsed_share"), "reply tokens a prompt"]
    heads += ["tokens the reward model reads a prompt"] if rated else []
    return Grid(heads, list(groups.items()), []) if groups else None


def priors(world: World) -> Grid | None:
    """Share of each class in each split, and its samples."""
    if world.info is None:
        return None
    lines = [
        Line(
            split,
            [
                *(Cell(f"{100 * shares.get(label, 0.0):.1f}%") for label in world.labels),
                Cell(f"{world.info.counts[f'samples_{split}']:,}"),
            ],
        )
        for split, shares in sorted(world.info.class_priors.items(), key=lambda item: SPLITS.index(item[0]))
    ]
    return Grid([*world.labels, "samples"], [("", lines)], []) if lines else None


AMOUNT_COLUMNS = {
    "samples": ("samples",),
    "steps": ("steps",),
    "tokens": ("tokens", "prompt_tokens"),
    "seconds": ("stage_seconds", "seconds"),
}


def work(run: RunView) -> Grid | None:
    """Tokens and seconds of each stage of each world."""
    groups = []
    for world in run.worlds:
        lines = [
            Line(stage.name, [_amount(stage.facts, keys) for keys in AMOUNT_COLUMNS.values()])
            for stage in world.stages
            if any(key in stage.facts for key in AMOUNTS)
        ]
        if lines:
            groups.append((world.name, lines))
    return Grid(list(AMOUNT_COLUMNS), groups, []) if groups else None


def _amount(facts: Mapping[str, Any], keys: Sequence[str]) -> Cell:
    """The first of the keys that was reported; counts by split are summed."""
    for key in keys:
        value = facts.get(key)
        if isinstance(value, Mapping):
            value = sum(value.values())
        if isinstance(value, int | float):
            return Cell(f"{value:,.0f}")
    return Cell("")
