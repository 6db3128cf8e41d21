"""The data card: what stands in the data set, where it is from, what was left out and what was checked."""

from collections.abc import Mapping

import polars as pl

from data_pipeline.dataset.card.header import header
from data_pipeline.dataset.card.markdown import table
from data_pipeline.dataset.card.sections import label_section, source_section, splits_section
from data_pipeline.dataset.card.usage import usage_section
from data_pipeline.dataset.info import SPLITS, DatasetInfo

__all__ = ["data_card"]

ADVICE = (
    "This data set is for research. Nothing in it is investment advice, and no score reached on it promises a return."
)


def data_card(info: DatasetInfo, frame: pl.DataFrame, plots: Mapping[str, str]) -> str:
    """Render the Markdown data card with its YAML header.

    Args:
        info: What the data set says of itself.
        frame: ``Sample`` rows of all splits.
        plots: Caption of each file under ``plots/``, by its name.
    """
    present = set(frame["split"])
    splits = [split for split in SPLITS if split in present]
    sections = [
        header(info, splits),
        f"# {info.task} from {info.source_kind}\n",
        f"{ADVICE}\n",
        usage_section(info),
        source_section(info, plots),
        label_section(info),
        splits_section(info, frame, splits, plots),
        "## Counts\n\n" + table(("what", "n"), info.counts.items()),
        _drops(info, plots),
        "## Leakage checks\n\nRun on the finished samples at the build.\n\n"
        + table(("check", "result"), ((row.check, row.result) for row in info.checks)),
        "## Notes\n\n" + "\n".join(f"- {note}" for note in info.notes) + "\n",
    ]
    return "\n".join(section for section in sections if section)


def _drops(info: DatasetInfo, plots: Mapping[str, str]) -> str:
    if not info.dropped:
        return ""
    reasons = sorted(info.dropped, key=lambda reason: (-info.dropped[reason], reason))
    lines = [table(("reason", "documents"), [(reason, info.dropped[reason]) for reason in reasons])]
    if info.clusters:
        lines.append(
            "Near-duplicate clusters with more than one document: {clusters}, with {documents} documents, the largest "
            "with {largest}. The earliest available document of a cluster survives.\n".format(**info.clusters)
        )
    if "drops.png" in plots:
        lines.append(f"![{plots['drops.png']}](plots/drops.png)\n")
    return "## Documents dropped\n\n" + "\n".join(lines)
