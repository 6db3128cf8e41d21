"""Guards that look at the data behind a score: text later than the decision, near copies, more than can be known."""

from datetime import timedelta

import polars as pl

from eval.guards.case import Case, Subject, figures_of, scored, told
from eval.guards.result import GuardResult, not_applicable
from eval.prediction import UNPARSED_ALARM
from tickertune.core.table import read_parquet

COPIES_LIMIT = 0.01
"""Share of scored texts with a near copy among the training texts above which the score is called in question."""


def unparsed(case: Case, subject: Subject) -> GuardResult:
    """Sound the alarm where more than 5% of the answers name no label."""
    share = float((subject.predictions["outcome"] != "label").mean() or 0.0)  # type: ignore[arg-type]
    said = f"{100 * share:.1f}% of {subject.predictions.height:,} answers name no label; they count as wrong."
    verdict = "flag" if share > UNPARSED_ALARM else "pass"
    return GuardResult(
        guard="unparsed", checkpoint=subject.name, verdict=verdict, said=said, figures={"unparsed_share": share}
    )


def as_of(case: Case) -> GuardResult:
    """Look up when each text shown was available, in the documents themselves, and compare with decision and entry."""
    documents, shown = case.folder / "documents.parquet", case.folder / "shown.parquet"
    if not case.dated:
        return not_applicable("as_of", "The texts have no dates and no outcome that could come before them.")
    if not documents.is_file() or not shown.is_file():
        return not_applicable(
            "as_of", "The data folder holds no documents, so nothing tells when a text was available."
        )
    latency = timedelta(minutes=case.info.latency_minutes or 0)
    times = read_parquet(documents).select("doc_id", "revision", ready=pl.col("available_at") + latency)
    listed = read_parquet(shown)
    untold = case.samples.filter(pl.col("doc_ids").list.len() > 0).join(listed, on="sample_id", how="anti")
    rows = listed.join(case.samples.select("sample_id", "as_of", "entry"), on="sample_id").join(
        times, on=["doc_id", "revision"], how="left"
    )
    unknown = pl.concat([rows.filter(pl.col("ready").is_null())["sample_id"], untold["sample_id"]]).n_unique()
    late = rows.filter((pl.col("ready") > pl.col("as_of")) | (pl.col("ready") >= pl.col("entry")))[
        "sample_id"
    ].n_unique()
    tardy = case.samples.filter(pl.col("as_of") >= pl.col("entry")).height
    figures: dict[str, float | int | str | None] = {
        "samples": case.samples.height, "with_late_text": late, "with_unknown_text": unknown, "decided_after_entry": tardy,
    }  # fmt: skip
    if late or unknown or tardy:
        said = (
            f"{late:,} of {case.samples.height:,} samples show text that was not available by the decision or by the entry, "
            f"{unknown:,} show text of unknown time, {tardy:,} are decided after their entry: they may know the outcome."
        )
        return GuardResult(guard="as_of", checkpoint=None, verdict="flag", said=said, figures=figures)
    said = f"All texts of {case.samples.height:,} samples were available by the decision, and every decision precedes its entry."
    return GuardResult(guard="as_of", checkpoint=None, verdict="pass", said=said, figures=figures)


def ceiling(case: Case, subject: Subject) -> GuardResult:
    """Compare with the best score that a simulated market allows."""
    best = case.info.ceiling.get("mcc")
    if best is None:
        return not_applicable("ceiling", "Nobody knows the best reachable score of this market.", subject.name)
    row = scored(subject.predictions, case)
    figures: dict[str, float | int | str | None] = {"mcc": row.value, "mcc_low": row.low, "ceiling": best}
    if row.low is not None and row.low > best:
        said = f"MCC {told(row)} lies above the best that can be known, {best:.3f}: it has seen the future."
        return GuardResult(guard="ceiling", checkpoint=subject.name, verdict="flag", said=said, figures=figures)
    said = f"MCC {told(row)} does not lie above the best that can be known, {best:.3f}."
    return GuardResult(guard="ceiling", checkpoint=subject.name, verdict="pass", said=said, figures=figures)


def near_duplicates(case: Case, subjects: list[Subject]) -> list[GuardResult]:
    """Find scored texts that are nearly the same as a training text, and score without them."""
    copies = case.copies
    if copies.compared == 0:
        return [not_applicable("near_duplicates", "The data set has no training texts.")]
    twins, samples = copies.table["sample_id"], case.samples.height
    share = len(twins) / samples
    such = f", such as {', '.join(twins[:3])}" if len(twins) else ""
    rest = f" ({copies.left_out:,} more were not compared)" if copies.left_out else ""
    found = GuardResult(
        guard="near_duplicates",
        checkpoint=None,
        verdict="flag" if share > COPIES_LIMIT else "remark" if len(twins) or copies.left_out else "pass",
        said=f"{len(twins):,} of {samples:,} scored texts have a near copy among {copies.compared:,} training texts{rest}{such}.",
        figures={
            "copies": len(twins),
            "share": share,
            "training_texts": copies.compared,
            "not_compared": copies.left_out,
        },
    )
    if not 0 < len(twins) < samples:
        return [found]
    return [found, *(_without_copies(case, subject) for subject in subjects)]


def _without_copies(case: Case, subject: Subject) -> GuardResult:
    rest = subject.predictions.join(case.copies.table, on="sample_id", how="anti", maintain_order="left")
    figures: dict[str, float | int | str | None] = {}
    without, with_them = [], []
    for metric, title in (("mcc", "MCC"), ("weighted_f1", "weighted F1"), ("accuracy", "accuracy")):
        whole, cut = scored(subject.predictions, case, metric), scored(rest, case, metric)
        figures |= {metric: whole.value, **figures_of(f"{metric}_without", cut)}
        without.append(f"{title} {told(cut)}")
        with_them.append(told(whole))
    said = f"Without the texts that have a near copy: {', '.join(without)}; with them {', '.join(with_them)}."
    return GuardResult(guard="near_duplicates", checkpoint=subject.name, verdict="remark", said=said, figures=figures)
