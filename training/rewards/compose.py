"""The reward as a recipe configures it: terms by name, and their weighted sum."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_pipeline.dataset import DatasetInfo
from tickertune.core.decision import Decision
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import GrpoConfig
from tickertune.core.recipe.grpo import PnlConfig, RewardName
from tickertune.core.tasks import MovementTask, Task, get_task
from training.rewards.terms import Outcome, accuracy_term, format_term, pnl_term


@dataclass(frozen=True)
class Reward:
    """The terms with a weight other than 0, and all that they need besides answer and outcome."""

    task: Task
    weights: dict[RewardName, float]
    pnl: PnlConfig
    cut_points: Sequence[float] = ()

    def scorable(self, outcome: Outcome) -> bool:
        """Whether every term can be computed: without the return that one term needs, none is given."""
        return "pnl" not in self.weights or (outcome.ret_scaled is not None and outcome.volatility is not None)

    def term(self, name: RewardName, text: str, decision: Decision, outcome: Outcome) -> float | None:
        """Return one term, unweighted; None where the outcome is missing."""
        if not self.scorable(outcome):
            return None
        if name == "format":
            return format_term(self.task, text)
        if name == "accuracy":
            return accuracy_term(self.task, decision, outcome, self.cut_points)
        return pnl_term(self.task, decision, outcome, self.pnl)

    def total(self, text: str, decision: Decision, outcome: Outcome) -> float | None:
        """Return the weighted sum of the terms; None where the outcome is missing."""
        terms = {name: self.term(name, text, decision, outcome) for name in self.weights}
        if any(value is None for value in terms.values()):
            return None
        return sum(self.weights[name] * value for name, value in terms.items() if value is not None)

    def of_label(self, label: str, outcome: Outcome) -> float | None:
        """Return the reward of a well-formed answer that states ``label``."""
        return self.total(self.task.answer(label), Decision(outcome="label", label=label), outcome)


def compose(config: GrpoConfig, info: DatasetInfo) -> Reward:
    """Build the reward of a recipe for a data set.

    Raises:
        TickerTuneError: It has a pnl term, and the task no positions; or the task has no label space.
    """
    task = get_task(info.task)
    if not task.labels:
        raise TickerTuneError(
            f"Task {task.name} has open answers, and rewards compare labels",
            "Train it with sft, or choose another task",
        )
    weights = {name: weight for name, weight in config.rewards.items() if weight}
    if "pnl" in weights and not isinstance(task, MovementTask):
        raise TickerTuneError(
            f"The reward has a pnl term, but task {task.name} takes no positions", "Set rewards.pnl to 0"
        )
    scaled = info.label_spec.get("target", "ret_scaled") == "ret_scaled"
    cut_points = (
        info.fitted.get("cut_points", ()) if scaled else ()
    )  # the distance to a bound is in units of ret_scaled
    return Reward(task, weights, config.pnl, cut_points)
