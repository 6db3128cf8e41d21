"""Texts and documents in two splits, equal or nearly so."""

import polars as pl

from data_pipeline.audit.leakage.finding import Finding, Severity
from data_pipeline.audit.leakage.similar import MAX_NEAR, near_copies
from data_pipeline.audit.leakage.view import View

NAME = "duplicates_across_splits"
SERIOUS = 0.01
"""Share of a split's rows with a copy in another from which scores on it are too high."""
REMEDY = "Keep equal and nearly equal texts on one side of the split: a model that has read the answer is not tested"


def check(view: View) -> list[Finding]:
    """Look for test and validation texts that train has too."""
    return [*_exact(view), *_near(view), *_documents(view)]


def _exact(view: View) -> list[Finding]:
    if "text_hash" not in view.frame.columns:
        return []
    rows = view.frame.drop_nulls("text_hash")
    train = rows.filter(pl.col("split") == "train")
    found = []
    for name in _others(rows):
        own = rows.filter(pl.col("split") == name)
        copies = own.join(train.select("text_hash").unique(), on="text_hash", how="semi")
        if copies.height:
            severity: Severity = "error" if copies.height >= SERIOUS * own.height else "warning"
            shown = view.texts.join(copies, on="row", how="semi").select("row", "text")
            found.append(
                view.finding(
                    NAME, severity, copies.height, own.height,
                    f"{copies.height:,} texts of {name} stand in train too, word for word", REMEDY, rows=shown,
                )
            )  # fmt: skip
    return found


def _near(view: View) -> list[Finding]:
    """Nearly equal texts, among those that are searched; equal ones are told by ``_exact``."""
    texts = view.with_text.drop_nulls("split").filter(pl.col("text").str.len_chars() > 0)
    train = texts.filter(pl.col("split") == "train")
    found = []
    for name in _others(texts):
        own = texts.filter(pl.col("split") == name)
        if "text_hash" in own.columns:
            own = own.join(train.select("text_hash"), on="text_hash", how="anti")
        own, against = own.head(MAX_NEAR // 2), train.tail(MAX_NEAR - min(own.height, MAX_NEAR // 2))
        if own.is_empty() or against.is_empty():
            continue
        pairs = near_copies(own.select("row", "text"), against.select("row", "text"))
        if pairs.is_empty():
            continue
        severity: Severity = "error" if pairs.height >= SERIOUS * own.height else "warning"
        shown = (
            pairs.head(4)
            .join(view.texts.select("row", "text"), on="row")
            .join(view.texts.select(train_row="row", train_text="text"), on="train_row")
            .select("row", "text", "train_row", "train_text")
        )
        limited = (
            "" if own.height + against.height < MAX_NEAR else f" (the last {against.height:,} of train were compared)"
        )
        found.append(
            view.finding(
                NAME, severity, pairs.height, own.height,
                f"{pairs.height:,} texts of {name} are nearly the same as one of train{limited}", REMEDY, rows=shown,
            )
        )  # fmt: skip
    return found


def _documents(view: View) -> list[Finding]:
    """Documents shown in two splits, where the data set names its documents."""
    if not view.has("items") or not view.roles.get("documents"):
        return []
    shown = view.items.select("row", "item").join(view.frame.select("row", "split"), on="row")
    shared = shown.group_by("item").agg(pl.col("split").n_unique(), pl.col("row").first()).filter(pl.col("split") > 1)
    if shared.is_empty():
        return []
    of = shown["item"].n_unique()
    severity: Severity = "error" if shared.height >= SERIOUS * of else "warning"
    return [
        view.finding(
            NAME, severity, shared.height, of, f"{shared.height:,} documents are shown in two splits",
            "Purge training rows until the first text of the next split", rows=shared.select("row", "item"),
            unit="documents",
        )
    ]  # fmt: skip


def _others(rows: pl.DataFrame) -> list[str]:
    names = rows["split"].drop_nulls().unique(maintain_order=True).to_list()
    return [name for name in names if name != "train"] if "train" in names else []
