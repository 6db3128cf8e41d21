"""``tickertune data show``: what a data set holds."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tickertune.cli.output import print_json, print_table


def show(
    folder: Annotated[Path, typer.Argument(help="Folder of a data stage, or its dataset folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a data set's samples, days and class shares by split."""
    from data_pipeline.dataset import read_info, read_split

    info = read_info(folder)
    rows: list[dict[str, Any]] = []
    present = [split for split in info.class_priors if split.startswith("ood")]
    for split in ("train", "validation", "test", *present):
        samples = read_split(folder, split)
        days = samples["session"].drop_nulls()
        row: dict[str, Any] = {"split": split, "samples": samples.height, "days": days.n_unique()}
        row |= {"first": _day(days.min()), "last": _day(days.max())}
        row |= {f"share {label}": info.class_priors.get(split, {}).get(label) for label in info.labels}
        rows.append(row)
    if as_json:
        print_json({"info": info.model_dump(mode="json"), "splits": rows})
        return
    print_table(f"{folder}: task {info.task}, split {info.split_hash[:12]}", rows)
    print_table("Counts", [{"what": name, "count": count} for name, count in info.counts.items()])
    for note in info.notes:
        print(f"- {note}")


def _day(value: Any) -> str | None:
    return None if value is None else str(value)
