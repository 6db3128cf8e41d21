"""What a build does with the price audit's findings: refuse what cannot be used, and tell the card the rest."""

import polars as pl

from data_pipeline.labels.sessions import Sessions
from tickertune.core.errors import TickerTuneError


def require_one_series(findings: pl.DataFrame) -> None:
    """Refuse bars of which nobody can say which is meant, before anything is made of the texts.

    Raises:
        TickerTuneError: Two bars for one session, or two bases in one series.
    """
    for kind, what in (("duplicated_session", "bars for session"), ("mixed_basis", "bases in its bars from")):
        found = findings.filter(pl.col("kind") == kind)
        if len(found):
            first = found.row(0, named=True)
            others = f", and {len(found) - 1} more such findings" if len(found) > 1 else ""
            raise TickerTuneError(
                f"{first['instrument_id']} has {first['value']:.0f} {what} {first['first_session']}{others}",
                first["remedy"],
            )


def price_checks(
    findings: pl.DataFrame, bars: pl.DataFrame, sessions: Sessions, withheld: pl.DataFrame
) -> list[tuple[str, str]]:
    """What the price audit found in the bars of a build, for the card's checks.

    Args:
        findings: Schema ``FINDINGS_SCHEMA``.
        bars: All bars.
        sessions: The sessions over which they were audited.
        withheld: Samples withheld for it, schema ``WITHHELD_SCHEMA``.
    """
    first, last = (pl.lit(sessions.dates[at]).cast(pl.Date) for at in (0, -1))
    bars = bars.filter(pl.col("session").is_between(first, last))
    audited = f"{len(bars)} bars of {bars['instrument_id'].n_unique()} instruments"
    results = []
    for severity, meaning in (("suspect", "a return there is probably false"), ("note", "harmless, or not decidable")):
        own = findings.filter(pl.col("severity") == severity)
        counts = own.group_by("kind").len().sort(-pl.col("len").cast(pl.Int64), "kind").rows()
        kinds = ", ".join(f"{kind} {count}" for kind, count in counts) or "nothing found"
        where = f" in {own['instrument_id'].n_unique()} instruments" if counts else f" in {audited}"
        results.append((f"price audit, {severity} ({meaning})", f"{kinds}{where}"))
    lost = withheld["sample_id"].n_unique()
    return [*results, ("samples withheld for suspect prices", f"{lost}; audited were {audited}")]
