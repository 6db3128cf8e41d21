"""Which column plays which role: by its name and type, or as the user says."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from tickertune.core.errors import TickerTuneError, did_you_mean

TIME_ROLES = ("as_of", "published", "available", "entry", "exit", "filed", "period_end")
NAMES: dict[str, tuple[str, ...]] = {
    "text": (
        "messages", "prompt", "query", "input", "text", "sentence", "tweet_text", "tweet", "content", "body",
        "maintext", "article", "news", "headline", "title", "summary",
    ),
    "label": (
        "label", "labels", "gold", "class", "movement", "direction", "sentiment", "target_class", "answer", "output",
    ),
    "target": (
        "ret_raw", "ret_excess", "ret_scaled", "ret", "return", "returns", "forward_return", "fwd_return", "fwd_ret",
        "next_return", "future_return", "next_day_return", "target", "y",
    ),
    "symbol": ("instrument_id", "symbol", "ticker", "stock_ticker", "stock", "stock_symbol", "tic"),
    "split": ("split", "subset", "partition", "fold"),
    "as_of": ("as_of", "asof", "decision_time", "decided_at", "decision_date", "prediction_date", "trade_date",
              "date", "day", "timestamp"),
    "published": (
        "published_at", "published", "date_publish", "publish_date", "publication_date", "pub_date", "pubdate",
        "published_date", "time_published", "created_at", "news_time", "news_date", "posted_at", "datetime", "time",
    ),
    "available": ("available_at", "available", "first_seen_at", "known_at"),
    "entry": ("entry", "entry_time", "entry_at", "entry_date", "t0", "start_date"),
    "exit": ("exit", "exit_time", "exit_at", "exit_date", "t1", "end_date"),
    "period": ("period", "window"),
    "filed": ("filed", "filed_at", "filing_date", "filed_date", "acceptance_datetime", "accepted_at"),
    "period_end": ("period_end", "fiscal_period_end", "period_of_report", "fiscal_date", "fiscal_date_ending",
                   "report_period"),
    "documents": ("doc_ids",),
}  # fmt: skip
"""Names by role, the likeliest first; compared without case, with ``_`` for anything that is no letter or digit."""
OURS = {"sample_id", "provenance", "doc_ids"}
"""Columns that only data sets of ours have: there every ``ret_`` column is a return after the entry."""
MOST_LABELS = 50
"""Different words from which a column of text is free text and no label."""
SEVERAL = ("text", "target", "documents")
"""Roles that several columns may share."""
_PERIOD = re.compile(r"^(\d{4}-\d\d-\d\d)\s*(?:_|/|to|~|,| )\s*(\d{4}-\d\d-\d\d)$")


@dataclass(frozen=True)
class Roles:
    """Role to the columns that play it."""

    columns: Mapping[str, tuple[str, ...]]

    def get(self, role: str) -> str | None:
        """The first column of a role; None where it has none."""
        return self.columns.get(role, (None,))[0]

    def all(self, role: str) -> tuple[str, ...]:
        """Every column of a role."""
        return self.columns.get(role, ())

    def taken(self) -> set[str]:
        """Columns that play a role."""
        return {column for columns in self.columns.values() for column in columns}

    def words(self) -> dict[str, str]:
        """Role to its columns in words."""
        return {role: " + ".join(columns) for role, columns in self.columns.items()}


def parse_overrides(pairs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read ``role=column`` words; ``role=a+b`` joins columns, and ``role=`` says that no column plays the role.

    Raises:
        TickerTuneError: A word has no ``=``, or the role is unknown.
    """
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        role, equals, column = pair.partition("=")
        if not equals:
            raise TickerTuneError(f"--column '{pair}' has no '='", "Write ROLE=COLUMN, such as text=headline")
        role = role.strip()
        if role not in NAMES:
            raise TickerTuneError(
                f"--column names the unknown role '{role}'{did_you_mean(role, NAMES)}", f"Use one of {', '.join(NAMES)}"
            )
        found[role] = tuple(filter(None, (part.strip() for part in column.split("+"))))
        if len(found[role]) > 1 and role not in SEVERAL:
            raise TickerTuneError(
                f"--column {pair} names {len(found[role])} columns for one role",
                f"Name one; only {', '.join(SEVERAL)} may have several",
            )
    return found


def find_roles(head: pl.DataFrame, overrides: Mapping[str, tuple[str, ...]]) -> Roles:
    """Say which columns play which roles.

    Args:
        head: The first rows, from which types are known.
        overrides: What the user says; it goes before names.

    Raises:
        TickerTuneError: The user names a column that is not there.
    """
    for role, columns in overrides.items():
        for column in columns:
            if column not in head.columns:
                raise TickerTuneError(
                    f"--column {role}={column}: the data set has no column '{column}'{did_you_mean(column, head.columns)}",
                    f"Use one of {', '.join(head.columns)}",
                )
    found = {role: columns for role, columns in overrides.items() if columns}
    taken = {column for columns in found.values() for column in columns}
    plain: dict[str, str] = {}
    for column in head.columns:
        plain.setdefault(re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_"), column)
    for role, names in NAMES.items():
        if role in overrides:
            continue
        fits = [plain[name] for name in names if name in plain and plain[name] not in taken]
        fits = [column for column in fits if _fits(role, head[column])]
        if role == "text":
            fits = _joined_text(fits, plain)
        if fits:
            found[role] = tuple(fits) if role in SEVERAL else (fits[0],)
            taken.update(found[role])
    if set(head.columns) >= OURS and "target" not in overrides:
        found["target"] = tuple(name for name in head.columns if name.startswith("ret_") or name == "target")
    return Roles(found)


def _joined_text(fits: list[str], plain: Mapping[str, str]) -> list[str]:
    """The likeliest text; a title goes together with its body."""
    if not fits:
        return []
    title = next((plain[name] for name in ("title", "headline") if plain.get(name) in fits), None)
    body = next((plain[name] for name in ("maintext", "body", "content", "article") if plain.get(name) in fits), None)
    return [title, body] if title and body and fits[0] in (title, body) else fits[:1]


def _fits(role: str, values: pl.Series) -> bool:
    """Whether the type of a column allows the role."""
    dtype = values.dtype
    known = values.drop_nulls()
    if role == "text":
        return dtype == pl.String or isinstance(dtype, pl.List)
    if role == "target":
        return dtype.is_numeric() and not _is_classes(known)
    if role == "label":
        few = known.n_unique() <= MOST_LABELS
        return (
            (dtype == pl.String and few)
            or dtype == pl.Boolean
            or dtype.is_integer()
            or (dtype.is_float() and _is_classes(known))
        )
    if role == "period":
        return dtype == pl.String and len(known) > 0 and all(_PERIOD.match(value) for value in known.head(20))
    if role == "documents":
        return isinstance(dtype, pl.List)
    if role in TIME_ROLES:
        return dtype.is_temporal() or dtype == pl.String or dtype.is_numeric() or isinstance(dtype, pl.List)
    return dtype == pl.String or dtype.is_integer()


def _is_classes(known: pl.Series) -> bool:
    """Whether numbers look like class numbers: few and whole."""
    return len(known) > 0 and known.n_unique() <= 10 and bool((known.cast(pl.Float64).round() == known).all())


def split_period(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Start and end, as text, of periods such as ``2023-05-07_2023-05-14``."""
    ends = [match.groups() if value and (match := _PERIOD.match(value)) else (None, None) for value in values]
    return (
        pl.Series([start for start, _ in ends], dtype=pl.String),
        pl.Series([end for _, end in ends], dtype=pl.String),
    )
