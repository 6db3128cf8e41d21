"""Features that are the target, or tell it too well."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.roles import NAMES
from data_pipeline.audit.leakage.view import View

NAME = "features_tell_target"
FEWEST = 50
MOST = 100_000
"""Rows compared; of more every second, fourth …"""
SAME = 0.95
"""Correlation (of values or of ranks) from which a feature is the target."""
CERTAIN, STRONG = 0.95, 0.75
"""AUC of one feature: no honest feature of tomorrow's return comes near."""
NOT_FEATURES = {*NAMES["label"], *NAMES["target"], "weight", "id", "index", "row", "__index_level_0__", "unnamed: 0"}


def check(view: View) -> list[Finding]:
    """Correlate every numeric column, and the length of the text, with the return and the label."""
    columns = {name: view.features[name] for name in view.features.columns if name.lower() not in NOT_FEATURES}
    step = max(view.frame.height // MOST, 1)
    arrays = {name: _array(values)[::step] for name, values in columns.items()}
    if view.has("texts"):
        length = view.frame.select("row").join(
            view.texts.select("row", length=pl.col("text").str.len_chars().cast(pl.Float64)), on="row", how="left",
            maintain_order="left",
        )  # fmt: skip
        arrays["length of the text"] = _array(length["length"])[::step]
    found = []
    for name, values in arrays.items():
        found += _judge(view, name, values, step)
    return found


def _judge(view: View, name: str, values: NDArray[np.float64], step: int) -> list[Finding]:
    remedy = f"Leave {name} out of features and prompts, or show that it is known before the decision"
    for target in view.targets.columns:
        pair = np.column_stack([values, _array(view.targets[target])[::step]])
        pair = pair[np.isfinite(pair).all(axis=1)]
        if len(pair) < FEWEST or np.ptp(pair, axis=0).min() == 0:
            continue
        plain = float(np.corrcoef(pair.T)[0, 1])
        ranks = float(np.corrcoef(rankdata(pair[:, 0]), rankdata(pair[:, 1]))[0, 1])
        best = max(plain, ranks, key=abs)
        if abs(best) >= SAME:
            return [
                view.finding(
                    NAME, "error", len(pair), len(values),
                    f"{name} correlates with the return {target} at {best:+.3f}: it is the target in other words", remedy,
                )
            ]  # fmt: skip
    if not view.has("label"):
        return []
    label, auc = _best_auc(values, view.frame["label"].gather_every(step))
    if auc < STRONG:
        return []
    return [
        view.finding(
            NAME, "error" if auc >= CERTAIN else "warning", len(values), len(values),
            f"{name} alone tells '{label}' from the rest with AUC {auc:.3f}", remedy,
        )
    ]  # fmt: skip


def _best_auc(values: NDArray[np.float64], labels: pl.Series) -> tuple[str, float]:
    """The class that a feature tells best, and the AUC with which it does, in the better direction."""
    known = np.isfinite(values) & labels.is_not_null().to_numpy()
    if known.sum() < FEWEST or np.ptp(values[known]) == 0:
        return "", 0.5
    ranks, own = rankdata(values[known]), labels.filter(pl.Series(known))
    best = ("", 0.5)
    classes = own.value_counts().filter(pl.col("count") >= 20)["label"].sort().to_list()
    for name in classes[:20]:
        is_class = (own == name).to_numpy()
        ones, zeros = int(is_class.sum()), int((~is_class).sum())
        if zeros < 20:
            continue
        auc = float((ranks[is_class].sum() - ones * (ones + 1) / 2) / (ones * zeros))
        if max(auc, 1 - auc) > best[1]:
            best = (name, max(auc, 1 - auc))
    return best


def _array(values: pl.Series) -> NDArray[np.float64]:
    return values.cast(pl.Float64).fill_null(np.nan).to_numpy()
