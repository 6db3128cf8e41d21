"""The registry of labels: what a recipe's label block asks for, as a ``LabelSpec``. docs/labels.md explains each."""

from collections.abc import Callable
from typing import Any

from data_pipeline.labels.spec import LabelSpec
from tickertune.core.recipe import LabelConfig
from tickertune.core.recipe.label import (
    ExcessLabelConfig,
    FinGPTRlspLabelConfig,
    FinGPTV1LabelConfig,
    FinGPTV11LabelConfig,
    RetuningLabelConfig,
    SsptLabelConfig,
    TradingR1LabelConfig,
    TripleBarrierLabelConfig,
)

PUBLISHED_DAY_ZONE = "Europe/Berlin"
"""Zone whose days StockNet's day files follow (99.5% of them), found by comparing them with ``created_at``."""
WEEK = 5
"""Sessions of a calendar week without a holiday."""


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
        **_trailing(config),
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
        **_trailing(config),
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
    return _raw(
        config,
        name="sep",
        event="close",
        horizon=1,
        classes=2,
        thresholds=(0.0,),
        source="Koa et al., WWW 2024 (SEP)",
        notes="No change counts as up. SEP splits each stock 80/20 by time; here all stocks are split at one date.",
    )


def fingpt_rlsp(config: FinGPTRlspLabelConfig) -> LabelSpec:
    """Five sessions, three classes."""
    return _raw(
        config,
        name="fingpt_rlsp",
        event="open",
        horizon=config.horizon,
        classes=3,
        thresholds=_mirrored((config.threshold,)),
        source="Yang et al., 2023 (FinGPT, reinforcement learning on stock prices)",
        notes="The paper says five trading days and leaves the prices open: open to open here.",
    )


def fingpt_v1(config: FinGPTV1LabelConfig) -> LabelSpec:
    """Open to open over five sessions, five classes, entered after the news."""
    return _raw(
        config,
        name="fingpt_v1",
        event="open",
        horizon=config.horizon,
        classes=5,
        thresholds=_mirrored(config.thresholds),
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
    return _raw(
        config,
        name="fingpt_v1_1",
        event="open",
        horizon=config.horizon,
        classes=7,
        thresholds=_mirrored(config.thresholds),
        source="FinGPT v1.1",
        notes="Open to open, as in v1.0.",
    )


def fingpt_forecaster(config: LabelConfig) -> LabelSpec:
    """The return of a calendar week, by sign and whole per cents."""
    return _raw(
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


def retuning(config: RetuningLabelConfig) -> LabelSpec:
    """The overnight gap."""
    return _raw(
        config,
        name="retuning",
        event="close",
        exit_event="open",
        horizon=1,
        classes=3,
        thresholds=_mirrored((config.threshold,)),
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
        **_trailing(config),
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
        **_trailing(config),
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
        **_trailing(config),
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


def _trailing(config: LabelConfig) -> dict[str, int]:
    return {"volatility_sessions": config.volatility_sessions, "beta_sessions": config.beta_sessions}


def _raw(config: LabelConfig, **values: Any) -> LabelSpec:
    """A label that cuts the plain return of its trade at published thresholds."""
    return LabelSpec(target="ret_raw", market_adjusted=False, **_trailing(config), **values)


def _mirrored(thresholds: tuple[float, ...]) -> tuple[float, ...]:
    return (*(-value for value in reversed(thresholds)), *thresholds)
