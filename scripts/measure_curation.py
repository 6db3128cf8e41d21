"""Score curation's rules against the truth table of the simulated market.

    python scripts/measure_curation.py
    python scripts/measure_curation.py --json curation-truth.json

Prints, for language and for promotion, precision, recall and F1 over planted texts and texts that look like them and must
stay; ``--check`` exits with 1 where an F1 lies under its target. The rules are those of recipes/collected/data.yaml.
"""

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from data_pipeline.curation.filters import apply_filters
from data_pipeline.sources import load_source
from tickertune.core.files import write_json
from tickertune.core.recipe import CurationConfig, MovementDataConfig, SimulatedSourceConfig, load_config

RECIPE = Path(__file__).parents[1] / "recipes" / "collected" / "data.yaml"
TARGET = 0.97
PLANTED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "language": (("foreign", "foreign_varied"), ("spam", "spam_varied")),
    "spam": (("spam", "spam_varied"), ("foreign", "foreign_varied")),
}
"""Reason -> kinds that the rule must drop, and kinds that another rule may have dropped first, which are not judged."""


class Score(NamedTuple):
    """How well one rule finds what was planted."""

    rule: str
    planted: int
    others: int
    missed: int
    false_drops: int

    @property
    def precision(self) -> float:
        """Share of drops that were planted."""
        hits = self.planted - self.missed
        return hits / max(hits + self.false_drops, 1)

    @property
    def recall(self) -> float:
        """Share of planted texts that were dropped."""
        return (self.planted - self.missed) / max(self.planted, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        hits = self.planted - self.missed
        return 2 * hits / max(2 * hits + self.missed + self.false_drops, 1)


def measure(config: CurationConfig, seed: int) -> list[Score]:
    """Score the rules on a simulated market with varied texts."""
    source = SimulatedSourceConfig.model_validate({"seed": seed, "companies": 24, "dirt": {"variety": 0.5}})
    data = load_source(source, date(2023, 1, 3), date(2023, 7, 1))
    _, drops, _ = apply_filters(data.documents, config)
    truth = data.truth["documents"].join(
        drops.select("doc_id", "revision", "reason"), on=["doc_id", "revision"], how="left"
    )
    scores = []
    for reason, (kinds, ignored) in PLANTED.items():
        judged = truth.filter(~pl.col("kind").is_in(ignored))
        planted, dropped = pl.col("kind").is_in(kinds), pl.col("reason").eq_missing(reason)
        sums = judged.select(
            planted=planted.sum(),
            others=(~planted).sum(),
            missed=(planted & ~dropped).sum(),
            false_drops=(~planted & dropped).sum(),
        )
        scores.append(Score(reason, *sums.row(0)))
    return scores


def main() -> None:
    """Print the table; with ``--json FILE`` write it too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="file for the scores")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--check", action="store_true", help=f"exit with 1 where an F1 is under {TARGET}")
    arguments = parser.parse_args()
    scores = measure(load_config(MovementDataConfig, RECIPE).curation, arguments.seed)
    print(f"{'rule':<10}{'planted':>9}{'others':>9}{'missed':>8}{'false':>7}{'precision':>11}{'recall':>8}{'F1':>8}")
    for score in scores:
        print(
            f"{score.rule:<10}{score.planted:>9}{score.others:>9}{score.missed:>8}{score.false_drops:>7}"
            f"{score.precision:>11.4f}{score.recall:>8.4f}{score.f1:>8.4f}"
        )
    if arguments.json:
        rows = [
            {**score._asdict(), "precision": score.precision, "recall": score.recall, "f1": score.f1}
            for score in scores
        ]
        write_json(arguments.json, {"seed": arguments.seed, "scores": rows})
    if arguments.check and any(score.f1 < TARGET for score in scores):
        sys.exit(1)


if __name__ == "__main__":
    main()
