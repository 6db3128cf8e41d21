"""What the page, the Markdown and report.json all show and none of them computes twice."""

from collections.abc import Mapping
from dataclasses import dataclass

from eval.report.collect import World
from eval.report.errors import ErrorCount, ErrorGroup, error_counts, error_groups
from eval.report.examples import Example, examples
from eval.report.sweep_verdicts import against_base
from eval.report.verdicts import Comparison
from eval.report.views import View, views


@dataclass(frozen=True)
class Seen:
    """A world looked at from all sides."""

    views: list[View]
    examples: list[Example]
    errors: list[ErrorGroup]
    error_counts: list[ErrorCount]
    sweep: Mapping[str, Comparison]
    """Each checkpoint of a sweep minus the base model."""


def look(world: World) -> Seen:
    """Compute everything that is read off the predictions.

    Raises:
        TickerTuneError: Predictions of one world are not about the same samples, or a file is damaged.
    """
    shown = examples(world)
    errors = error_groups(world, [example.sample_id for example in shown])
    return Seen(views(world), shown, errors, error_counts(world), against_base(world))
