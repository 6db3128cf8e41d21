"""Training texts that repeat an evaluation text: a shared run of words, or nearly the same word pairs.

A run of 13 words is what language model reports take for contamination (Brown et al. 2020, appendix C); headlines and
tweets are shorter, so that texts under 13 words are compared by runs of 8, and those under 8 as wholes. Edited copies
without a long run in common are found by the Jaccard similarity of their word pairs. Candidates come from each text's
rarest pairs (prefix filtering, Chaudhuri et al. 2006), which overlooks none at or above the threshold.
"""

import numpy as np
import polars as pl

from data_pipeline.curation.filters.words import Words, words_of
from tickertune.core.recipe import DecontaminationConfig

MATCH_SCHEMA = pl.Schema(
    {"row_id": pl.String, "set": pl.String, "text_id": pl.String, "overlap": pl.String, "size": pl.Float64}
)
"""One row a contaminated training text: the evaluation text that it repeats, and how (``ngram``: words of the shared
run; ``near_duplicate``: similarity)."""
_BASE = np.uint64(0xD6E8FEB86659FD93)


def contaminated(training: pl.DataFrame, evaluation: pl.DataFrame, config: DecontaminationConfig) -> pl.DataFrame:
    """Find training texts that repeat an evaluation text.

    Args:
        training: ``row_id`` and ``text``.
        evaluation: ``set``, ``text_id`` and ``text``.
        config: Lengths of runs and the threshold.

    Returns:
        ``MATCH_SCHEMA``, one row a contaminated ``row_id``, sorted; a shared run goes before a similarity.
    """
    ours, theirs = words_of(training["text"]), words_of(evaluation["text"])
    sizes = theirs.counts
    found = []
    for n, which in (
        (config.ngram, sizes >= config.ngram),
        (config.short_ngram, (sizes >= config.short_ngram) & (sizes < config.ngram)),
    ):
        held = _runs(theirs, n).filter(pl.col("text").is_in(np.flatnonzero(which).tolist()))
        shared = _runs(ours, n).join(held.rename({"text": "other"}), on="run")
        found.append(shared.select("text", "other", overlap=pl.lit("ngram"), size=pl.lit(float(n)), rank=pl.lit(0)))
    found.append(_similar(_pairs(ours), _pairs(theirs), config.near_duplicate_threshold))
    best = pl.concat(found).sort("text", "rank", "size", "other", descending=[False, False, True, False])
    best = best.unique("text", keep="first", maintain_order=True)
    rows, texts = best["text"].to_list(), best["other"].to_list()
    return pl.DataFrame(
        {
            "row_id": training["row_id"].gather(rows),
            "set": evaluation["set"].gather(texts),
            "text_id": evaluation["text_id"].gather(texts),
            "overlap": best["overlap"],
            "size": best["size"],
        },
        schema=MATCH_SCHEMA,
    ).sort("row_id")


def _runs(words: Words, n: int) -> pl.DataFrame:
    """Hash of every run of ``n`` words (``run``) and its text, once each."""
    total = len(words.hashes)
    if total < n:
        return pl.DataFrame(schema={"text": pl.Int64, "run": pl.UInt64})
    with np.errstate(over="ignore"):
        rolled = np.zeros(total - n + 1, dtype=np.uint64)
        for step in range(n):
            rolled = rolled * _BASE + words.hashes[step : total - n + 1 + step]
    owner = words.owner
    within = owner[: total - n + 1] == owner[n - 1 :]
    return pl.DataFrame({"text": owner[: total - n + 1][within], "run": rolled[within]}).unique()


def _pairs(words: Words) -> pl.DataFrame:
    """Word pairs of each text; a text of one word has that word."""
    single = pl.DataFrame({"text": words.owner, "run": words.hashes}).filter(
        pl.col("text").is_in(np.flatnonzero(words.counts == 1).tolist())
    )
    return pl.concat([_runs(words, 2), single])


def _similar(ours: pl.DataFrame, theirs: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Pairs of texts whose sets of word pairs are at least ``threshold`` alike."""
    frequency = pl.concat([ours, theirs]).group_by("run").agg(frequency=pl.len())
    candidates = (
        _rarest(ours, frequency, threshold)
        .join(_rarest(theirs, frequency, threshold).rename({"text": "other"}), on="run")
        .select("text", "other")
        .unique()
    )
    inside = (
        candidates.join(ours, on="text")
        .join(theirs.rename({"text": "other"}), on=["other", "run"], how="semi")
        .group_by("text", "other")
        .agg(shared=pl.len())
    )
    size = ours.group_by("text").agg(size=pl.len())
    other_size = theirs.group_by("text").agg(other_size=pl.len()).rename({"text": "other"})
    alike = inside.join(size, on="text").join(other_size, on="other")
    jaccard = pl.col("shared") / (pl.col("size") + pl.col("other_size") - pl.col("shared"))
    return alike.filter(jaccard >= threshold).select(
        "text", "other", overlap=pl.lit("near_duplicate"), size=jaccard.round(3), rank=pl.lit(1)
    )


def _rarest(runs: pl.DataFrame, frequency: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Each text's rarest pairs: two sets as alike as the threshold share one of the first (1 - t) n + 1."""
    ranked = runs.join(frequency, on="run").sort("text", "frequency", "run")
    place = pl.int_range(pl.len()).over("text")
    least = pl.len().over("text") - (pl.len().over("text") * threshold - 1e-9).ceil() + 1
    return ranked.filter(place < least).select("text", "run")
