"""From a source to a view: one pass over all rows, in bounded memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from data_pipeline.audit.leakage.documents import items_of_documents
from data_pipeline.audit.leakage.inputs import Source, split_name
from data_pipeline.audit.leakage.roles import TIME_ROLES, Roles, find_roles, split_period
from data_pipeline.audit.leakage.text import digest, text_of, without_template
from data_pipeline.audit.leakage.times import TimeColumn, read_times
from data_pipeline.audit.leakage.view import ITEMS, View
from tickertune.core.errors import TickerTuneError

MAX_ROWS = 1_000_000
"""Rows kept; of a larger set every second, fourth … row."""
MAX_TEXTS = 50_000
MAX_CHARS = 100_000_000
"""Texts searched word by word, and their characters; of more every second, fourth … text."""
MAX_FEATURES = 200
_TEMPORAL = ("date", "time", "_at", "day")
"""What a name must hold for a column of text or whole numbers to be looked at as times."""


@dataclass(frozen=True)
class Loaded:
    """A view with the sizes of what it was made from."""

    view: View
    rows: int
    texts: int


def load_view(
    source: Source,
    overrides: Mapping[str, tuple[str, ...]],
    *,
    zone: str | None,
    exchange: str,
    exchange_zone: str,
    documents: pl.DataFrame | None,
    latency_minutes: int = 0,
) -> Loaded:
    """Read a source.

    Args:
        source: The data set.
        overrides: Roles that the user has named.
        zone: Zone of naive times; None: UTC, and findings say so.
        exchange: ISO 10383 code.
        exchange_zone: Its zone.
        documents: Table of documents behind ``doc_ids``; None: there is none.
        latency_minutes: Time from a document's availability to its use.

    Raises:
        TickerTuneError: No rows, a damaged file, or no column plays any role.
    """
    head = source.head()
    roles = find_roles(head, overrides)
    if not roles.columns:
        raise TickerTuneError(
            f"No column of {source.name} plays a known role (columns: {', '.join(head.columns)})",
            "Name them: --column text=COLUMN --column label=COLUMN --column published=COLUMN",
        )
    numeric = [
        name
        for name, dtype in head.schema.items()
        if name not in roles.taken() and (dtype.is_numeric() or dtype == pl.Boolean)
    ]
    timed = [name for name in head.columns if name not in roles.taken() and _maybe_time(name, head.schema[name])]
    wanted = [*roles.taken() - set(roles.all("text")), *numeric[:MAX_FEATURES], *timed]
    reader = _Reader(roles, list(dict.fromkeys(wanted)))
    for part, batch in source.batches([*reader.columns, *roles.all("text")]):
        reader.add(part.split, batch)
    frame, texts = reader.tables()
    notes = reader.notes(numeric)
    raw = frame
    times = _times(raw, roles, zone, exchange_zone)
    plain = _plain(raw, roles, times)
    others = {name: found for name in timed if (found := read_times(raw[name], zone, exchange_zone)) is not None}
    for name, column in {**{roles.get(role) or role: found for role, found in times.items()}, **others}.items():
        if column.assumed_utc:
            notes.append(f"column {name} holds naive times, which are read as UTC: state their zone with --zone")
        if column.unread:
            notes.append(f"{column.unread} values of column {name} are no time and are left out")
    items = _listed_items(raw, roles, zone, exchange_zone)
    if documents is not None and roles.get("documents"):
        items = items_of_documents(raw, roles.all("documents")[0], documents, latency_minutes)
    features = raw.select([name for name in numeric[:MAX_FEATURES] if name in raw.columns and name not in others])
    view = View(
        name=source.name,
        frame=plain,
        texts=texts.with_columns(without_template(texts["text"])),
        roles=roles,
        exchange=exchange,
        zone=exchange_zone,
        times=times,
        other_times=others,
        features=features.select(pl.all().cast(pl.Float64, strict=False)),
        targets=raw.select(pl.col(list(roles.all("target"))).cast(pl.Float64, strict=False)),
        items=items,
        column_names=(*head.columns, *(name for part in source.parts for name in part.left_out)),
        notes=notes,
    )
    return Loaded(view, reader.seen, texts.height)


class _Reader:
    """Keeps columns and a part of the texts; where there are too many, it thins out by halves."""

    def __init__(self, roles: Roles, columns: list[str]) -> None:
        self.roles, self.columns = roles, columns
        self.seen, self.stride, self.text_stride, self.chars = 0, 1, 1, 0
        self._kept: list[pl.DataFrame] = []
        self._texts: list[pl.DataFrame] = []

    def add(self, split: str | None, batch: pl.DataFrame) -> None:
        """Take the next rows of a part."""
        rows = pl.int_range(self.seen, self.seen + batch.height, dtype=pl.UInt32, eager=True).alias("row")
        self.seen += batch.height
        text_columns = tuple(name for name in self.roles.all("text") if name in batch.columns)
        batch = batch.with_columns(rows, pl.lit(split, dtype=pl.String).alias("part_split"))
        if text_columns:
            batch = batch.with_columns(_text=text_of(text_columns, batch.schema)).with_columns(
                text_hash=digest(pl.col("_text"))
            )
            self._add_texts(batch.select("row", text="_text"))
        names = [name for name in self.columns if name in batch.columns]
        extra = ["text_hash"] if text_columns else []
        self._kept.append(batch.select("row", "part_split", *extra, *names).filter(pl.col("row") % self.stride == 0))
        while sum(table.height for table in self._kept) > MAX_ROWS:
            self.stride *= 2
            self._kept = [pl.concat(self._kept, how="diagonal_relaxed").filter(pl.col("row") % self.stride == 0)]

    def _add_texts(self, texts: pl.DataFrame) -> None:
        texts = texts.filter((pl.col("row") % self.text_stride == 0) & pl.col("text").is_not_null())
        self._texts.append(texts)
        self.chars += int(texts["text"].str.len_bytes().sum())
        while sum(table.height for table in self._texts) > MAX_TEXTS or self.chars > MAX_CHARS:
            self.text_stride *= 2
            self._texts = [pl.concat(self._texts).filter(pl.col("row") % self.text_stride == 0)]
            self.chars = int(self._texts[0]["text"].str.len_bytes().sum())
            if self._texts[0].height <= 1:
                break

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The kept columns and the kept texts."""
        frame = pl.concat(self._kept, how="diagonal_relaxed")
        empty = pl.DataFrame(schema={"row": pl.UInt32(), "text": pl.String()})
        # Rows thinned out after their text was taken have no columns any more.
        texts = pl.concat([empty, *self._texts]).join(frame.select("row"), on="row", how="semi", maintain_order="left")
        return frame, texts

    def notes(self, numeric: list[str]) -> list[str]:
        """What was thinned out."""
        found = []
        if self.stride > 1:
            found.append(f"of {self.seen:,} rows one in {self.stride} was looked at")
        if self.text_stride > 1:
            found.append(
                f"one text in {max(self.text_stride, self.stride)} was searched; equal texts were compared over all rows looked at"
            )
        if len(numeric) > MAX_FEATURES:
            found.append(f"of {len(numeric)} numeric columns the first {MAX_FEATURES} were compared with the label")
        return found


def _maybe_time(name: str, dtype: pl.DataType) -> bool:
    named = any(part in name.lower() for part in _TEMPORAL)
    return dtype.is_temporal() or (named and (dtype == pl.String or dtype.is_integer()))


def _times(raw: pl.DataFrame, roles: Roles, zone: str | None, exchange_zone: str) -> dict[str, TimeColumn]:
    found: dict[str, TimeColumn] = {}
    for role in TIME_ROLES:
        name = roles.get(role)
        if name is None or name not in raw.columns:
            continue
        column = _list_times(raw[name], zone, exchange_zone) if isinstance(raw[name].dtype, pl.List) else None
        column = column or read_times(raw[name], zone, exchange_zone)
        if column is not None:
            found[role] = column
    if (period := roles.get("period")) is not None and period in raw.columns:
        for role, values in zip(("entry", "exit"), split_period(raw[period]), strict=True):
            column = read_times(values, zone, exchange_zone)
            if role not in found and column is not None:
                found[role] = column
    return found


def _list_times(values: pl.Series, zone: str | None, exchange_zone: str) -> TimeColumn | None:
    """The latest time of each list."""
    rows = pl.DataFrame({"at": values}).with_row_index("row").explode("at")
    read = read_times(rows["at"], zone, exchange_zone)
    if read is None:
        return None
    latest = rows.with_columns(at=read.utc).group_by("row", maintain_order=True).agg(pl.col("at").max())
    return TimeColumn(latest["at"], read.date_only, read.assumed_utc, read.unread, read.epoch)


def _listed_items(raw: pl.DataFrame, roles: Roles, zone: str | None, exchange_zone: str) -> pl.DataFrame:
    """Single texts of rows that list the times of their texts."""
    name = roles.get("published")
    if name is None or name not in raw.columns or not isinstance(raw[name].dtype, pl.List):
        return pl.DataFrame(schema=ITEMS)
    rows = raw.select("row", at=name).explode("at").drop_nulls("at")
    read = read_times(rows["at"], zone, exchange_zone)
    if read is None:
        return pl.DataFrame(schema=ITEMS)
    return rows.select(
        "row",
        item=read.utc.dt.to_string("%Y-%m-%dT%H:%M:%S"),
        published=read.utc,
        available=pl.lit(None, dtype=pl.Datetime("us", "UTC")),
        date_only=pl.lit(read.date_only),
    )


def _plain(raw: pl.DataFrame, roles: Roles, times: Mapping[str, TimeColumn]) -> pl.DataFrame:
    columns: list[Any] = ["row"]
    split = roles.get("split")
    named = pl.col(split).cast(pl.String) if split in raw.columns else pl.col("part_split")
    known = raw.select(named.alias("split"))["split"]
    if known.null_count() < len(known):
        names = {name: split_name(name) for name in known.unique().drop_nulls()}
        columns.append(known.replace_strict(names, default=None, return_dtype=pl.String).alias("split"))
    for role, dtype in (("label", pl.String()), ("symbol", pl.String()), ("target", pl.Float64())):
        name = roles.get(role)
        if name is not None and name in raw.columns:
            columns.append(pl.col(name).cast(dtype, strict=False).alias(role))
    if "text_hash" in raw.columns:
        columns.append("text_hash")
    return raw.select(*columns, *(column.utc.alias(role) for role, column in times.items()))
