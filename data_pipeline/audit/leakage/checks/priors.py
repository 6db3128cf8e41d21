"""Label shares by split and month, and what a constant answer scores."""

import numpy as np
import polars as pl
from scipy.stats import chi2_contingency

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "label_priors"
MOVED = 0.1
"""Total variation between the label shares of two splits that is reported, if it is no chance."""
CHANCE = 1e-3
ONE_SIDED = 0.8
MOST_CLASSES = 50


def check(view: View) -> list[Finding]:
    """Compare the splits, name missing classes, and score the constant answer."""
    rows = view.frame.drop_nulls("label")
    classes = sorted(rows["label"].unique())
    if not 1 < len(classes) <= MOST_CLASSES:
        if len(classes) == 1:
            return [view.finding(NAME, "error", rows.height, rows.height, f"there is one label alone, '{classes[0]}'",
                                 "Check how labels are made")]  # fmt: skip
        return []
    counts = counts_by_split(view)
    found = [*_missing(view, counts, classes), *_shift(view, counts, classes)]
    tested = "test" if "test" in counts else next(iter(counts))
    learnt = counts.get("train", counts[tested])
    top = max(learnt, key=lambda label: learnt[label])
    total = sum(counts[tested].values())
    accuracy = counts[tested].get(top, 0) / max(total, 1)
    f1 = 2 * accuracy / (1 + accuracy) / len(classes)
    found.append(
        view.finding(
            NAME, "warning" if accuracy >= ONE_SIDED else "note", counts[tested].get(top, 0), total,
            f"always answering '{top}' scores accuracy {accuracy:.3f} and macro F1 {f1:.3f} on {tested}",
            "Print this constant beside every score, and balance or weigh classes where it is high",
        )
    )  # fmt: skip
    return found


def counts_by_split(view: View) -> dict[str, dict[str, int]]:
    """Rows of each label by split; all rows under ``all`` where there is no split."""
    split = pl.col("split").fill_null("all") if "split" in view.frame.columns else pl.lit("all").alias("split")
    table = view.frame.drop_nulls("label").group_by(split, "label", maintain_order=True).len()
    counts: dict[str, dict[str, int]] = {}
    for name, label, number in table.sort("split", "label").iter_rows():
        counts.setdefault(name, {})[label] = number
    return counts


def shares_by_month(view: View) -> pl.DataFrame:
    """``month``, ``label``, ``share`` and ``rows`` of the month; empty without a time."""
    clock = view.clock
    if clock is None or "label" not in view.frame.columns:
        return pl.DataFrame(schema={"month": pl.Date, "label": pl.String, "share": pl.Float64, "rows": pl.Int64})
    months = view.frame.drop_nulls([clock, "label"]).select("label", month=view.day(clock).dt.month_start())
    table = months.group_by("month", "label").len().with_columns(rows=pl.col("len").sum().over("month"))
    return table.select(
        "month", "label", share=pl.col("len") / pl.col("rows"), rows=pl.col("rows").cast(pl.Int64)
    ).sort("month", "label")


def _missing(view: View, counts: dict[str, dict[str, int]], classes: list[str]) -> list[Finding]:
    found = []
    for name, own in counts.items():
        gone = [label for label in classes if label not in own]
        if gone and len(counts) > 1 and sum(own.values()) >= 10 * len(classes):
            found.append(
                view.finding(
                    NAME, "error" if name == "train" else "warning", len(gone), len(classes),
                    f"{name} has no row of {', '.join(gone)}", "Move the split's bounds, or drop the class everywhere",
                    unit="classes",
                )
            )  # fmt: skip
    return found


def _shift(view: View, counts: dict[str, dict[str, int]], classes: list[str]) -> list[Finding]:
    found = []
    for name, own in counts.items():
        if name == "train" or "train" not in counts:
            continue
        table = np.array([[counts[split].get(label, 0) for label in classes] for split in ("train", name)], dtype=float)
        table = table[:, table.sum(axis=0) > 0]
        if table.shape[1] < 2 or (table.sum(axis=1) == 0).any():
            continue
        shares = table / table.sum(axis=1, keepdims=True)
        moved = float(np.abs(shares[0] - shares[1]).sum() / 2)
        chance = float(chi2_contingency(table).pvalue)
        if moved >= MOVED and chance < CHANCE:
            told = ", ".join(
                f"{label} {_share(counts['train'], label):.1%} to {_share(own, label):.1%}" for label in classes[:6]
            )
            found.append(
                view.finding(
                    NAME, "warning", int(table[1].sum()), int(table.sum()),
                    f"label shares move by {moved:.2f} from train to {name} (p = {chance:.1g}): {told}",
                    "Report scores that a prior cannot win (MCC, macro F1, AUC) beside the constant",
                )
            )  # fmt: skip
    return found


def _share(counts: dict[str, int], label: str) -> float:
    return counts.get(label, 0) / max(sum(counts.values()), 1)
