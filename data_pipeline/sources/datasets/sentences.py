"""Labelled sentences as documents without their labels.

A sentence of a labelled set carries no date: its time is unknown, and a trader cannot be said to have known it. Its
label is a person's or a machine's answer and never part of a document; training on labels reads them through
``data_pipeline.sources.labelled``. The documents serve to find a set's sentences elsewhere (decontamination).
"""

from collections.abc import Iterable

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import clean_text, content_id
from data_pipeline.sources.times import UNKNOWN, Stamp


class Sentences:
    """Adds each sentence once: a set may hold it several times, with other labels."""

    def __init__(self, out: Collector, language: str | None = "en") -> None:
        self._out = out
        self._language = language
        self._seen: set[str] = set()

    def add(
        self,
        address: str,
        text: str,
        *,
        native_id: str | None = None,
        url: str | None = None,
        published: Stamp = UNKNOWN,
        symbols: Iterable[tuple[str, str]] = (),
        social: bool = False,
    ) -> None:
        """Add a sentence under ``native_id``, or under an id from its text where it has none."""
        identity = native_id or content_id(text)
        if identity in self._seen and clean_text(text):
            self._out.parsed.counts["repeated"] += 1
            return
        self._seen.add(identity)
        self._out.document(
            address,
            native_id=identity,
            title=text,
            url=url,
            published=published,
            symbols=symbols,
            language=self._language,
            category="social" if social else "dataset",
        )
