"""The protocol's block of the report: what was checked, the run's rows, and published numbers apart from them."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.metrics import MetricRow
from eval.protocols.protocol import PublishedNumber
from eval.protocols.result import ProtocolResult
from eval.report.collect import World
from eval.report.layout import group_of, title_of
from eval.report.tables import Cell, Grid, Line

TITLES = {
    "mcc": "MCC", "accuracy": "Accuracy", "accuracy_on_parsed": "Acc. parsed", "macro_f1": "Macro F1",
    "weighted_f1": "Weighted F1", "mean_question_f1": "Mean F1 of yes", "mean_question_weighted_f1": "Mean weighted F1",
    "entity_f1": "Entity F1", "entity_precision": "Precision", "entity_recall": "Recall", "relation_f1": "Relation F1",
    "relation_precision": "Precision", "relation_recall": "Recall", "relation_only_f1": "Relation-only F1",
    "exact_match": "Exact", "binary_accuracy": "Binary acc.", "binary_accuracy_on_parsed": "Binary acc. parsed",
    "magnitude_mse": "Magnitude MSE", "rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L",
    "unparsed_share": "Unparsed", "cumulative_return": "Cumulative return", "sharpe": "Sharpe", "unstated": "Unstated metric",
}  # fmt: skip
PUBLISHED = "Published, for reference: not ranked here"


@dataclass(frozen=True)
class Reference:
    """A published number with where it stands and what speaks against it."""

    model: str
    number: str
    source: str
    caveat: str


@dataclass(frozen=True)
class PartBlock:
    """One part: the finding of the check, a table, and where its published numbers are from."""

    part: str
    title: str
    said: str
    tone: str
    grid: Grid | None
    references: list[Reference]


@dataclass(frozen=True)
class ProtocolBlock:
    """All that the report shows of a protocol."""

    title: str
    comparability: str
    remarks: list[str]
    parts: list[PartBlock]


def protocol_block(result: ProtocolResult | None) -> ProtocolBlock | None:
    """The block; None where the world was scored by no protocol."""
    if result is None:
        return None
    parts = []
    for check in result.checks:
        rows = [row for row in result.rows if row.world == check.part]
        published = [number for number in result.published if number.part == check.part]
        tone = {"verified": "good", "other": "bad"}.get(check.state, "plain")
        grid = _grid(rows, published, result.metrics)
        parts.append(
            PartBlock(check.part, check.title, check.said, tone, grid, [_reference(number) for number in published])
        )
    return ProtocolBlock(f"Protocol {result.protocol}", result.comparability, result.remarks, parts)


def beside_all(world: World, metric: str) -> list[PublishedNumber]:
    """Published numbers of a metric that are about all that a world scored; of a world in parts, those stand with each part."""
    result = world.protocol
    if result is None or [check.samples for check in result.checks] != [world.samples.height]:
        return []
    return [number for number in result.published if number.metric == metric]


def _grid(rows: Sequence[MetricRow], published: Sequence[PublishedNumber], metrics: Sequence[str]) -> Grid | None:
    own = [row.metric for row in rows if row.metric not in metrics]
    wanted = [*metrics, *own, *(number.metric for number in published)]
    measured = {row.metric for row in rows} | {number.metric for number in published}
    columns = [metric for metric in dict.fromkeys(wanted) if metric in measured]
    groups: dict[str, list[Line]] = {}
    for name in dict.fromkeys(row.checkpoint for row in rows):
        found = {row.metric: row for row in rows if row.checkpoint == name}
        group = group_of(name)
        line = Line(title_of(name), [_cell(found.get(metric)) for metric in columns], strong=group == "Checkpoints")
        groups.setdefault(group, []).append(line)
    for model in dict.fromkeys(number.model for number in published):
        values = {number.metric: number.value for number in published if number.model == model}
        cells = [Cell(f"{values[metric]:.3g}" if metric in values else "") for metric in columns]
        groups.setdefault(PUBLISHED, []).append(Line(model, cells))
    return Grid([_title(metric) for metric in columns], list(groups.items()), []) if columns else None


def _title(metric: str) -> str:
    return TITLES.get(metric) or metric.removeprefix("question_f1: ")


def _cell(row: MetricRow | None) -> Cell:
    if row is None:
        return Cell("")
    told = row.low is not None and row.high is not None and row.low != row.high
    return Cell(f"{row.value:.3f}", f"[{row.low:.3f}, {row.high:.3f}]" if told else "")


def _reference(number: PublishedNumber) -> Reference:
    return Reference(number.model, f"{_title(number.metric)} {number.value:g}", number.source, number.caveat)
