"""The data card: what stands in the data set, where it is from, what was left out and what was checked."""

from collections.abc import Iterable, Sequence

import yaml

from data_pipeline.dataset.info import DatasetInfo


def data_card(info: DatasetInfo, splits: Sequence[str]) -> str:
    """Render the Markdown data card with its YAML header.

    Args:
        info: What the data set says of itself.
        splits: Splits that have a file.
    """
    header = {
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": f"data/{split}.parquet"} for split in splits],
            }
        ],
        "license": "other",
        "language": ["en"],
        "task_categories": ["text-classification"],
        "tags": ["finance", "tickertune"],
    }
    sections = [
        f"---\n{yaml.safe_dump(header, sort_keys=False)}---\n",
        f"# {info.task} from {info.source_kind}\n",
        _source(info),
        _label(info),
        _splits(info, splits),
        "## Counts\n\n" + table(("what", "n"), info.counts.items()),
        "## Checks run at the build\n\n" + table(("check", "result"), ((row.check, row.result) for row in info.checks)),
        "## Notes\n\n" + "\n".join(f"- {note}" for note in info.notes) + "\n",
    ]
    return "\n".join(sections)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _source(info: DatasetInfo) -> str:
    may = "may be published" if info.redistributable else "may not be published: keep this data set private"
    dates = f"Sessions {info.first_session} to {info.last_session}." if info.first_session else "Undated texts."
    lines = [f"Licences of the texts: {', '.join(info.licences) or 'none stated'}; the texts {may}. {dates}"]
    if info.price_basis:
        lines.append(
            f"Prices: {', '.join(info.price_basis)} bars, used as total returns. Times are UTC; prompts show {info.zone} times."
        )
    if info.ceiling:
        best = ", ".join(f"{name} {value:.4f}" for name, value in sorted(info.ceiling.items()))
        lines.append(f"Best reachable score, in closed form: {best}.")
    return "## Source\n\n" + "\n\n".join(lines) + "\n"


def _label(info: DatasetInfo) -> str:
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


def _splits(info: DatasetInfo, splits: Sequence[str]) -> str:
    rows = [
        (split, info.counts[f"samples_{split}"], *(f"{info.class_priors[split][label]:.3f}" for label in info.labels))
        for split in splits
    ]
    hashes = f"Split hash `{info.split_hash}`, prompt hash `{info.prompt_hash}`, outcome hash `{info.outcome_hash}`.\n"
    return "## Splits and class priors\n\n" + table(("split", "samples", *info.labels), rows) + "\n" + hashes
