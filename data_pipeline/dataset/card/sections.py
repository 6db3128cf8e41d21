"""Sections of the card about sources, label and splits."""

from collections.abc import Mapping, Sequence

import polars as pl

from data_pipeline.dataset.card.markdown import table
from data_pipeline.dataset.info import DatasetInfo
from data_pipeline.dataset.months import MOST_LABELS, monthly_priors

_EXPLAINED = {
    "ood_stock": "held-out tickers at the dates of train: what moved the whole market then, training has seen",
    "ood_both": "held-out tickers at the dates of test",
}


def source_section(info: DatasetInfo, plots: Mapping[str, str]) -> str:
    """Where the texts and prices are from, and what their licences allow."""
    may = "may be published" if info.redistributable else "may not be published: keep this data set private"
    dates = f"Sessions {info.first_session} to {info.last_session}." if info.first_session else "Undated texts."
    lines = [f"Licences of the texts: {', '.join(info.licences) or 'none stated'}; the texts {may}. {dates}\n"]
    if info.sources:
        rows = [
            (row.source, row.documents, row.licence, "yes" if row.redistributable else "no", row.terms)
            for row in info.sources
        ]
        lines.append(table(("source", "documents shown", "licence", "may be published", "terms"), rows))
    if info.price_basis:
        lines.append(
            f"Prices: {', '.join(info.price_basis)} bars, used as total returns. Times are UTC; prompts show "
            f"{info.zone} times.\n"
        )
    if info.ceiling:
        best = ", ".join(f"{name} {value:.4f}" for name, value in sorted(info.ceiling.items()))
        lines.append(f"Best reachable score, in closed form: {best}.\n")
    return "## Source\n\n" + "\n".join([*lines, *_plot(plots, "documents.png")])


def label_section(info: DatasetInfo) -> str:
    """The label's specification, what was fitted for it, and its known traits."""
    lines = [f"Label hash `{info.label_hash}`.\n", table(("field", "value"), sorted(info.label_spec.items()))]
    if info.fitted:
        lines.append("Fitted on the train split:\n\n" + table(("state", "value"), sorted(info.fitted.items())))
    if info.leak_share:
        lines.append(f"**Leaky**: {info.leak_share:.1%} of the samples show text later than their entry.\n")
    if info.dead_band_share:
        lines.append(
            f"{info.dead_band_share:.1%} of the samples fell in the dead band and were left out, by their outcome.\n"
        )
    return "## Label\n\n" + "\n".join(lines)


def splits_section(info: DatasetInfo, frame: pl.DataFrame, splits: Sequence[str], plots: Mapping[str, str]) -> str:
    """Samples and class priors, by split and by month."""
    rows = []
    for split in splits:
        own = frame.filter(pl.col("split") == split)
        shares = [f"{info.class_priors[split][label]:.3f}" for label in info.labels]
        rows.append((split, len(own), own["session"].min() or "", own["session"].max() or "", *shares))
    lines = [table(("split", "samples", "first", "last", *info.labels), rows)]
    lines += [f"`{split}`: {words}.\n" for split, words in _EXPLAINED.items() if split in splits]
    lines.append(
        f"Split hash `{info.split_hash}`, prompt hash `{info.prompt_hash}`, outcome hash `{info.outcome_hash}`.\n"
    )
    months = monthly_priors(frame, info.labels)
    if len(months) and len(info.labels) <= MOST_LABELS:
        shown = [(month, samples, *(f"{share:.3f}" for share in shares)) for month, samples, *shares in months.rows()]
        lines.append("By month, all splits:\n\n" + table(("month", "samples", *info.labels), shown))
    return "## Splits and class priors\n\n" + "\n".join(
        [*lines, *_plot(plots, "class_priors.png"), *_plot(plots, "prompt_length.png")]
    )


def _plot(plots: Mapping[str, str], name: str) -> list[str]:
    return [f"![{plots[name]}](plots/{name})\n"] if name in plots else []
