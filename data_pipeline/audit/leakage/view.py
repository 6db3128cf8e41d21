"""What the checks see of a data set: plain columns by role, a sample of the texts, and what was assumed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from data_pipeline.audit.leakage.finding import Finding, Severity
from data_pipeline.audit.leakage.roles import Roles
from data_pipeline.audit.leakage.times import TimeColumn

EXAMPLES = 4
LATER_SPLITS = ("validation", "test")
WIDTH = 160
ITEMS = pl.Schema(
    {"row": pl.UInt32(), "item": pl.String(), "published": pl.Datetime("us", "UTC"),
     "available": pl.Datetime("us", "UTC"), "date_only": pl.Boolean()}
)  # fmt: skip
"""Single texts behind rows: an id or a stamp, and their times."""


@dataclass(frozen=True)
class View:
    """A data set by roles.

    ``frame`` has ``row`` and, where a column plays the role: ``split``, ``label`` (text), ``target`` (float),
    ``symbol``, ``text_hash``, and the times ``as_of``, ``published``, ``available``, ``entry``, ``exit``, ``filed``
    and ``period_end`` (aware UTC).
    """

    name: str
    frame: pl.DataFrame
    texts: pl.DataFrame
    """``row`` and ``text`` (without what all rows begin and end with) of the rows whose text is searched."""
    roles: Roles
    exchange: str
    zone: str
    """IANA zone of the exchange: days and hours are told in it."""
    times: dict[str, TimeColumn] = field(default_factory=dict)
    """By role; the series of a role is also a column of ``frame``."""
    other_times: dict[str, TimeColumn] = field(default_factory=dict)
    """Times that play no role, by column."""
    features: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Numeric columns without a role, row by row with ``frame``."""
    targets: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Columns of returns, row by row with ``frame``."""
    items: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ITEMS))
    """Single texts behind each row, where the data set tells them."""
    column_names: tuple[str, ...] = ()
    """All names, those of keys that are no columns too."""
    notes: list[str] = field(default_factory=list)

    def has(self, roles: str) -> bool:
        """Whether one of ``a|b`` is there."""
        return any(self._has(role) for role in roles.split("|"))

    def _has(self, role: str) -> bool:
        extra = {"items": self.items, "features": self.features, "texts": self.texts}
        if role in extra:
            return extra[role].height > 0 and extra[role].width > 0
        if role == "splits":
            return "split" in self.frame.columns and self.frame["split"].drop_nulls().n_unique() > 1
        return role in self.frame.columns and self.frame[role].null_count() < self.frame.height

    @property
    def clock(self) -> str | None:
        """The role that tells when a row belongs: its decision, else its entry, else its text."""
        return next((role for role in ("as_of", "entry", "available", "published", "exit") if self._has(role)), None)

    def day(self, role: str) -> pl.Expr:
        """The local day of a role's times."""
        return pl.col(role).dt.convert_time_zone(self.zone).dt.date()

    def dates(self, *roles: str) -> bool:
        """Whether any of the roles holds dates without a clock time."""
        return any(self.times[role].date_only for role in roles if role in self.times)

    def finding(
        self,
        check: str,
        severity: Severity,
        count: int,
        of: int,
        detail: str,
        remedy: str,
        *,
        rows: pl.DataFrame | None = None,
        times: tuple[str, ...] = (),
        unit: str = "rows",
    ) -> Finding:
        """Build a finding; ``rows`` are examples, ``times`` the roles whose clocks it rests on."""
        assumed = any(self.times[role].assumed_utc for role in times if role in self.times)
        return Finding(
            check=check,
            severity=severity,
            count=count,
            share=count / max(of, 1),
            detail=detail,
            remedy=remedy,
            unit=unit,
            assumes_utc=assumed,
            examples=examples(rows) if rows is not None else [],
        )

    @cached_property
    def with_text(self) -> pl.DataFrame:
        """``frame`` joined with the texts that are searched."""
        return self.texts.join(self.frame, on="row", how="left", maintain_order="left")


def examples(rows: pl.DataFrame) -> list[dict[str, str]]:
    """A few rows as text, long cells cut."""
    shown = rows.head(EXAMPLES)
    return [
        {name: cell(value) for name, value in row.items() if value is not None} for row in shown.iter_rows(named=True)
    ]


def cell(value: object) -> str:
    """One value as a reader sees it: on one line, times without what is zero."""
    text = f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())
    text = text.removesuffix("+00:00") + (" UTC" if text.endswith("+00:00") else "")
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


Check = Callable[[View], list[Finding]]
"""The one protocol: a check looks at a view and says what it found."""
