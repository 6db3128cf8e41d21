"""Predictions on disk, one file a predictor, each with the key of what made it."""

from pathlib import Path
from typing import Any

import polars as pl

from eval.prediction import Prediction
from tickertune.core.files import read_json, sha256_value, write_json
from tickertune.core.table import read_table, write_table

VOTES = "votes.json"
"""The curves of votes by the number of replies (``VotePoint``)."""
PORTFOLIO = ("portfolio.json", "accounts.parquet", "fills.parquet")
"""What ``eval.portfolio.study`` writes."""
RESULTS = (
    "meta.json",
    "metrics.json",
    "equity.parquet",
    *PORTFOLIO,
    VOTES,
    "protocol.json",
    "guards.json",
    "cutoff_tags.parquet",
    "metrics_after_cutoff.json",
    "near_copies.parquet",
    "metrics_without_copies.json",
)
"""What is computed from the predictions; meta.json, the sign of a finished evaluation, is removed first."""


class PredictionStore:
    """``predictions/<name>.parquet`` and, written after it, ``<name>.json`` with the key and facts.

    A predictor whose key is unchanged is not scored again; one without the second file was cut off.
    """

    def __init__(self, folder: Path) -> None:
        self._results = [folder / name for name in RESULTS]
        self._folder = folder / "predictions"

    def has(self, name: str, key: dict[str, Any]) -> bool:
        """Whether predictions made from just this key are there, whole."""
        marker = self._folder / f"{name}.json"
        return (
            marker.is_file()
            and (self._folder / f"{name}.parquet").is_file()
            and read_json(marker)["key_hash"] == sha256_value(key)
        )

    def save(self, name: str, key: dict[str, Any], predictions: pl.DataFrame, facts: dict[str, Any]) -> None:
        """Keep ``Prediction`` rows, replacing older ones of the name; results of older predictions are removed."""
        self.drop_results()
        marker = self._folder / f"{name}.json"
        marker.unlink(missing_ok=True)
        write_table(predictions, self._folder / f"{name}.parquet", ["cluster", "sample_id"])
        write_json(marker, {"key": key, "key_hash": sha256_value(key), "facts": facts})

    def drop_results(self) -> None:
        """Remove what was computed before, so that a cut-off run never leaves it beside predictions it is not of."""
        for path in self._results:
            path.unlink(missing_ok=True)

    def load(self, name: str) -> pl.DataFrame:
        """Read ``Prediction`` rows, ordered by cluster and sample."""
        return read_table(self._folder / f"{name}.parquet", Prediction)

    def facts(self, name: str) -> dict[str, Any]:
        """Key and facts that were saved with a predictor."""
        stored = read_json(self._folder / f"{name}.json")
        return {**stored["key"], **stored["facts"]}
