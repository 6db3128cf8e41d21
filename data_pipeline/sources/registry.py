"""The sources that are installed, found by entry point, so that users add their own."""

from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any

from data_pipeline.sources.protocol import Source
from tickertune.core.errors import TickerTuneError, did_you_mean

GROUP = "tickertune.sources"
"""Entry points of this group name a ``Source`` or an iterable of them, such as ``finnhub = "my.module:SOURCE"``."""


@lru_cache
def all_sources() -> dict[str, Source]:
    """Return every installed source by name, sorted.

    Raises:
        TickerTuneError: Two sources share a name, or an entry point is not a source.
    """
    found: dict[str, Source] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        for source in _sources_of(entry.name, entry.load()):
            if source.info.name in found:
                raise TickerTuneError(
                    f"Two sources are named '{source.info.name}' (entry point {entry.name})",
                    "Rename or remove one of them",
                )
            found[source.info.name] = source
    return dict(sorted(found.items()))


def _sources_of(name: str, loaded: Any) -> list[Source]:
    sources = list(loaded) if isinstance(loaded, Iterable) else [loaded]
    if not all(isinstance(source, Source) for source in sources):
        raise TickerTuneError(
            f"Entry point {name} of group {GROUP} names something that is no source",
            "Let it name an instance of data_pipeline.sources.protocol.Source, or an iterable of them",
        )
    return sources


def get_source(name: str) -> Source:
    """Return the source ``name``.

    Raises:
        TickerTuneError: There is none.
    """
    sources = all_sources()
    if name not in sources:
        raise TickerTuneError(
            f"There is no source '{name}'{did_you_mean(name, sources)}", "List them with: tickertune data sources"
        )
    return sources[name]
