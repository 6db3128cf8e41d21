"""The part of ``tickertune data audit`` that looks at tables: faults of price series, and clocks of feeds."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tickertune.cli.output import print_table

if TYPE_CHECKING:
    import polars as pl

PLOTS = 20
"""Series that are drawn, those with the most suspect findings first."""


@dataclass(frozen=True)
class Tables:
    """The tables of documents and prices in a folder, and what the audit of both found."""

    bars: "pl.DataFrame"
    findings: "pl.DataFrame"
    clocks: "pl.DataFrame"
    profile: "pl.DataFrame"

    def numbers(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        stamps = self.profile.drop("by_hour").to_dicts()
        return {"findings": _rows(self.findings), "clocks": self.clocks.to_dicts(), "stamps": stamps}

    def show(self) -> None:
        """Print for people."""
        from data_pipeline.audit.prices import summary

        series = self.bars["instrument_id"].n_unique()
        counted = summary(self.findings)
        print_table(f"Prices: {series} series, {self.bars.height} bars", counted.drop("meaning", "remedy").to_dicts())
        for kind, meaning, remedy in counted.select("kind", "meaning", "remedy").unique(maintain_order=True).rows():
            print(f"- {kind}: {meaning}. {remedy}.")
        shown = ["source", "documents", "share_exact", "share_minute", "share_day", "lag_median"]
        print_table("Stamps", self.profile.select(shown).to_dicts())
        for clock in self.clocks.to_dicts():
            print(f"- {clock['severity']}: {clock['source']}: {clock['detail']}")

    def write(self, folder: Path) -> None:
        """Write findings.parquet, clocks.parquet and a picture of each suspect series."""
        _write(folder, self.bars, self.findings, self.clocks)


def audit_tables(folder: Path, exchange: str) -> Tables | None:
    """Audit the bars and documents of a folder; None where it has neither."""
    from data_pipeline.audit.prices import audit_markets
    from data_pipeline.audit.times import audit_times, time_profile
    from tickertune.core.document import Document
    from tickertune.core.market import Bar, CorporateAction

    bars, actions = _table(folder, "bars", Bar), _table(folder, "actions", CorporateAction)
    documents = _table(folder, "documents", Document)
    if bars.is_empty() and documents.is_empty():
        return None
    findings = audit_markets(bars, actions, _instruments(folder, bars, exchange))
    return Tables(bars, findings, audit_times(documents), time_profile(documents))


def _table(folder: Path, name: str, noun: Any) -> "pl.DataFrame":
    import polars as pl

    from tickertune.core.table import read_parquet, schema_of

    path = folder / f"{name}.parquet"
    return read_parquet(path) if path.is_file() else pl.DataFrame(schema=schema_of(noun))


def _instruments(folder: Path, bars: "pl.DataFrame", exchange: str) -> "pl.DataFrame":
    """The folder's instruments; a bar whose instrument is not among them is taken to be of ``exchange``."""
    import polars as pl

    from tickertune.core.market import Instrument
    from tickertune.core.table import frame_of

    known = _table(folder, "instruments", Instrument)
    rest = sorted(set(bars["instrument_id"]) - set(known["instrument_id"]))
    added = [Instrument(instrument_id=name, symbol=name, exchange=exchange, currency="USD", name=name) for name in rest]
    return pl.concat([known, frame_of(Instrument, added)]) if added else known


def _rows(findings: "pl.DataFrame") -> list[dict[str, Any]]:
    import polars as pl

    return findings.with_columns(pl.col("first_session", "last_session").cast(pl.String)).to_dicts()


def _write(folder: Path, bars: "pl.DataFrame", findings: "pl.DataFrame", clocks: "pl.DataFrame") -> None:
    import polars as pl

    from data_pipeline.audit.prices.plot import plot_findings
    from tickertune.core.files import write_text
    from tickertune.core.table import write_table

    write_table(findings, folder / "findings.parquet", ["instrument_id", "first_session", "kind", "detail"])
    write_table(clocks, folder / "clocks.parquet", ["source", "kind"])
    suspects = findings.filter(pl.col("severity") == "suspect").group_by("instrument_id").len()
    for name in suspects.sort("len", "instrument_id", descending=[True, False])["instrument_id"].head(PLOTS):
        safe = "".join(letter if letter.isalnum() else "_" for letter in name)
        write_text(folder / f"{safe}.svg", plot_findings(bars, findings, name))
