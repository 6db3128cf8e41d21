"""Filters: rules that look at one document at a time, so that no decision depends on later ones.

A rule maps a batch of documents to verdicts (``verdict``) or to rewritten text. Texts are rewritten first, so that a
rule judges what will be read; links and personal data go last, since the rules for spam look at them.
"""

from collections import Counter
from dataclasses import dataclass

import polars as pl

from data_pipeline.curation.filters import boilerplate, pii
from data_pipeline.curation.filters.basics import basic_filter
from data_pipeline.curation.filters.language import language_filter
from data_pipeline.curation.filters.limits import quality_filter
from data_pipeline.curation.filters.normalise import normalise_documents
from data_pipeline.curation.filters.perplexity import Bounds, fit_bounds, perplexity_filter
from data_pipeline.curation.filters.spam import spam_filter
from data_pipeline.curation.filters.verdict import first, part
from data_pipeline.curation.filters.words import words_of
from data_pipeline.curation.text import full_text
from tickertune.core.recipe import CurationConfig

__all__ = ["Fitted", "apply_filters", "fit_filters"]


@dataclass(frozen=True)
class Fitted:
    """What is read from many documents before each one is judged on its own."""

    footers: pl.DataFrame | None = None
    """``boilerplate.footers``: lines and the time from which they are known."""
    bounds: Bounds | None = None
    """Bits per byte within which a text stays."""


def fit_filters(documents: pl.DataFrame, config: CurationConfig) -> Fitted:
    """Read what the row-wise filters need to know of all documents: footers of each source, quantiles of perplexity.

    Call it on all documents, and ``apply_filters`` on any part of them. A footer counts from when it was known on, a
    quantile sees the training period alone.

    Raises:
        TickerTuneError: Too few documents lie in the period that a quantile is fitted on.
    """
    titles = config.normalise.repeated_line_titles
    if titles is None and config.perplexity is None:
        return Fitted()
    documents, _ = normalise_documents(documents)
    return Fitted(
        None if titles is None else boilerplate.footers(documents, titles),
        None if config.perplexity is None else fit_bounds(documents, config.perplexity),
    )


def apply_filters(
    documents: pl.DataFrame, config: CurationConfig, fitted: Fitted | None = None
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, int]]:
    """Rewrite texts and drop what is not worth reading.

    Args:
        documents: Schema ``Document``; all revisions.
        config: The recipe's curation block.
        fitted: From ``fit_filters``; None: fitted on ``documents``.

    Returns:
        Kept documents in the order given, drops (``DROPS_SCHEMA``; the first rule that applies names the reason), and
        counts of what was rewritten in documents of either kind.
    """
    if fitted is None:
        fitted = fit_filters(documents, config)
    counts: Counter[str] = Counter()
    kept, counts["texts_repaired"] = normalise_documents(documents)
    kept = _without_boilerplate(kept, config, fitted, counts)
    texts = kept.select(full_text()).to_series()
    words = words_of(texts)
    said = [basic_filter(kept, texts), spam_filter(kept, texts, config.spam)]
    kept, foreign = language_filter(kept, texts, words, config.language)
    said.append(foreign)
    if config.quality is not None:
        said.append(quality_filter(kept, texts, words, config.quality, config.language))
    kept, drops = part(kept, first(said))
    if config.perplexity is not None and fitted.bounds is not None:
        texts = kept.select(full_text()).to_series()
        kept, surprising = part(kept, perplexity_filter(texts, config.perplexity, fitted.bounds))
        drops = pl.concat([drops, surprising])
    kept = _without_links_and_personal_data(kept, config, counts)
    return kept, drops, {name: number for name, number in counts.items() if number}


def _without_boilerplate(
    documents: pl.DataFrame, config: CurationConfig, fitted: Fitted, counts: Counter[str]
) -> pl.DataFrame:
    if fitted.footers is not None:
        bodies, counts["footer_lines_removed"] = boilerplate.without_footers(documents, fitted.footers)
        documents = documents.with_columns(body=bodies)
    if config.normalise.boilerplate == "remove":
        bodies, counts["boilerplate_lines_removed"] = boilerplate.without_stock_lines(documents["body"])
        documents = documents.with_columns(body=bodies)
    return documents


def _without_links_and_personal_data(
    documents: pl.DataFrame, config: CurationConfig, counts: Counter[str]
) -> pl.DataFrame:
    for column in ("title", "body"):
        text = documents[column]
        if config.normalise.urls == "remove":
            text, links = boilerplate.without_links(text)
            counts["links_removed"] += links
        text, masked = pii.mask(text, config.mask)
        counts.update(masked)
        documents = documents.with_columns(text.alias(column))
    return documents
