"""Score the price audit against the truth table of the simulated market, and count what it says of clean and real prices.

    python scripts/measure_prices.py
    python scripts/measure_prices.py --seeds 5 --json price-truth.json --check
    python scripts/measure_prices.py --real ../shared/data

A fault counts as found where a finding of its kind lies on its days. A false alarm is a suspect finding on an instrument
more than a session away from all of its faults. ``--check`` exits with 1 where a fault is missed, or a clean world or an
honest jump makes a suspect finding. A splice is found by the series of the company as which a symbol goes on; rows *seen
alone* tell what is found where the table lacks that series, level steps under 12 %, which a night of news makes too, apart.
"""

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from real_prices import TRUE_BASIS, listed, real_bars

from data_pipeline.audit.prices import audit_markets
from data_pipeline.audit.prices.shared import KIND as SHARED
from data_pipeline.sources import SourceData, load_source
from tickertune.core.files import write_json
from tickertune.core.market import CorporateAction
from tickertune.core.recipe import SimulatedSourceConfig
from tickertune.core.table import schema_of

SINCE, UNTIL = date(2021, 1, 4), date(2022, 7, 1)
CHANCE = 0.02
FAULTS: dict[str, Any] = {
    "vendor_adjusted": 0.4,
    "adj_close": True,
    "dividend_missing": 0.3,
    "dividend_doubled": 0.3,
    "splice_symbol": 0.01,
    "disordered": 0.3,
    **dict.fromkeys(
        ("split_twice", "split_not_applied", "split_unrecorded", "split_phantom", "splice_basis", "stale", "spike",
         "zero_volume", "off_session", "doubled_bar", "honest_jump"), CHANCE,
    ),
}  # fmt: skip
EXPECTED: dict[str, tuple[str, ...]] = {
    "split_twice": ("split_applied_twice",),
    "split_not_applied": ("split_not_applied",),
    "split_unrecorded": ("split_without_action", "splice"),
    "split_phantom": ("split_applied_twice",),
    "dividend_missing": ("dividend_without_action",),
    "dividend_doubled": ("dividend_misstated", "duplicated_action"),
    "splice_basis": ("split_without_action", "splice"),
    "splice_basis_end": ("split_applied_twice",),
    "splice_symbol": ("shared_prices", "splice", "split_without_action", "large_move", "spike"),
    "stale": ("stale_close", "repeated_bar"),
    "spike": ("spike", "impossible_bar"),
    "zero_volume": ("zero_volume",),
    "off_session": ("off_session",),
    "doubled_bar": ("duplicated_session",),
}
"""Planted kind -> findings that name it. A step that the next day's true move happens to undo is called a spike."""
GAPS = ("missing_sessions", "starts_late", "ends_early")
SMALL = 0.12
"""Log level step of a splice that a night of news makes too: no series alone tells it."""
ALONE = ", seen alone"
"""Of a splice: with no other series to compare."""


class Score(NamedTuple):
    """How one kind of planted fault was found."""

    kind: str
    planted: int
    found: int
    suspect: int
    """Found, and by a finding that withholds labels."""

    @property
    def recall(self) -> float:
        """Share that was found."""
        return self.found / max(self.planted, 1)


class Alarms(NamedTuple):
    """Findings where nothing is planted."""

    suspects: int
    notes: int
    honest_jumps: int
    honest_suspects: int
    """Honest jumps with a suspect finding on their day."""
    undecided: int
    """Suspect findings of the other company of a splice whose step is too small to tell which of the two is spliced."""


def simulate(seed: int, companies: int, prices: dict[str, Any], until: date = UNTIL) -> SourceData:
    """A simulated market with faults of prices."""
    config = {"seed": seed, "companies": companies, "news_probability": 0.2, "dirt": {"prices": prices}}
    return load_source(SimulatedSourceConfig.model_validate(config), SINCE, until)


def audited(data: SourceData) -> pl.DataFrame:
    """Findings of a world."""
    return audit_markets(data.bars, data.actions, data.instruments)


def score(data: SourceData, findings: pl.DataFrame) -> list[Score]:
    """Compare the findings with the truth tables, a row for each kind."""
    truth = data.truth["price_faults"].with_row_index("fault")
    small = (pl.col("kind") == "splice_symbol") & (pl.col("value").log().abs() < SMALL)
    truth = truth.with_columns(row=pl.when(small).then(pl.lit("splice_symbol, under 12 %")).otherwise("kind"))
    named = pl.concat([pl.DataFrame({"kind": kind, "named": list(names)}) for kind, names in EXPECTED.items()])
    hits = _on_their_days(truth.join(named, on="kind"), findings.rename({"kind": "named"}), ["instrument_id", "named"])
    found = hits.group_by("fault").agg(suspect=(pl.col("severity") == "suspect").any())
    judged = truth.filter(pl.col("kind").is_in(list(EXPECTED))).join(found, on="fault", how="left")
    rows = judged.group_by("row").agg(pl.len(), pl.col("suspect").is_not_null().sum().alias("found"), pl.sum("suspect"))
    missing = data.truth["missing_bars"].with_row_index("fault")
    missing = missing.rename({"session": "first_session"}).with_columns(last_session="first_session")
    gaps = _on_their_days(missing, findings.filter(pl.col("kind").is_in(GAPS)), ["instrument_id"])
    return [Score(*row) for row in rows.sort("row").iter_rows()] + [
        Score("missing_bar", len(missing), gaps["fault"].n_unique(), 0)
    ]


def splices_alone(data: SourceData, findings: pl.DataFrame) -> list[Score]:
    """The rows of splices by what each series alone tells, as where the other company is not in the table."""
    rows = score(data, findings.filter(pl.col("kind") != SHARED))
    return [row._replace(kind=row.kind + ALONE) for row in rows if row.kind.startswith("splice_symbol")]


def alarms(data: SourceData, findings: pl.DataFrame) -> Alarms:
    """Count the findings away from everything planted; notes of gaps are not counted."""
    truth = data.truth.get("price_faults")
    told = findings.filter(~pl.col("kind").is_in(GAPS)).with_row_index("finding")
    if truth is None:
        return Alarms(int((told["severity"] == "suspect").sum()), int((told["severity"] == "note").sum()), 0, 0, 0)
    shared = told.filter(pl.col("kind") == SHARED, severity="suspect")
    splices = truth.filter(pl.col("kind") == "splice_symbol").select("instrument_id", day="first_session")
    own = shared.join(splices, on="instrument_id").filter(
        pl.col("first_session").is_between(pl.col("day"), pl.col("day").dt.offset_by("10d"))
    )
    pairs = shared.join(own, on=["first_session", "last_session"], how="semi")
    undecided = pairs.join(own, on="finding", how="anti")
    told = told.join(pairs, on="finding", how="anti")
    honest = truth.filter(pl.col("kind") == "honest_jump").with_row_index("fault")
    wrong = _on_their_days(honest, told.filter(pl.col("severity") == "suspect"), ["instrument_id"])
    # The bar after a stale run or a spike moves back: it belongs to the fault. A weekend may lie between.
    near = truth.with_columns(pl.col("last_session").dt.offset_by("4d"))
    explained = _on_their_days(near, told, ["instrument_id"])["finding"].unique()
    rest = told.filter(~pl.col("finding").is_in(explained.implode()))
    counts = {name: int((rest["severity"] == name).sum()) for name in ("suspect", "note")}
    return Alarms(counts["suspect"], counts["note"], len(honest), wrong["fault"].n_unique(), len(undecided))


def splits_without_actions(data: SourceData) -> Score:
    """Audit clean prices whose actions of splits are lost: every split must be suspect.

    One whose night moved several per cent beyond the ratio is called a splice, and of two that
    undo each other on successive days the first is called a spike, for both.
    """
    splits = data.actions.filter(pl.col("kind") == "split").with_row_index("fault")
    findings = audit_markets(data.bars, data.actions.filter(pl.col("kind") != "split"), data.instruments)
    told = findings.filter(pl.col("kind").is_in([*EXPECTED["split_unrecorded"], "spike"]), severity="suspect")
    # Where the ex-date has no bar the next one shows the split; before the first bar nothing does.
    spans = data.bars.group_by("instrument_id").agg(start=pl.col("session").min(), end=pl.col("session").max())
    shown = splits.join(spans, on="instrument_id").filter(pl.col("ex_date").is_between("start", "end", closed="right"))
    around = {"first_session": "-1d", "last_session": "4d"}
    shown = shown.with_columns(**{name: pl.col("ex_date").dt.offset_by(by) for name, by in around.items()})
    hits = _on_their_days(shown, told, ["instrument_id"])["fault"].n_unique()
    return Score("every split, its action lost", len(shown), hits, hits)


def _on_their_days(truth: pl.DataFrame, findings: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Pairs of a planted row and a finding whose days meet."""
    pairs = truth.join(findings, on=on, suffix="_found")
    return pairs.filter(
        (pl.col("first_session_found") <= pl.col("last_session"))
        & (pl.col("last_session_found") >= pl.col("first_session"))
    )


def measure_real(shared: Path) -> dict[str, list[dict[str, Any]]]:
    """Findings of each real file, none of which has recorded actions."""
    rows = {}
    for name in TRUE_BASIS:
        bars = real_bars(name, shared)
        findings = audit_markets(bars, pl.DataFrame(schema=schema_of(CorporateAction)), listed(bars))
        shown = findings.with_columns(pl.col("first_session", "last_session").cast(pl.String))
        rows[name] = shown.to_dicts()
        counts = findings.group_by("kind", "severity").len().sort("severity", "kind", descending=[True, False])
        said = ", ".join(f"{count} {kind} ({severity})" for kind, severity, count in counts.rows()) or "nothing"
        print(f"{name:<16}{len(bars):>8} bars: {said}")
    return rows


def main() -> None:
    """Print the tables; with ``--json FILE`` write them too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="file for the scores")
    parser.add_argument("--seeds", type=int, default=5, help="worlds of each kind")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--companies", type=int, default=40)
    parser.add_argument("--real", type=Path, help="folder of the real data; its price files are audited too")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a fault is missed or an alarm is false")
    arguments = parser.parse_args()
    scores, dirty, clean, bars = _measure(
        range(arguments.first_seed, arguments.first_seed + arguments.seeds), arguments.companies
    )
    print(f"{'planted':<30}{'faults':>8}{'found':>8}{'suspect':>9}{'recall':>8}")
    for row in scores:
        print(f"{row.kind:<30}{row.planted:>8}{row.found:>8}{row.suspect:>9}{row.recall:>8.4f}")
    print(f"honest jumps: {dirty.honest_jumps}, with a suspect finding: {dirty.honest_suspects}")
    print(f"the other company of a splice, suspect since the two cannot be told apart: {dirty.undecided}")
    print(f"worlds with faults: {dirty.suspects} suspect findings and {dirty.notes} notes where nothing is planted")
    print(f"clean worlds, {bars} bars: {clean.suspects} suspect findings and {clean.notes} notes beside the gaps")
    real = measure_real(arguments.real) if arguments.real else {}
    if arguments.json:
        told = {
            "first_seed": arguments.first_seed, "seeds": arguments.seeds, "companies": arguments.companies,
            "scores": [{**row._asdict(), "recall": row.recall} for row in scores],
            "faulty": dirty._asdict(), "clean": clean._asdict(), "clean_bars": bars, "real": real,
        }  # fmt: skip
        write_json(arguments.json, told)
    missed = [row.kind for row in scores if row.found < row.planted and not row.kind.endswith(ALONE)]
    if arguments.check and (missed or dirty.suspects or dirty.honest_suspects or clean.suspects):
        print(f"FAILED: missed {missed or 'nothing'}, or a false alarm")
        sys.exit(1)


def _measure(seeds: range, companies: int) -> tuple[list[Score], Alarms, Alarms, int]:
    scores: list[Score] = []
    dirty, clean = [], []
    bars = 0
    for seed in seeds:
        data = simulate(seed, companies, FAULTS)
        findings = audited(data)
        scores += score(data, findings) + splices_alone(data, findings)
        dirty.append(alarms(data, findings))
        data = simulate(seed, companies, {})
        clean.append(alarms(data, audited(data)))
        scores.append(splits_without_actions(data))
        bars += len(data.bars)
    kinds = dict.fromkeys(row.kind for row in scores)
    summed = [
        Score(kind, *(sum(row[at] for row in scores if row.kind == kind) for at in (1, 2, 3)))  # type: ignore[misc]
        for kind in kinds
    ]
    return summed, _sum(dirty), _sum(clean), bars


def _sum(rows: list[Alarms]) -> Alarms:
    return Alarms(*(sum(row[at] for row in rows) for at in range(len(Alarms._fields))))


if __name__ == "__main__":
    main()
