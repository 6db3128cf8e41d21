"""A document's whole story in a built folder: its revisions, what curation and linking did, the samples that show it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.dataset.reading import dataset_folder
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.table import read_parquet

DROPPED = "dropped_documents.parquet"
WITHHELD_DAYS = 10
"""Withheld samples of a document's companies are named up to so many days after it became available."""
_SHOWN = (
    "doc_id",
    "revision",
    "source",
    "category",
    "title",
    "published_at",
    "available_at",
    "time_quality",
    "licence",
    "url",
)
_EXCERPT = 240


def story(folder: Path, doc_id: str) -> dict[str, Any]:
    """Tell what became of one document.

    Args:
        folder: A data stage's folder.
        doc_id: Id of the document.

    Returns:
        ``revisions`` (each with ``outcome``: kept, or the drop's reason, detail and survivor; and ``links`` with their
        evidence), ``cluster`` (the documents that went in the same one's favour, that one first), ``samples`` that
        show it, and ``withheld`` samples of its companies soon after.

    Raises:
        TickerTuneError: The folder is no data stage's, or holds no such document.
    """
    kept, drops = _table(folder, "documents.parquet"), _table(folder, "drops.parquet")
    gone = read_parquet(folder / DROPPED) if (folder / DROPPED).is_file() else kept.clear()
    known = [*kept["doc_id"].unique(), *drops["doc_id"].unique()]
    if doc_id not in known:
        raise TickerTuneError(
            f"Folder {folder} holds no document '{doc_id}'{did_you_mean(doc_id, known)}",
            "Give a doc_id of documents.parquet or drops.parquet there",
        )
    own = drops.filter(pl.col("doc_id") == doc_id)
    stays = kept.filter(pl.col("doc_id") == doc_id)
    revisions = [_revision(row, None) for row in stays.iter_rows(named=True)]
    texts = {row["revision"]: row for row in gone.filter(pl.col("doc_id") == doc_id).iter_rows(named=True)}
    revisions += [_revision(texts.get(drop["revision"], drop), drop) for drop in own.iter_rows(named=True)]
    companies = sorted({link["instrument_id"] for row in stays["symbols"] for link in row})
    return {
        "doc_id": doc_id,
        "revisions": sorted(revisions, key=lambda row: row["revision"]),
        "cluster": _cluster(doc_id, own, drops, pl.concat([kept, gone], how="diagonal_relaxed")),
        "samples": _samples(folder, doc_id),
        "withheld": _withheld(folder, companies, stays),
    }


def _table(folder: Path, name: str) -> pl.DataFrame:
    if not (folder / name).is_file():
        raise TickerTuneError(
            f"Folder {folder} has no {name}", "Name the folder of a data stage, as tickertune data build writes it"
        )
    return read_parquet(folder / name)


def _revision(row: dict[str, Any], drop: dict[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {name: _plain(row.get(name)) for name in _SHOWN}
    found["body"] = (row.get("body") or "")[:_EXCERPT]
    if drop is None:
        return found | {"outcome": "kept", "reason": None, "detail": None, "survivor": None, "links": row["symbols"]}
    said = {name: drop[name] for name in ("reason", "detail", "survivor")}
    return found | {"outcome": "dropped", **said, "links": []}


def _cluster(doc_id: str, own: pl.DataFrame, drops: pl.DataFrame, texts: pl.DataFrame) -> list[dict[str, Any]]:
    survivor = next(iter(own["survivor"].drop_nulls()), doc_id)
    members = drops.filter(pl.col("survivor") == survivor)
    if members.is_empty():
        return []
    first = texts.filter(pl.col("doc_id") == survivor).sort("revision").head(1)
    named = ("doc_id", "source", "title", "available_at")
    rows = (
        [{"role": "survivor", "reason": None, **{name: _plain(first[name][0]) for name in named}}] if len(first) else []
    )
    joined = members.join(texts, on=["doc_id", "revision"], how="left").sort("available_at", "doc_id", "revision")
    return rows + [
        {"role": "dropped", "reason": row["reason"], **{name: _plain(row[name]) for name in named}}
        for row in joined.unique(["doc_id", "revision"], keep="first", maintain_order=True).iter_rows(named=True)
    ]


def _samples(folder: Path, doc_id: str) -> list[dict[str, Any]]:
    columns = ["sample_id", "split", "symbol", "as_of", "label"]
    found: list[dict[str, Any]] = []
    for path in sorted((dataset_folder(folder) / "data").glob("*.parquet")):
        table = read_parquet(path).filter(pl.col("doc_ids").list.contains(doc_id))
        found += [{name: _plain(value) for name, value in row.items()} for row in table.select(columns).to_dicts()]
    return sorted(found, key=lambda row: str(row["sample_id"]))


def _withheld(folder: Path, companies: list[str], stays: pl.DataFrame) -> list[dict[str, Any]]:
    path = folder / "withheld.parquet"
    if not path.is_file() or stays.is_empty():
        return []
    first = stays["available_at"].dt.date().min()
    table = read_parquet(path).filter(
        pl.col("instrument_id").is_in(companies),
        pl.col("session").is_between(first, pl.lit(first) + timedelta(days=WITHHELD_DAYS)),
    )
    shown = (
        table.select("sample_id", "session", "reason", "kind", "detail").unique().sort("sample_id", "kind", "detail")
    )
    return [{name: _plain(value) for name, value in row.items()} for row in shown.to_dicts()]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool, list)) else str(value)
