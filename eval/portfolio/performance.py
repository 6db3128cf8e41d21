"""The extended numbers of a portfolio: growth, downside, benchmark, and the Sharpe ratio with all doubts about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from eval.metrics import MetricRow
from eval.portfolio import measures, risk
from eval.portfolio.bootstrap import automatic_block, sharpe_draws
from eval.portfolio.rows import BUY_AND_HOLD
from eval.portfolio.statement import Statement
from eval.statistics import block_length, interval
from tickertune.core.recipe import EvalConfig

Floats = NDArray[np.float64]
ONE_OVER_N, MOMENTUM, RANDOM_AS = "one_over_n", "price_momentum", "random_as_"
BASELINES = (BUY_AND_HOLD, ONE_OVER_N, MOMENTUM)
"""Portfolios of prices alone that stand beside the decisions of an account."""


@dataclass(frozen=True)
class Setting:
    """What all portfolios of one evaluation share."""

    world: str
    config: EvalConfig
    per_year: float
    """Sessions of a year."""
    trials: int
    """Strategies tried on these sessions, for the deflated Sharpe ratio."""
    horizon: int
    samples: int


def performance_rows(
    setting: Setting, name: str, gross: Floats, net: Floats, turnover: Floats, benchmark: Floats, *, overlapping: bool
) -> Iterator[MetricRow]:
    """Measures of one portfolio's session returns.

    The Sharpe ratio's interval is that of a stationary bootstrap whose expected block is the longer one of the recipe's and
    the automatic one. Where holding periods overlap within the series, what takes sessions for independent
    (the probabilistic and the deflated Sharpe ratio) is left out.

    Args:
        setting: What all share.
        name: Checkpoint or baseline.
        gross: Returns before fees [sessions].
        net: Returns after them.
        turnover: Value traded by session, as a fraction of the capital.
        benchmark: Returns of buy and hold, for alpha, beta and the information ratio.
        overlapping: Whether neighbouring returns share sessions.
    """
    years, horizon = setting.per_year, setting.horizon if overlapping else 1
    row = partial(MetricRow, world=setting.world, checkpoint=name, n=setting.samples, days=len(net))
    found: dict[str, Floats | float] = {
        "total_return": np.prod(1 + np.maximum(net, -1.0)) - 1,
        "cagr_gross": risk.growth_a_year(gross, years),
        "cagr_net": risk.growth_a_year(net, years),
        "volatility": measures.annualised_volatility(net, years, horizon),
        "max_drawdown": measures.max_drawdown(net),
        "turnover": turnover.mean(),
    }
    if (net < 0).any():  # without a loss there is no such ratio, and 0 would look like a bad one
        found |= {"sortino": risk.sortino(net, years), "calmar": risk.calmar(net, years)}
    if turnover.any():
        found["break_even_cost_bps"] = measures.break_even_cost_bps(gross, turnover)
    if name != BUY_AND_HOLD:
        found["alpha"] = risk.alpha(net, benchmark, years)
        found["beta"] = risk.beta(net, benchmark)
        found["information_ratio"] = risk.information_ratio(net, benchmark, years)
    if not overlapping and float(np.ptp(net)) > 0:
        found["probabilistic_sharpe"] = risk.probabilistic_sharpe(net)
        found["deflated_sharpe"] = risk.deflated_sharpe(net, setting.trials)
    for metric, series in (("sharpe_gross", gross), ("sharpe_net", net)):
        value = float(measures.annualised_sharpe(series, years, horizon))
        low, high = _sharpe_interval(setting, series, value, horizon)
        yield row(metric=metric, value=value, low=low, high=high)
    for metric, number in found.items():
        yield row(metric=metric, value=float(number))


def _sharpe_interval(
    setting: Setting, series: Floats, value: float, horizon: int
) -> tuple[float, float] | tuple[None, None]:
    config = setting.config
    block = max(automatic_block(series), float(block_length(config.block_sessions, horizon)))
    if len(series) < 2 or len(series) <= block or float(np.ptp(series)) == 0:
        return None, None
    plain = sharpe_draws(series, config.resamples, block, config.seed) * np.sqrt(setting.per_year)
    # Where windows overlap the draws are about the plain ratio: they are brought to the long-run one's scale.
    once = float(measures.annualised_sharpe(series, setting.per_year))
    return interval(plain * (value / once) if horizon > 1 and once else plain)


def account_rows(setting: Setting, name: str, statement: Statement, benchmark: Statement) -> Iterator[MetricRow]:
    """Rows of an account whose first row pays the fees and whose second does not."""
    net, gross = statement.returns
    yield from performance_rows(
        setting, name, gross, net, statement.turnover[0], _aligned(benchmark, statement), overlapping=False
    )
    row = partial(MetricRow, world=setting.world, checkpoint=name, n=setting.samples, days=len(net))
    before = np.concatenate([[statement.capital], statement.equity[0, :-1]])
    whole = np.where(before > 0, before, np.inf)
    yield row(metric="exposure", value=float(statement.exposure[0].mean()))
    yield row(metric="net_exposure", value=float(statement.net_exposure[0].mean()))
    yield row(metric="cost_drag", value=-float((statement.charges[0] / whole).mean()))
    yield row(metric="borrow_drag", value=-float((statement.borrow[0] / whole).mean()))
    yield row(metric="least_cash", value=float(statement.cash[0].min() / statement.capital))


def _aligned(benchmark: Statement, statement: Statement) -> Floats:
    """The benchmark's net returns over the statement's sessions; 0 where it is closed."""
    returns = np.zeros(statement.equity.shape[1])
    shift = benchmark.first - statement.first
    known = benchmark.returns[0]
    for place, value in enumerate(known):
        if 0 <= place + shift < len(returns):
            returns[place + shift] = value
    return returns


def random_rows(setting: Setting, name: str, draws: Statement) -> Iterator[MetricRow]:
    """Mean and 95% band over the draws of the random baseline: a band of luck, not an interval of a mean."""
    returns, years = draws.returns, setting.per_year
    found: Mapping[str, Floats] = {
        "sharpe_net": measures.annualised_sharpe(returns, years),
        "cagr_net": risk.growth_a_year(returns, years),
        "total_return": np.prod(1 + np.maximum(returns, -1.0), axis=1) - 1,
        "max_drawdown": measures.max_drawdown(returns),
        "turnover": draws.turnover.mean(axis=1),
        "exposure": draws.exposure.mean(axis=1),
    }
    for metric, values in found.items():
        low, high = interval(values)
        yield MetricRow(
            world=setting.world, checkpoint=name, metric=metric, value=float(values.mean()), low=low, high=high,
            n=setting.samples, days=returns.shape[1],
        )  # fmt: skip
