"""Checks on finished samples, against the documents themselves and not through the code that chose them."""

from datetime import timedelta

import polars as pl

from data_pipeline.samples.movement import MovementSamples
from data_pipeline.splits.dates import ORDER
from tickertune.core.errors import TickerTuneError

REMEDY = "Do not use this data set: report it with the recipe, for the build has a fault"


def check_samples(samples: MovementSamples, documents: pl.DataFrame, latency_minutes: int) -> list[tuple[str, str]]:
    """Run every leakage check.

    Args:
        samples: The finished samples.
        documents: Curated documents, from which availability is read afresh.
        latency_minutes: Time from a document's availability to its use.

    Returns:
        Checks with their results, for the data card.

    Raises:
        TickerTuneError: A check failed.
    """
    shown = _shown(samples, documents, latency_minutes)
    share = leak_share(samples, documents, latency_minutes)
    return [
        *_check_shape(samples.frame),
        *_check_times(samples, shown),
        *_check_splits(samples, shown),
        ("share of samples with text at or after their entry", f"{share:.4f}"),
    ]


def _check_shape(frame: pl.DataFrame) -> list[tuple[str, str]]:
    _refuse(frame.filter(pl.col("sample_id").is_duplicated()), "an id that another sample has")
    _refuse(frame.filter(pl.col("entry") >= pl.col("exit")), "an exit at or before its entry")
    _refuse(frame.filter(pl.col("doc_ids").list.len() == 0), "no document")
    return [("ids are unique, exits follow entries, no sample is without a document", "pass")]


def _check_times(samples: MovementSamples, shown: pl.DataFrame) -> list[tuple[str, str]]:
    late = pl.col("ready").is_null() | (pl.col("ready") > pl.col("as_of"))
    _refuse(shown.filter(late), "a document later than the decision")
    results = [("every document is available, latency included, at the decision time", f"{len(shown)} documents pass")]
    if not samples.spec.leaky:
        _refuse(samples.frame.filter(pl.col("as_of") >= pl.col("entry")), "a decision at or after its entry")
        results.append(("every decision is before its entry", f"{len(samples.frame)} samples pass"))
    return results


def _check_splits(samples: MovementSamples, shown: pl.DataFrame) -> list[tuple[str, str]]:
    results = []
    for later, boundary in samples.splits.boundary.items():
        earlier = pl.col("split").is_in(ORDER[: ORDER.index(later)])
        limit = pl.lit(boundary).dt.replace_time_zone("UTC")
        overlapping = samples.frame.filter(earlier & (pl.col("exit") > limit))
        _refuse(overlapping, f"an outcome that overlaps the {later} split")
        results.append((f"no earlier outcome overlaps the text or the outcomes of {later}", "pass"))
    at_once = pl.col("split").replace("ood_both", "test")  # the same dates, and neither is trained on
    shared = at_once.n_unique().over("doc_id", "revision") > 1
    _refuse(shown.filter(shared), "a document that another split shows too")
    results.append(("no document revision is shown in two splits", "pass"))
    return results


def leak_share(samples: MovementSamples, documents: pl.DataFrame, latency_minutes: int) -> float:
    """Share of samples that show a document available at or after their entry."""
    if samples.frame.is_empty():
        return 0.0
    shown = _shown(samples, documents, latency_minutes)
    return shown.filter(pl.col("ready") >= pl.col("entry"))["sample_id"].n_unique() / len(samples.frame)


def _shown(samples: MovementSamples, documents: pl.DataFrame, latency_minutes: int) -> pl.DataFrame:
    """One row a document shown: when it was ready, and the times of its sample."""
    times = documents.select("doc_id", "revision", ready=pl.col("available_at") + timedelta(minutes=latency_minutes))
    return samples.used.join(times, on=["doc_id", "revision"], how="left").join(
        samples.frame.select("sample_id", "as_of", "entry", "split"), on="sample_id"
    )


def _refuse(wrong: pl.DataFrame, what: str) -> None:
    if len(wrong):
        raise TickerTuneError(f"{len(wrong)} sample(s) have {what}, such as {wrong['sample_id'][0]}", REMEDY)
