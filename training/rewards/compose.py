"""The reward as a recipe configures it: terms by name, their weights by stage, and what a missing outcome means."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from data_pipeline.dataset import DatasetInfo
from tickertune.core.answers import Answer, read_reply, tagged_reply
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import GrpoConfig
from tickertune.core.recipe.rewards import PORTFOLIO_TERMS, is_user_term
from tickertune.core.tasks import Task, get_task
from training.rewards.batch import Batch, Floats, Integers, Outcome, finite
from training.rewards.portfolio import portfolio_values
from training.rewards.terms import TERMS, Need, Settings
from training.rewards.user import UserTerm, load_user_term, value_of

RETURNS = ("ret_raw", "ret_excess", "ret_beta")
"""Targets that are returns as fractions."""
Pool = Callable[[Floats, Sequence[Hashable]], tuple[Floats, Sequence[Hashable], slice]]
"""Joins pnl and prompts of all processes; the slice is this process's part."""


@dataclass(frozen=True)
class Reward:
    """The terms of one stage, and all that they need besides answers and outcomes."""

    task: Task
    weights: Mapping[str, float]
    """By term; one of weight 0 is computed for the log alone."""
    settings: Settings = field(default_factory=Settings)
    tagged: bool = False
    window: int = 8
    """Prompts that a portfolio holds."""
    stage: str = ""
    until: int = 0
    """Steps after which the stage has ended."""
    move_column: str | None = None
    """Column of the samples that holds the return which the label is about; None: the scaled return times volatility."""
    user_terms: Mapping[str, UserTerm] = field(default_factory=dict)

    def needs(self, need: Need) -> bool:
        """Whether some term needs it."""
        if self.user_terms and need == "prompt":
            return True
        return any(need in TERMS[name].needs for name in self.weights if name in TERMS)

    def scorable(self, outcome: Outcome) -> bool:
        """Whether every term can be computed: without the return that one term needs, none is given."""
        scaled, volatility, move = finite([outcome.ret_scaled, outcome.volatility, outcome.move]).tolist()
        both = not (np.isnan(scaled) or np.isnan(volatility))
        return (both or not self.needs("return")) and (both or not np.isnan(move) or not self.needs("move"))

    def read(self, text: str, *, finished: bool = True) -> Answer:
        """Read a reply in the form that the recipe asks for."""
        return read_reply(self.task, text, tagged=self.tagged, finished=finished)

    def reply(self, label: str, probability: float, move: float) -> str:
        """Return a reply in the required form that states a label, its probability and a signed return."""
        answer = self.task.answer(label)
        if not self.tagged:
            return answer
        side = "up" if move > 0 else "down"
        size = f"{side} by {100 * abs(move):.2f}%" if round(100 * move, 2) else "0%"
        return tagged_reply("", answer, [f"Move: {size}", f"Probability: {100 * probability:.2f}%"])

    def terms(
        self, batch: Batch, chance: Floats | None = None, windows: Integers | None = None, pool: Pool | None = None
    ) -> dict[str, Floats]:
        """Return every term, unweighted, for each completion [n]; NaN in all of them where one has no outcome.

        Args:
            batch: The completions.
            chance: Chance of each completion among those of its prompt; None: all the same.
            windows: Which portfolio a completion's prompt belongs to; None: one for all.
            pool: Joins the portfolio with those of other processes.
        """
        found = {name: TERMS[name].compute(batch, self.settings) for name in self.weights if name in TERMS}
        found |= {name: self._user_values(name, batch) for name in self.user_terms}
        missing = np.any([np.isnan(values) for values in found.values()], axis=0)
        measures = [name for name in PORTFOLIO_TERMS if name in found]
        if measures:
            pnl = np.where(missing, np.nan, found[measures[0]])  # the same for all of them
            groups, mine = batch.groups, slice(None)
            if pool is not None:
                pnl, groups, mine = pool(pnl, groups)
            found |= {
                name: values[mine] for name, values in self._portfolio(measures, pnl, groups, chance, windows).items()
            }
        return {name: np.where(missing, np.nan, found[name]) for name in self.weights}

    def total(self, terms: Mapping[str, Floats]) -> Floats:
        """Return the weighted sum of the terms [n]."""
        return np.sum([weight * terms[name] for name, weight in self.weights.items()], axis=0)  # type: ignore[no-any-return]

    def _user_values(self, name: str, batch: Batch) -> Floats:
        term, outcomes, labels = self.user_terms[name], batch.outcomes, self.task.labels
        rows = zip(
            batch.which.tolist(),
            outcomes.label.tolist(),
            *(_or_none(values) for values in (outcomes.ret_scaled, outcomes.volatility, outcomes.move)),
            batch.prompts,
            strict=True,
        )
        return np.array(
            [
                value_of(name, term, batch.answers[place], Outcome(labels[true], *returns), prompt)
                for place, true, *returns, prompt in rows
            ]
        )

    def _portfolio(
        self,
        names: Sequence[str],
        pnl: Floats,
        groups: Sequence[Hashable],
        chance: Floats | None,
        windows: Integers | None,
    ) -> dict[str, Floats]:
        numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
        prompt = np.array([numbers[group] for group in groups], dtype=np.int64)
        weight = np.ones(len(pnl)) if chance is None else chance
        config = self.settings.terms.portfolio
        if windows is None:
            return portfolio_values(names, pnl, prompt, weight, config)
        values = {name: np.full(len(pnl), np.nan) for name in names}
        order = np.argsort(windows, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(windows[order])) + 1):
            for name, found in portfolio_values(names, pnl[rows], prompt[rows], weight[rows], config).items():
                values[name][rows] = found
        return values


def _or_none(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]


def compose(config: GrpoConfig, info: DatasetInfo) -> list[Reward]:
    """Build the rewards of a recipe's stages (one without stages) for a data set; all have the same terms.

    Raises:
        TickerTuneError: The task has no label space; a set of a mixture labels the same task otherwise than the scored one; a
            term needs positions, another form of reply, or as many classes as the matrix has; or a user's term cannot be
            imported.
    """
    task = get_task(info.task)
    if not task.labels:
        raise TickerTuneError(
            f"Task {task.name} has open answers, and rewards compare labels",
            "Train it with sft, or choose another task",
        )
    target = info.scored_label.get("target", "ret_scaled")
    is_return = target in RETURNS
    cut_points = info.fitted.get("cut_points", ()) if is_return or target == "ret_scaled" else ()
    schedule = config.schedule()
    _require_one_label(info, bounds=bool(cut_points) and len(task.labels) > 2 and "accuracy" in schedule[0][1])
    users = {name: load_user_term(name) for name in schedule[0][1] if is_user_term(name)}
    rewards = []
    for place, (until, weights) in enumerate(schedule):
        stage = config.stages[place] if config.stages else None
        terms = stage.terms if stage is not None and stage.terms is not None else config.terms
        settings = Settings(config.pnl, terms, cut_points, cuts_scaled=not is_return)
        rewards.append(
            Reward(
                task,
                weights,
                settings,
                tagged=config.reply == "tagged",
                window=config.prompts_per_step,
                stage="" if stage is None else stage.name,
                until=until,
                move_column=target if is_return else None,
                user_terms=users,
            )
        )
        _check(rewards[-1])
    return rewards


def _require_one_label(info: DatasetInfo, *, bounds: bool) -> None:
    """Refuse a mixture whose sets of the scored task have other targets, or other ``bounds`` where a term reads them.

    A reward has one unit and one list of bounds, which are those of the scored set.
    """
    if "scored" in info.label_spec and not info.mixed:
        raise TickerTuneError(
            "The mixture does not say what the labels of its sets cut, which rewards need to know",
            "Build the mixture again with this version",
        )
    target, cuts = info.scored_label.get("target"), info.fitted.get("cut_points", [])
    for name, label in info.mixed.items():
        if label.task != info.task:  # none of its samples is rewarded
            continue
        if label.target != target:
            raise TickerTuneError(
                f"Set {name} of the mixture labels {label.target}, the scored set {target}, and a reward has one unit",
                "Mix sets of one label for GRPO, or train the mixture with sft alone",
            )
        if bounds and label.cut_points != cuts:
            raise TickerTuneError(
                f"Set {name} of the mixture cuts its classes at {label.cut_points}, the scored set at {cuts}, and the accuracy "
                "term knows one list of bounds",
                "Mix sets of equal bounds (a label with published thresholds), set rewards.accuracy to 0, or train with sft alone",
            )


def _check(reward: Reward) -> None:
    task = reward.task
    for name in reward.weights:
        needs = TERMS[name].needs if name in TERMS else frozenset()
        if "positions" in needs and not task.has_positions:
            raise TickerTuneError(
                f"The reward has a {name} term, but task {task.name} takes no positions", f"Set rewards.{name} to 0"
            )
        if "tagged" in needs and not reward.tagged:
            raise TickerTuneError(
                f"The reward has a {name} term, and a plain reply states a label alone",
                f"Set reply to tagged, or rewards.{name} to 0",
            )
    size, labels = len(reward.settings.terms.decision_matrix.rows), len(task.labels)
    if "decision_matrix" in reward.weights and size != labels:
        raise TickerTuneError(
            f"terms.decision_matrix.rows has {size} rows, but task {task.name} has {labels} labels",
            "Write a row and a column for each label, or choose a label of five classes",
        )
