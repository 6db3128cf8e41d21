"""The figures of ``rationale_loop.py`` as Markdown."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

REWARD_MODEL = "reward_model"
METRICS = ("mcc", "accuracy", "pnl_reward", "unparsed_share")


def tables(found: Mapping[int, Mapping[str, Any]]) -> str:
    """The figures as Markdown: acceptance, scores, differences, tokens."""
    lines = [
        "| world | seed | teacher | asked | in form | right | kept | by true label | samples | pairs | tokens in + out |"
    ]
    lines.append("|---|---|---|---|---|---|---|---|---|---|---|")
    for world, seed, own in _each(found):
        lines += [_teacher_line(world, seed, name, facts) for name, facts in own["teacher"].items()]
    for title, names in (("scores", _scored), ("differences, MCC", _paired)):
        lines += ["", f"{title}:", ""]
        lines += _score_table(found, names)
    lines += ["", "MCC by the number of replies (the first ones that were drawn):", "", *_curves(found)]
    if rated := [one for one in _each(found) if REWARD_MODEL in one[2]["training"]]:
        lines += ["", "reward model, on pairs of later days:", ""]
        lines += [
            f"- {world} {seed}: {_accuracy(own['training'][REWARD_MODEL].get('held_out'))}"
            for world, seed, own in rated
        ]
    lines += ["", "training: samples or pairs, tokens, seconds:", ""]
    for world, seed, own in _each(found):
        told = (
            f"{name} {facts.get('samples', facts.get('pairs'))}, {facts['tokens']:,} tokens, {facts['seconds']:.0f} s"
            for name, facts in own["training"].items()
        )
        lines.append(f"- {world} {seed}: {'; '.join(told)}")
    return "\n".join(lines)


def _curves(found: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """A line for each world, seed, checkpoint and rule: the MCC of so many replies, the last with its interval."""
    points = [(world, seed, one) for world, seed, own in _each(found) for one in own["votes"] if one["metric"] == "mcc"]
    counts = sorted({one["replies"] for _, _, one in points})
    lines = [
        f"| world | seed | checkpoint | rule | {' | '.join(map(str, counts))} |",
        "|---|---|---|---" + "|---" * len(counts) + "|",
    ]
    by_line: dict[tuple[Any, ...], dict[int, Any]] = {}
    for world, seed, one in points:
        by_line.setdefault((world, seed, one["checkpoint"], one["rule"]), {})[one["replies"]] = one
    for names, own in by_line.items():
        cells = [_interval(own[count]) if count == max(own) else f"{own[count]['value']:.3f}" for count in counts]
        lines.append(f"| {' | '.join(map(str, names))} | {' | '.join(cells)} |")
    return lines


def _accuracy(held_out: Mapping[str, Any] | None) -> str:
    if held_out is None:
        return "not judged, since reward_model.held_out is null"
    rules = ", ".join(f"{name} {value:.3f}" for name, value in held_out["rules"].items())
    bounds = "" if held_out["low"] is None else f" [{held_out['low']:.3f}, {held_out['high']:.3f}]"
    return f"{held_out['accuracy']:.3f}{bounds} of {held_out['pairs']} pairs since {held_out['since'][:10]} ({rules})"


def _each(found: Mapping[int, Mapping[str, Any]]) -> list[tuple[str, int, Any]]:
    worlds = list(next(iter(found.values())))
    return [(world, seed, own[world]) for world in worlds for seed, own in found.items()]


def _teacher_line(world: str, seed: int, name: str, facts: Mapping[str, Any]) -> str:
    counts = facts["rationales"]
    formed = counts["right"] + counts["dropped"].get("wrong", 0)
    by_label = ", ".join(
        f"{label} {_share(own['right'], own['asked'])}" for label, own in facts["rationales_by_label"].items()
    )
    return (
        f"| {world} | {seed} | {name} | {counts['asked']} | {_share(formed, counts['asked'])} "
        f"| {_share(counts['right'], counts['asked'])} | {_share(counts['kept'], counts['asked'])} | {by_label} "
        f"| {facts['samples_with_a_rationale']} of {facts['samples']} | {facts['pairs']} "
        f"| {facts['tokens_in']:,} + {facts['tokens_out']:,} |"
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else ""


def _scored(name: str) -> bool:
    return " minus " not in name


def _paired(name: str) -> bool:
    later, _, earlier = name.partition(" minus ")
    argued = [one for one in (later, earlier) if "@" in one]
    return bool(earlier) and (len(argued) == 2 or (len(argued) == 1 and earlier in ("labels", "labels-all", "tfidf")))


def _score_table(found: Mapping[int, Mapping[str, Any]], chosen: Callable[[str], bool]) -> list[str]:
    """A line for each world and predictor: its seeds, the mean over them of each metric, and the MCC of each with its interval.

    Where only some of these seeds have a metric, the mean says of how many it is.
    """
    lines = [
        f"| world | predictor | seeds | mean {' | mean '.join(METRICS)} | MCC of each seed |",
        "|---|---|---|" + "---|" * (len(METRICS) + 1),
    ]
    for world in next(iter(found.values())):
        rows = [
            (seed, row) for seed, own in found.items() for row in own[world]["metrics"] if chosen(row["checkpoint"])
        ]
        for name in dict.fromkeys(row["checkpoint"] for _, row in rows):
            own = [(seed, row) for seed, row in rows if row["checkpoint"] == name]
            seeds = len({seed for seed, _ in own})
            means = " | ".join(
                _mean([row["value"] for _, row in own if row["metric"] == one], seeds) for one in METRICS
            )
            each = "; ".join(_interval(row) for _, row in own if row["metric"] == "mcc")
            lines.append(f"| {world} | {name} | {seeds} of {len(found)} | {means} | {each} |")
    return lines


def _mean(values: Sequence[float], seeds: int) -> str:
    if not values:
        return ""
    return f"{fmean(values):.3f}" + ("" if len(values) == seeds else f" ({len(values)})")


def _interval(row: Mapping[str, Any]) -> str:
    bounds = "" if row["low"] is None else f" [{row['low']:.3f}, {row['high']:.3f}]"
    return f"{row['value']:.3f}{bounds}"
