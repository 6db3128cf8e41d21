"""The labels of FinGPT: its paper, its versions 1.0 and 1.1, and its forecaster."""

from data_pipeline.labels.shapes import mirrored, raw_return
from data_pipeline.labels.spec import LabelSpec
from tickertune.core.recipe import FinGPTRlspLabelConfig, FinGPTV1LabelConfig, FinGPTV11LabelConfig, LabelConfig

WEEK = 5
"""Sessions of a calendar week without a holiday."""


def fingpt_rlsp(config: FinGPTRlspLabelConfig) -> LabelSpec:
    """Five sessions, three classes."""
    return raw_return(
        config,
        name="fingpt_rlsp",
        event="open",
        horizon=config.horizon,
        classes=3,
        thresholds=mirrored((config.threshold,)),
        source="Yang et al., 2023 (FinGPT, reinforcement learning on stock prices)",
        notes="The paper says five trading days and leaves the prices open: open to open here.",
    )


def fingpt_v1(config: FinGPTV1LabelConfig) -> LabelSpec:
    """Open to open over five sessions, five classes, entered after the news."""
    return raw_return(
        config,
        name="fingpt_v1",
        event="open",
        horizon=config.horizon,
        classes=5,
        thresholds=mirrored(config.thresholds),
        source="FinGPT v1.0",
        notes="The return starts at the first open after the news.",
    )


def fingpt_v1_as_published(config: FinGPTV1LabelConfig) -> LabelSpec:
    """The same with the published entry: news before the cutoff is joined to that day's open, which came first."""
    return fingpt_v1(config).model_copy(
        update={
            "name": "fingpt_v1_as_published",
            "text_window": "until_cutoff",
            "cutoff": config.cutoff,
            "leaky": True,
            "notes": f"News until {config.cutoff} exchange time is joined to the open of its own day, a price from "
            "before the news.",
        }
    )


def fingpt_v1_1(config: FinGPTV11LabelConfig) -> LabelSpec:
    """Five sessions, seven classes."""
    return raw_return(
        config,
        name="fingpt_v1_1",
        event="open",
        horizon=config.horizon,
        classes=7,
        thresholds=mirrored(config.thresholds),
        source="FinGPT v1.1",
        notes="Open to open, as in v1.0.",
    )


def fingpt_forecaster(config: LabelConfig) -> LabelSpec:
    """The return of a calendar week, by sign and whole per cents."""
    return raw_return(
        config,
        name="fingpt_forecaster",
        event="open",
        exit_event="close",
        horizon=WEEK,
        span="calendar_week",
        classes=12,
        thresholds=tuple(per_cent / 100 for per_cent in range(-5, 6)),
        source="FinGPT Forecaster",
        notes="From the first open to the last close of the week. The published week starts at the last close before, "
        "so that a weekend's news would come after its price. No change counts as up by 0-1%.",
    )
