"""``tickertune data audit``: leakage checks of a data set, faults of price series, clocks of feeds: what there is to check."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tickertune.cli.data.audit_tables import audit_tables
from tickertune.cli.data.options import JsonOption
from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError

if TYPE_CHECKING:
    from data_pipeline.audit.leakage import AuditResult


def audit(
    dataset: Annotated[
        str,
        typer.Argument(
            help="Data set: a Parquet, JSONL, JSON or CSV file, a folder (save_to_disk, a data stage), or a Hub id. A folder "
            "with bars.parquet or documents.parquet (`data export`, a data stage) has its prices and clocks audited too."
        ),
    ],
    column: Annotated[
        list[str] | None,
        typer.Option("--column", help="ROLE=COLUMN, such as text=headline or as_of=date; may be given again."),
    ] = None,
    zone: Annotated[str | None, typer.Option(help="IANA zone of times without one, such as America/New_York.")] = None,
    exchange: Annotated[
        str, typer.Option(help="ISO 10383 code of the exchange whose days and hours are meant (or 24/7).")
    ] = "XNYS",
    documents: Annotated[
        Path | None, typer.Option(help="documents.parquet behind doc_ids (default: that beside a data set of ours).")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder for audit.html and audit.json; for tables findings.parquet, clocks.parquet, pictures."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look for leakage in a data set and for faults in prices and clocks; exits with 1 where a data set leaks."""
    from data_pipeline.audit.leakage import audit_dataset, is_dataset, parse_overrides

    columns = parse_overrides(column or [])
    folder = Path(dataset)
    tables = audit_tables(folder, exchange) if folder.is_dir() else None
    result = None
    if tables is None or is_dataset(folder):
        result = audit_dataset(dataset, columns=columns, zone=zone, exchange=exchange, documents=documents)
    elif columns or zone or documents:
        raise TickerTuneError(
            f"Folder {folder} holds tables and no data set: --column, --zone and --documents mean nothing there",
            "Name a single file, such as documents.parquet, to have it audited as a data set",
        )
    if output is not None:
        written = _write(result, output)
        if tables is not None:
            tables.write(output)
    if as_json:
        print_json(
            {**(tables.numbers() if tables else {}), **({"audit": result.model_dump(mode="json")} if result else {})}
        )
    else:
        if tables is not None:
            tables.show()
        if result is not None:
            _show(result)
        if output is not None:
            print(f"Written to {', '.join(map(str, written)) or output}")
    if result is not None and result.errors:
        raise typer.Exit(1)


def _write(result: "AuditResult | None", folder: Path) -> list[Path]:
    from data_pipeline.audit.leakage.html import write_report

    return write_report(result, folder) if result is not None else []


def _show(result: "AuditResult") -> None:
    from data_pipeline.audit.leakage.verdict import title_of, verdict

    print(verdict(result))
    rows: list[dict[str, Any]] = [
        {
            "severity": finding.severity,
            "check": title_of(result, finding.check) + ("*" if finding.assumes_utc else ""),
            "count": finding.count,
            "share": f"{finding.share:.2%}",
            "finding": finding.detail,
        }
        for finding in result.findings
    ]
    print_table(f"{result.dataset}: {result.rows:,} rows", rows)
    print("Columns: " + ", ".join(f"{role}={column}" for role, column in result.roles.items()))
    for note in result.notes:
        print(f"- {note}")
    for finding in result.errors:
        print(f"- remedy for {title_of(result, finding.check)}: {finding.remedy}")
