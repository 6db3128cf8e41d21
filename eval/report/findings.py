"""What the numbers say, in plain words, computed from the rows alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eval.prediction import UNPARSED_ALARM
from eval.report.collect import RunView, World
from eval.report.guards import guard_title
from eval.report.layout import interval, metric_title, number, shown, shown_note, title_of, with_interval
from eval.report.verdicts import LEVEL, REFERENCES, Comparison, Verdict, general, grouped, in_numbers, summary, verdicts
from eval.statistics import block_length, days_needed

Tone = Literal["good", "bad", "plain"]
MOST_DAYS = 10_000
MANY = 4
"""Trained checkpoints up to which each has a sentence of its own on top; more are told in groups."""
NAMED = 6
"""Checkpoints of a group that are named on top."""


@dataclass(frozen=True)
class Finding:
    """One sentence and whether it is what one hoped for."""

    tone: Tone
    text: str
    detail: str = ""
    """The numbers behind it."""


def findings(world: World) -> list[Finding]:
    """All that is to be said of one world."""
    if not world.rows.all:
        return [Finding("plain", "Not scored yet: the eval stage has not finished.")]
    if not trained(world):
        return [Finding("plain", "Only the untuned model and baselines were scored."), *_warnings(world)]
    first = _placebo(world) if world.placebo else []
    further = [] if world.placebo else _ceiling(world)
    return [*first, *_verdicts(world), *_after_cutoff(world), *further, *_portfolio(world), *_warnings(world)]


def headline(world: World) -> str:
    """The metric that decides: MCC where there is a market, weighted F1 for texts."""
    return "mcc" if world.dated else "weighted_f1"


def trained(world: World) -> list[str]:
    """Checkpoints that were trained in this run."""
    return [name for name in world.rows.checkpoints() if name != "base"]


def judged(world: World) -> list[Verdict]:
    """The verdict on each trained checkpoint of a world: of the samples after the base model's cutoff, where the guards tell them apart."""
    block = block_length(int(world.meta.get("block_sessions", 1)), world.horizon)
    return verdicts(
        world.rows if world.after is None else world.after,
        headline(world),
        "pnl_reward" if world.dated else headline(world),
        block,
    )


def _verdicts(world: World) -> list[Finding]:
    found = judged(world)
    if len(found) <= MANY:
        return [
            Finding(_hoped(one.tone, world), f"{title_of(one.checkpoint)}: {one.words}.", _numbers(one, world))
            for one in found
        ]
    top = [Finding("plain", summary(found), _corrected(found))]
    for names, one in grouped(found):
        top.append(Finding(_hoped(one.tone, world), f"{_named(names)}: {general(one)}."))
    return top


def _after_cutoff(world: World) -> list[Finding]:
    """Which samples the verdicts are of, where they are not of all."""
    if world.after is None:
        return []
    samples, inside = (rows.get(rows.checkpoints()[-1], headline(world)) for rows in (world.rows, world.after))
    if samples is None or inside is None:
        return []
    text = (
        f"These verdicts are of the {inside.n:,} of {samples.n:,} samples after the end of the base model's training data, which it cannot have read "
        "about. All tables and plots are of all samples."
    )
    return [Finding("plain", text)]


def _named(names: Sequence[str]) -> str:
    return ", ".join(map(title_of, names[:NAMED])) + (f" and {len(names) - NAMED} more" if names[NAMED:] else "")


def _hoped(tone: str, world: World) -> Tone:
    """Where nothing is to be found, a difference is no success."""
    return "plain" if world.placebo else tone  # type: ignore[return-value]


def _numbers(found: Verdict, world: World) -> str:
    unit = "days" if world.dated else "texts"
    parts = [
        f"Against {title_of(one.against)}: {in_numbers(one)}.{_power(one, unit)}"
        for one in found.comparisons
        if one.against in REFERENCES or one.trained
    ]
    return " ".join([*parts, _corrected([found])]).strip()


def _corrected(found: Sequence[Verdict]) -> str:
    tests, fell = found[0].tests, sum(one.fell for each in found for one in each.comparisons)
    if tests < 2:
        return ""
    text = f"All p-values are corrected for {tests} comparisons (Holm)."
    return text + (f" {fell} would be called different without it." if fell else "")


def _power(one: Comparison, unit: str) -> str:
    """How long a period would have to be to tell such a difference from none."""
    row = one.row
    if one.word != "not distinguishable" or row.low is None or row.high is None or row.days < 2:
        return ""
    needed = days_needed(row.value, row.low, row.high, row.days)
    if needed <= row.days:
        return ""
    many = f"about {needed:,.0f}" if needed <= MOST_DAYS else f"more than {MOST_DAYS:,}"
    return f" To tell one of this size from none takes {many} {unit}; here are {row.days:,}."


def _ceiling(world: World) -> list[Finding]:
    ceiling = world.rows.get("ceiling", "mcc")
    if ceiling is None or ceiling.value <= 0:
        return []
    found = []
    names = trained(world)
    for name in names:
        row = world.rows.get(name, "mcc")
        if row is None:
            continue
        if len(names) <= MANY or name == names[-1]:
            share = f"{100 * row.value / ceiling.value:.0f}%"
            text = (
                f"{title_of(name)} reaches {share} of the best MCC that this market allows "
                f"({number('mcc', row.value)} of {number('mcc', ceiling.value)})."
            )
            found.append(Finding("plain", text))
        if row.low is not None and row.low > ceiling.value:
            text = f"{title_of(name)} is above what knowing every tone allows: it has seen the future. Look for a leak."
            found.append(Finding("bad", text))
    return found


def _placebo(world: World) -> list[Finding]:
    """Nothing may be found where nothing is."""
    hits, tests = [], 0
    for name in trained(world):
        for metric in ("mcc", "sharpe_gross"):
            row = world.rows.get(name, f"{metric}_p_above_zero_holm")
            if row is None:
                continue
            tests += 1
            if row.value < LEVEL:
                hits.append(f"{title_of(name)} {metric_title(metric)} (p = {row.value:.3f})")
    if hits:
        return [Finding("bad", f"Something was found where nothing is: {', '.join(hits)}. Look for a leak.")]
    if not tests:
        return []
    text = "No trained checkpoint's MCC or gross Sharpe ratio is above 0 (one-sided, Holm over them): as it should be."
    return [Finding("good", text)]


def _portfolio(world: World) -> list[Finding]:
    found = []
    for name in trained(world)[-1:]:
        net, costs = world.rows.get(name, "sharpe_net"), world.rows.get(name, "sharpe_costs_only")
        if net is None or costs is None:
            continue
        text = (
            f"{title_of(name)} net of costs: Sharpe ratio {with_interval(net)}; "
            f"decisions worth nothing would give {number('sharpe_costs_only', costs.value)}."
        )
        tone: Tone = "plain"
        if net.low is not None and net.high is not None:
            hoped = net.low <= costs.value <= net.high if world.placebo else net.low > 0
            tone = "good" if hoped else "plain"
        found.append(Finding(tone, text))
    return found


def _warnings(world: World) -> list[Finding]:
    found = []
    unread = {
        name: row.value
        for name in world.rows.checkpoints()
        if (row := world.rows.get(name, "unparsed_share")) is not None and row.value > UNPARSED_ALARM
    }
    if len(unread) > MANY:
        least, most = (number("unparsed_share", end(unread.values())) for end in (min, max))
        found.append(Finding("bad", f"{_named(list(unread))} leave {least} to {most} of the answers unparsed."))
    else:
        found += [
            Finding("bad", f"{title_of(name)} leaves {number('unparsed_share', share)} of the answers unparsed.")
            for name, share in unread.items()
        ]
    if world.info is not None and world.info.leak_share > 0:
        text = (
            f"The label is leaky as published: {100 * world.info.leak_share:.1f}% of the samples show text that is "
            "later than the entry price. No score here is a headline."
        )
        found.append(Finding("bad", text))
    found += [Finding("bad", text) for text in (world.protocol.warnings if world.protocol else [])]
    for result in world.guards:
        if result.verdict == "flag":
            of = f", {title_of(result.checkpoint)}" if result.checkpoint else ""
            found.append(Finding("bad", f"Guard {guard_title(result.guard)}{of}: {result.said}"))
    return found


@dataclass(frozen=True)
class SideBySide:
    """Trained checkpoints' headline numbers, worlds as columns."""

    worlds: list[str]
    rows: list[tuple[str, str, list[str]]]
    """Checkpoint, metric, and a cell a world."""
    note: str
    """Which checkpoints stand here, where not all do."""


def side_by_side(run: RunView) -> SideBySide:
    """Compare the worlds of a run: what was planted, and what a placebo gives."""
    metrics = ("mcc", "weighted_f1", "sharpe_gross", "sharpe_net", "sharpe_costs_only")
    lines = []
    names = list(dict.fromkeys(name for world in run.worlds for name in world.rows.checkpoints()))
    for name in shown(names):
        for metric in metrics:
            found = [
                world.rows.get(name, metric) if world.dated != (metric == "weighted_f1") else None
                for world in run.worlds
            ]
            if any(found):
                cells = [f"{number(metric, row.value)} {interval(row)}".strip() if row else "" for row in found]
                lines.append((title_of(name), metric_title(metric), cells))
    return SideBySide([world.name for world in run.worlds], lines, shown_note(names))


def limits(run: RunView) -> list[str]:
    """What this run proves and what it does not."""
    texts = []
    sources = {world.info.source_kind for world in run.worlds if world.info is not None}
    if "simulated" in sources:
        texts.append(
            "The simulated market is fictional. It shows whether the pipeline finds a signal that is there, and none "
            "where none is; it says nothing about real markets."
        )
    if sources & {"stocknet", "files"}:
        texts.append(
            "One period of one market is scored. A base model may have seen that period in its own training; a score "
            "here is no forecast of a later one."
        )
    if any(world.dated for world in run.worlds):
        texts.append(
            "Backtests fill at the price that the label enters at, and charge each side's costs, the hedge's too; "
            "borrowing fees are in the cash account alone; financing, market impact and taxes are in none."
        )
    if any(world.info is not None and not world.dated for world in run.worlds):
        texts.append("Public test texts may have been in a base model's own training data: the gain over it says more.")
    drawn = "whole trading days" if any(world.dated for world in run.worlds) else "texts"
    texts.append(
        f"Intervals are 95% and resample {drawn}. They do not cover the choice of recipe, model and period, or another "
        "training seed."
    )
    return texts
