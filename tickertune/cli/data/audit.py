"""``tickertune data audit``: faults of price series, and clocks of feeds that cannot be right."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tickertune.cli.data.options import JsonOption
from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError

if TYPE_CHECKING:
    import polars as pl

PLOTS = 20
"""Series that are drawn, those with the most suspect findings first."""


def audit(
    folder: Annotated[
        Path, typer.Argument(help="Folder with bars.parquet or documents.parquet: of `data export` or of a data stage.")
    ],
    exchange: Annotated[
        str, typer.Option(help="ISO 10383 code of the exchange of bars that no instruments.parquet knows.")
    ] = "XNYS",
    output: Annotated[
        Path | None,
        typer.Option(help="Folder for findings.parquet, clocks.parquet and a picture of each suspect series."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look for splits applied twice or never, splices, gaps, stale or impossible bars, and for feeds with a wrong clock."""
    from data_pipeline.audit.prices import audit_markets, summary
    from data_pipeline.audit.times import audit_times, time_profile
    from tickertune.core.document import Document
    from tickertune.core.market import Bar, CorporateAction

    bars, actions = _table(folder, "bars", Bar), _table(folder, "actions", CorporateAction)
    documents = _table(folder, "documents", Document)
    if bars.is_empty() and documents.is_empty():
        raise TickerTuneError(
            f"Folder {folder} has neither bars.parquet nor documents.parquet",
            "Name the folder of `tickertune data export` or of a data stage",
        )
    findings = audit_markets(bars, actions, _instruments(folder, bars, exchange))
    profile, clocks = time_profile(documents), audit_times(documents)
    if output is not None:
        _write(output, bars, findings, clocks)
    if as_json:
        print_json(
            {"findings": _rows(findings), "clocks": clocks.to_dicts(), "stamps": profile.drop("by_hour").to_dicts()}
        )
        return
    print_table(f"Prices: {bars['instrument_id'].n_unique()} series, {bars.height} bars", summary(findings).to_dicts())
    shown = ["source", "documents", "share_exact", "share_minute", "share_day", "lag_median"]
    print_table("Stamps", profile.select(shown).to_dicts())
    for clock in clocks.to_dicts():
        print(f"- {clock['severity']}: {clock['source']}: {clock['detail']}")
    if output is not None:
        print(f"Written to {output}")


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
