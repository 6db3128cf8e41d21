"""The registry of labels: what a recipe's label block asks for, as a ``LabelSpec``. docs/labels.md explains each."""

from collections.abc import Callable
from typing import Any

from data_pipeline.labels.fingpt import (
    fingpt_forecaster,
    fingpt_rlsp,
    fingpt_v1,
    fingpt_v1_1,
    fingpt_v1_as_published,
)
from data_pipeline.labels.shapes import mirrored, raw_return, trailing
from data_pipeline.labels.spec import LabelSpec
from tickertune.core.recipe import LabelConfig
from tickertune.core.recipe.label import (
    ExcessLabelConfig,
    RetuningLabelConfig,
    SsptLabelConfig,
    TradingR1LabelConfig,
    TripleBarrierLabelConfig,
)

PUBLISHED_DAY_ZONE = "Europe/Berlin"
"""Zone whose days StockNet's day files follow (99.5% of them), found by comparing them with ``created_at``."""


def excess(config: ExcessLabelConfig) -> LabelSpec:
    """Open to open over the horizon, minus the market or beta times it, over trailing volatility."""
    if config.benchmark == "market":
        notes = "Market: equal weight of the other instruments. Classes: quantiles of the train split."
    else:
        notes = (
            "Market: equal weight of the other instruments, times a beta fitted on returns that had ended by the "
            "decision. Classes: quantiles of the train split."
        )
    return LabelSpec(
        name="excess",
        event="open",
        horizon=config.horizon,
        classes=config.classes,
        target="ret_scaled",
        market_adjusted=True,
        benchmark=config.benchmark,
        **trailing(config),
        source="TickerTune",
        notes=notes,
    )


def acl18(config: LabelConfig) -> LabelSpec:
    """StockNet's close-to-close return with its dead band, on text known before the entry price."""
    return LabelSpec(
        name="acl18",
        event="close",
        horizon=1,
        classes=2,
        target="ret_raw",
        fixed_band=(-0.005, 0.0055),
        honours_fresh_only=False,
        market_adjusted=False,
        **trailing(config),
        source="Xu and Cohen, ACL 2018 (StockNet)",
        notes="The dead band depends on the outcome. Text ends before the close that the return starts from.",
    )


def acl18_as_published(config: LabelConfig) -> LabelSpec:
    """StockNet's label with its own text window, which holds text later than the entry price."""
    return acl18(config).model_copy(
        update={
            "name": "acl18_as_published",
            "text_window": "calendar_days",
            "leaky": True,
            "notes": "The dead band depends on the outcome. Text runs to the end of the calendar day before the "
            f"exit's session ({PUBLISHED_DAY_ZONE} days), past the close that the return starts from.",
        }
    )


def sep(config: LabelConfig) -> LabelSpec:
    """The sign of the next change of the close, without a dead zone."""
    return raw_return(
        config,
        name="sep",
        event="close",
        horizon=1,
        classes=2,
        thresholds=(0.0,),
        source="Koa et al., WWW 2024 (SEP)",
        notes="No change counts as up. SEP splits each stock 80/20 by time; here all stocks are split at one date.",
    )


def retuning(config: RetuningLabelConfig) -> LabelSpec:
    """The overnight gap."""
    return raw_return(
        config,
        name="retuning",
        event="close",
        exit_event="open",
        horizon=1,
        classes=3,
        thresholds=mirrored((config.threshold,)),
        source="RETuning, 2025",
        notes="Most gaps are smaller than the threshold: flat has a heavy prior. Text ends before the close.",
    )


def trading_r1(config: TradingR1LabelConfig) -> LabelSpec:
    """Weighted forward returns of an exponential mean of closes, over volatility."""
    return LabelSpec(
        name="trading_r1",
        event="close",
        horizon=config.horizons[-1],
        classes=5,
        target="target",
        rule="smoothed",
        quantiles=config.quantiles,
        market_adjusted=False,
        volatility_of="raw",
        ema_span=config.span,
        ema_horizons=config.horizons,
        ema_weights=config.weights,
        **trailing(config),
        source="Trading-R1, 2025",
        notes="Forward returns; quantiles of the train split. The published algorithm shifts the wrong way and fits "
        "on all data. The exponential mean lags, so that the label holds some of the past: see the notes.",
    )


def triple_barrier(config: TripleBarrierLabelConfig) -> LabelSpec:
    """Which barrier the return touches first."""
    return LabelSpec(
        name="triple_barrier",
        event="open",
        exit_event="close",
        horizon=config.horizon,
        classes=3,
        target="target",
        rule="barriers",
        thresholds=(-0.5, 0.5),
        market_adjusted=False,
        volatility_of="raw",
        barriers=(config.upper, config.lower),
        **trailing(config),
        source="Lopez de Prado, Advances in Financial Machine Learning, 2018",
        notes="Touches are looked for at closes. The exit is the touch; splits purge by the vertical barrier.",
    )


def sspt(config: SsptLabelConfig) -> LabelSpec:
    """SSPT's auxiliary targets over one session."""
    rules: dict[str, Any] = {
        "sspt_ticker": ("ticker", "The ticker, of those in the train split; another has no class."),
        "sspt_sector": ("sector", "The sector, of those in the train split; another has no class."),
        "sspt_moving_average": (
            "moving_average",
            "Relative change of the moving average of closes from the last close before the decision to the next; all "
            "but one of the closes in it are known.",
        ),
    }
    rule, notes = rules[config.name]
    return LabelSpec(
        name=config.name,
        event="open",
        exit_event="close",
        horizon=1,
        classes=config.classes,
        target="target",
        rule=rule,
        thresholds=(0.0,),
        market_adjusted=False,
        average_window=config.window if rule == "moving_average" else None,
        **trailing(config),
        source="SSPT, 2025",
        notes=notes,
    )


LABELS: dict[str, Callable[[Any], LabelSpec]] = {
    "excess": excess,
    "acl18": acl18,
    "acl18_as_published": acl18_as_published,
    "sep": sep,
    "fingpt_rlsp": fingpt_rlsp,
    "fingpt_v1": fingpt_v1,
    "fingpt_v1_as_published": fingpt_v1_as_published,
    "fingpt_v1_1": fingpt_v1_1,
    "fingpt_forecaster": fingpt_forecaster,
    "retuning": retuning,
    "trading_r1": trading_r1,
    "triple_barrier": triple_barrier,
    "sspt_ticker": sspt,
    "sspt_sector": sspt,
    "sspt_moving_average": sspt,
}


def label_spec(config: LabelConfig) -> LabelSpec:
    """The specification that a recipe's label block asks for."""
    return LABELS[config.name](config)
