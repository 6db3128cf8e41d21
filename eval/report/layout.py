"""What the page, the Markdown and the terminal share: names, order, number formats and verdict words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from eval.metrics import MetricRow
from tickertune.core.recipe.evaluation import BaselineName

Kind = Literal["number", "percent", "bps", "unit"]
Word = Literal["better", "worse", "not distinguishable", "too few days"]
"""What a paired difference comes to."""
MINUS = "\N{MINUS SIGN}"
BEST = ("oracle", "bayes", "ceiling")
BASELINES = (
    *(name for name in get_args(BaselineName) if name not in BEST),
    "buy_and_hold",
    "one_over_n",
    "price_momentum",
)
RANDOM_AS = "random_as_"


@dataclass(frozen=True)
class Metric:
    """How a metric is shown: heading, unit, decimals, and a line that says what it is."""

    title: str
    kind: Kind
    digits: int
    meaning: str


METRICS = {
    "mcc": Metric("MCC", "number", 3, "Matthews correlation of decision and outcome: 0 is chance, 1 is perfect"),
    "accuracy": Metric("Accuracy", "percent", 1, "share of right answers; an unparsed answer is wrong"),
    "macro_f1": Metric("Macro F1", "number", 3, "F1 averaged over the classes"),
    "weighted_f1": Metric("Weighted F1", "number", 3, "F1 averaged over the classes by their size"),
    "mcc_raw": Metric("MCC raw", "number", 3, "MCC against the sign of the raw return, market included"),
    "accuracy_raw": Metric("Acc. raw", "percent", 1, "accuracy against the sign of the raw return"),
    "pnl_reward": Metric("P&L reward", "number", 3, "mean of position times clipped scaled return, minus costs"),
    "ece": Metric("ECE", "number", 3, "stated confidence against the share right, over ten bins of equal mass"),
    "brier": Metric(
        "Brier", "number", 3, "squared error of the stated probabilities over all classes: 0 is best, 2 worst"
    ),
    "log_score": Metric("Log score", "number", 3, "mean log-probability of what came: 0 is best"),
    "confident_half_accuracy": Metric(
        "Acc. confident half", "percent", 1, "accuracy of the half of the decisions that is stated most confidently"
    ),
    "rank_ic": Metric("Rank IC", "number", 3, "mean rank correlation of decision and return within a day"),
    "pesaran_timmermann_p": Metric(
        "Timing p", "number", 3, "Pesaran-Timmermann test, which wrongly takes decisions of one day for independent"
    ),
    "accuracy_on_parsed": Metric("Acc. parsed", "percent", 1, "accuracy among the answers that name a label"),
    "unparsed_share": Metric("Unparsed", "percent", 1, "answers that name no label, or several"),
    "sharpe_gross": Metric("Sharpe gross", "number", 2, "annualised, market-neutral, before costs"),
    "sharpe_net": Metric("Sharpe net", "number", 2, "annualised, market-neutral, after costs"),
    "sharpe_costs_only": Metric(
        "Sharpe, costs alone",
        "number",
        2,
        "the net Sharpe ratio that the same trades would have if the decisions were worth 0",
    ),
    "mean_return_gross": Metric("Gross, bps", "bps", 1, "mean return of a session before costs, in basis points"),
    "mean_return_net": Metric("Net, bps", "bps", 1, "mean return of a session after costs, in basis points"),
    "cost_drag": Metric("Costs, bps", "bps", 1, "minus the mean cost of a session, in basis points"),
    "volatility": Metric("Volatility", "percent", 1, "annualised, before costs"),
    "max_drawdown": Metric("Max drawdown", "percent", 1, "deepest fall of the net equity below its earlier peak"),
    "turnover": Metric(
        "Turnover", "number", 2, "sum of weight changes a session, hedge included; 1 trades all capital"
    ),
    "exposure": Metric("Exposure", "number", 2, "sum of absolute stock weights"),
    "break_even_cost_bps": Metric("Break-even, bps", "unit", 1, "cost of a side at which nothing is left"),
    "total_return": Metric("Total return", "percent", 1, "of the capital at the start, after costs"),
    "cagr_net": Metric(
        "CAGR net", "percent", 1, "compound growth a year after costs; of a short period it says little"
    ),
    "sortino": Metric(
        "Sortino", "number", 2, "annualised mean over the downside deviation of all sessions, after costs"
    ),
    "calmar": Metric("Calmar", "number", 2, "CAGR over the deepest drawdown"),
    "alpha": Metric("Alpha", "percent", 1, "return a year that buy and hold times beta does not explain"),
    "beta": Metric("Beta", "number", 2, "slope on buy and hold"),
    "information_ratio": Metric("Information ratio", "number", 2, "annualised, of the difference from buy and hold"),
    "probabilistic_sharpe": Metric(
        "PSR", "percent", 1, "probability that the true net Sharpe ratio is above 0, by its skew and tails"
    ),
    "deflated_sharpe": Metric(
        "DSR",
        "percent",
        1,
        "the same for what the best of all strategies tried here would show if none were worth anything",
    ),
    "borrow_drag": Metric("Borrow, bps", "bps", 2, "minus the mean borrowing fee of a session, in basis points"),
    "hit_rate": Metric("Hit rate", "percent", 1, "share of positions that earned money before costs"),
}
MOVEMENT_COLUMNS = ("mcc", "accuracy", "macro_f1", "weighted_f1", "mcc_raw", "pnl_reward", "unparsed_share")
SENTIMENT_COLUMNS = ("weighted_f1", "accuracy", "macro_f1", "mcc", "unparsed_share")
SWEEP_COLUMNS = ("mcc", "accuracy", "log_score", "brier", "pnl_reward", "unparsed_share")
SWEEP_TEXT_COLUMNS = ("weighted_f1", "accuracy", "log_score", "brier", "unparsed_share")
CONFIDENCE_COLUMNS = ("brier", "log_score", "ece", "confident_half_accuracy", "rank_ic", "pesaran_timmermann_p")
WITHOUT_INTERVAL = ("sharpe_costs_only", "cost_drag", "turnover", "hit_rate")
"""Columns whose intervals, which stand in metrics.json, a reader of the page can do without."""
PORTFOLIO_COLUMNS = (
    "sharpe_gross",
    "sharpe_net",
    "sharpe_costs_only",
    "mean_return_gross",
    "mean_return_net",
    "cost_drag",
    "max_drawdown",
    "turnover",
    "break_even_cost_bps",
    "hit_rate",
)
RISK_COLUMNS = (
    "sharpe_net", "cagr_net", "sortino", "calmar", "alpha", "beta", "information_ratio", "probabilistic_sharpe",
    "deflated_sharpe",
)  # fmt: skip
ACCOUNT_COLUMNS = (
    "sharpe_gross", "sharpe_net", "total_return", "max_drawdown", "sortino", "alpha", "turnover", "exposure",
    "deflated_sharpe",
)  # fmt: skip
_NAMES = {
    "base": "base model",
    "sft": "SFT",
    "grpo": "GRPO",
    "dpo": "DPO",
    "majority": "majority",
    "always_up": "always up",
    "tfidf": "TF-IDF + logistic",
    "momentum": "momentum",
    "random": "random (prior)",
    "buy_and_hold": "buy and hold",
    "one_over_n": "1/N",
    "price_momentum": "price momentum",
    "oracle": "oracle",
    "bayes": "Bayes policy",
    "ceiling": "ceiling",
}


class Rows:
    """Metric rows of one world, looked up by checkpoint and metric."""

    def __init__(self, rows: Iterable[MetricRow], world: str) -> None:
        self.all = [row for row in rows if row.world == world]
        self._index = {(row.checkpoint, row.metric): row for row in self.all}

    def get(self, checkpoint: str, metric: str) -> MetricRow | None:
        """The row, or None where it was not computed."""
        return self._index.get((checkpoint, metric))

    def single(self) -> list[str]:
        """Names that stand for themselves: checkpoints, then baselines, then what is best reachable."""
        names = dict.fromkeys(row.checkpoint for row in self.all if " minus " not in row.checkpoint)
        return sorted(names, key=_rank)

    def checkpoints(self) -> list[str]:
        """The language model's checkpoints, the untuned one first."""
        return [name for name in self.single() if group_of(name) == "Checkpoints"]

    def pairs(self) -> list[tuple[str, str]]:
        """``(later, earlier)`` of each paired comparison, in the order of the checkpoints."""
        names = dict.fromkeys(row.checkpoint for row in self.all if " minus " in row.checkpoint)
        pairs = [(later, earlier) for later, _, earlier in (name.partition(" minus ") for name in names)]
        return sorted(pairs, key=lambda pair: (_rank(pair[0]), _rank(pair[1])))

    def columns(self, wanted: Sequence[str], names: Sequence[str]) -> list[str]:
        """Those of the wanted metrics that some of the names have."""
        return [metric for metric in wanted if any(self.get(name, metric) for name in names)]


MOST_SHOWN = 6
"""Checkpoints that plots of curves and views have room for."""


def shown(checkpoints: Sequence[str]) -> list[str]:
    """Those that plots of curves and views show: all of a few; of many the first, which is the base model, and the last ones."""
    names = list(checkpoints)
    return names if len(names) <= MOST_SHOWN else [names[0], *names[1 - MOST_SHOWN :]]


def shown_note(checkpoints: Sequence[str]) -> str:
    """Which checkpoints are shown, where not all are."""
    names = shown(checkpoints)
    if len(names) == len(checkpoints):
        return ""
    return f"Shown are {title_of(names[0])} and the last {len(names) - 1} of {len(checkpoints)} checkpoints."


def group_of(name: str) -> str:
    """Which part of a table a name stands in."""
    if name in BEST:
        return "Best reachable"
    return "Baselines" if name in BASELINES or name.startswith(RANDOM_AS) else "Checkpoints"


def _rank(name: str) -> tuple[int, int]:
    """Place of a name; those that nobody knows keep their order, which is that of training."""
    order = ("base", "sft", "dpo", "grpo", *BASELINES, *BEST)
    part = ("Checkpoints", "Baselines", "Best reachable").index(group_of(name))
    return part, order.index(name) if name in order else len(order)


def title_of(name: str) -> str:
    """A checkpoint's or baseline's name for readers."""
    if name.startswith(RANDOM_AS):
        return f"random, as {title_of(name.removeprefix(RANDOM_AS))}"
    checkpoint, voted, rest = name.partition("@")
    if not voted:
        return _NAMES.get(name, name)
    count, _, rule = rest.partition("-")
    if rule == "best_of_n":
        return f"{_NAMES.get(checkpoint, checkpoint)}, best of {count} by reward"
    return f"{_NAMES.get(checkpoint, checkpoint)}, {count} votes" + (f" by {rule}" if rule else "")


def metric_title(metric: str) -> str:
    """A metric's heading; unknown metrics keep their name."""
    return METRICS[metric].title if metric in METRICS else metric


def number(metric: str, value: float, *, signed: bool = False) -> str:
    """Format a value in its metric's unit, with a true minus sign."""
    shown = METRICS.get(metric, Metric(metric, "number", 3, ""))
    factor = {"number": 1.0, "unit": 1.0, "percent": 100.0, "bps": 1e4}[shown.kind]
    rounded = round(value * factor, shown.digits) + 0.0  # + 0.0 turns -0.0 into 0.0
    text = f"{abs(rounded):.{shown.digits}f}{'%' if shown.kind == 'percent' else ''}"
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return sign + text


def interval(row: MetricRow, *, signed: bool = False) -> str:
    """The 95% interval, or an empty string for an exact value and for one from too few days."""
    if row.low is None or row.high is None or row.low == row.high:
        return ""
    ends = (number(row.metric, end, signed=signed) for end in (row.low, row.high))
    return f"[{', '.join(ends)}]"


def with_interval(row: MetricRow, *, signed: bool = False) -> str:
    """The value, followed by its interval."""
    return f"{number(row.metric, row.value, signed=signed)} {interval(row, signed=signed)}".strip()


def verdict(row: MetricRow) -> Word:
    """A paired difference in words: only an interval without 0 says anything."""
    if row.low is None or row.high is None:
        return "too few days"
    if row.low > 0:
        return "better"
    return "worse" if row.high < 0 else "not distinguishable"
