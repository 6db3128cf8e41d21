"""Whether a reward would teach a model to read nothing: told, written down, refused."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from data_pipeline.dataset import DatasetInfo
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json
from tickertune.core.recipe import GrpoConfig
from training.rewards.compose import Reward
from training.rewards.constant import Baselines, constant_baselines


def check_constants(
    samples: pl.DataFrame,
    rewards: Sequence[Reward],
    info: DatasetInfo,
    config: GrpoConfig,
    seen: Callable[[Baselines, Reward], None] | None = None,
) -> list[str]:
    """Compare policies that read nothing with the reference, under the reward of each stage.

    Args:
        samples: The train split.
        rewards: The rewards of the stages.
        info: The data set.
        config: Says whether a winner stops the run or is warned of.
        seen: Gets what was found for each reward, before it is judged.

    Returns:
        A sentence for each stage in which such a policy wins.

    Raises:
        TickerTuneError: One wins, and the recipe asks to stop; or no sample has an outcome.
    """
    accuracy: float | None = None
    winners = []
    for reward in rewards:
        baselines = constant_baselines(samples, reward, info.horizon or 1, config.seed, accuracy)
        accuracy = baselines.reference_accuracy
        if seen is not None:
            seen(baselines, reward)
        sentence = winner_sentence(baselines)
        if sentence is not None and reward.stage:
            sentence = f"Stage {reward.stage}: {sentence}"
        if sentence is not None and config.on_constant_wins == "stop":
            raise TickerTuneError(
                sentence, "Balance the reward (other weights, market-adjusted labels), or set on_constant_wins to warn"
            )
        winners += [] if sentence is None else [sentence]
    return winners


def report(baselines: Baselines, reward: Reward, path: Path) -> None:
    """Write the baselines as JSON and print the table on standard error."""
    settings = reward.settings
    value: dict[str, Any] = {
        "stage": reward.stage,
        "weights": dict(reward.weights),
        "pnl": settings.pnl.model_dump(),
        "terms": settings.terms.model_dump(),
        **asdict(baselines),
    }
    write_json(path, value)
    stage = f", stage {reward.stage}" if reward.stage else ""
    table = Table(title=f"Reward of policies that read nothing, on the train split{stage}")
    for column in ("policy", "accuracy", "reward", "minus reference", "95% interval"):
        table.add_column(column, justify="left" if column == "policy" else "right")
    table.add_row(
        "reference (TF-IDF accuracy)",
        f"{baselines.reference_accuracy:.3f}",
        f"{baselines.reference_reward:+.3f}",
        "",
        "",
    )
    for row in baselines.policies:
        span = "too few days" if row.low is None or row.high is None else f"{row.low:+.3f} to {row.high:+.3f}"
        table.add_row(row.policy, f"{row.accuracy:.3f}", f"{row.reward:+.3f}", f"{row.minus_reference:+.3f}", span)
    Console(file=sys.stderr, width=100).print(table)


def winner_sentence(baselines: Baselines) -> str | None:
    """Return the sentence that says which policy beats the reference, or None."""
    if not baselines.winners:
        return None
    best = max(baselines.winners, key=lambda row: row.minus_reference)
    return (
        f"Policy '{best.policy}' earns {best.minus_reference:+.3f} more than an honest policy with accuracy "
        f"{baselines.reference_accuracy:.3f} (95% interval {best.low:+.3f} to {best.high:+.3f})"
    )
