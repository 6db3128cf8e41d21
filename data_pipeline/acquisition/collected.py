"""What a store holds, as the source of a data set."""

from datetime import date

import polars as pl

from data_pipeline.acquisition.export import bars_of, parsers, table
from data_pipeline.acquisition.store import Store
from data_pipeline.instruments import Registry, rewrite_actions, rewrite_bars, rewrite_documents, rewrite_observations
from data_pipeline.sources import SourceData
from data_pipeline.sources.registry import all_sources
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import CollectedSourceConfig
from tickertune.core.table import read_table

REGISTRY = "instruments.parquet"
"""Name of the instrument registry in a store's folder, written by ``tickertune data instruments``."""


def load(config: CollectedSourceConfig, since: date, until: date) -> SourceData:
    """Load documents that were available in [since, until) and all bars of sessions before ``until``, by registry ids.

    Documents without a time of availability are left out and counted: nobody can say when they were known.

    Raises:
        TickerTuneError: The store, its registry or a named source is missing.
    """
    from tickertune.core.market import Instrument

    path = config.store / REGISTRY
    if not path.is_file():
        raise TickerTuneError(
            f"Store {config.store} has no instrument registry",
            f"Run: tickertune data instruments --store {config.store}",
        )
    registry = Registry.from_frame(read_table(path, Instrument))
    with Store(config.store, create=False) as store:
        texts, text_notes = parsers(store, config.documents or None)
        prices, price_notes = parsers(store, [config.prices])
        documents = table(store, "document", texts)
        bars, bar_notes = bars_of(store, prices)
        actions = table(store, "action", prices)
        filed, figure_notes = parsers(store, config.observations) if config.observations else ({}, [])
        observations = table(store, "observation", filed)
        counts = _counts(store, texts | prices | filed)
        named_on = _named_on(store, config.prices)
    first, last = (pl.lit(day).cast(pl.Datetime("us", "UTC")) for day in (since, until))
    known = documents.filter((pl.col("available_at") >= first) & (pl.col("available_at") < last))
    counts["documents_without_time"] = documents["available_at"].null_count()
    linked = rewrite_documents(known, registry)
    traded = rewrite_bars(bars.filter(pl.col("session") < until), registry, named_on)
    acted = rewrite_actions(actions, registry, named_on)
    figures = rewrite_observations(observations.filter(pl.col("available_at") < last), registry)
    for what, rewritten in (("links", linked), ("bars", traded), ("actions", acted), ("observations", figures)):
        counts |= {f"{what}_{reason}": rows for reason, rows in rewritten.counts.items()}
    return SourceData(
        documents=linked.frame,
        instruments=registry.frame(),
        bars=traded.frame,
        actions=acted.frame,
        observations=figures.frame,
        counts=dict(sorted(counts.items())),
        notes=[*_notes(texts | prices | filed), *text_notes, *price_notes, *figure_notes, *bar_notes],
    )


def _named_on(store: Store, prices: str) -> date | None:
    """The day on which the vendor's symbols held, where it files the whole past under the present ones."""
    found = all_sources().get(prices)
    if found is None or found.info.symbols_as_of == "session":
        return None
    rows = store.rows("SELECT max(substr(fetched_at, 1, 10)) AS day FROM responses WHERE source = ?", (prices,))
    return date.fromisoformat(rows[0]["day"])


def _counts(store: Store, chosen: dict[str, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for source, parser in chosen.items():
        rows = store.rows("SELECT name, count FROM counts WHERE source = ? AND parser = ?", (source, parser))
        counts |= {f"{source}_{row['name']}": row["count"] for row in rows}
    return counts


def _notes(chosen: dict[str, str]) -> list[str]:
    """Licence, terms and time rule of each source, for the data card."""
    infos = [all_sources()[name].info for name in sorted(chosen) if name in all_sources()]
    return [f"{info.title}: {info.licence}. {info.terms} Times: {info.zone_rule}." for info in infos]
