"""``tickertune data curate``: documents worth reading, from files to files, all at once or day by day."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tickertune.cli.checks import check_output
from tickertune.cli.data.options import JsonOption, moment_of
from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError

if TYPE_CHECKING:
    from tickertune.core.recipe import CurationConfig


class Runner(StrEnum):
    """Where documents are filtered."""

    native = "native"
    ray = "ray"


def curate(
    documents: Annotated[
        list[Path],
        typer.Argument(
            help="Parquet files with the columns of a document; folders of such files, of `data export` or of a data stage; "
            "stores of `data collect`."
        ),
    ],
    output: Annotated[Path, typer.Option(help="Folder for kept/, drops/ and curation.json.")],
    recipe: Annotated[
        Path | None,
        typer.Option(
            help="Data recipe whose `curation` block is used, such as recipes/demo/data.yaml (default: none)."
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML file of a `curation` block alone, in place of a recipe.")
    ] = None,
    runner: Annotated[
        Runner | None, typer.Option(help="Filter on this machine, or on Ray ($RAY_ADDRESS, else started here).")
    ] = None,
    past: Annotated[
        Path | None,
        typer.Option(
            help="Folder of what earlier days left: the documents are a new day after it. Made by the first day. "
            "The same recipe each day; the results together are those of all days curated at once."
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only documents available from then on: a date (UTC), or a time with its zone.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only documents available before then.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Filter documents and drop duplicates, in bounded memory; every drop is written with its reason and survivor.

    The folder is finished where curation.json is there; after a kill, give the same command again.

    A day after a past: `data curate store --since 2026-11-20 --until 2026-11-21 --past past --output curated/2026-11-20`.
    """
    settings = _settings(recipe, config, runner)
    check_output(output)
    if past is not None:
        check_output(past)
    window = {
        name: moment_of(text, f"--{name}") if text is not None else None
        for name, text in (("since", since), ("until", until))
    }
    if window["since"] and window["until"] and window["since"] >= window["until"]:
        raise TickerTuneError(f"The window {since} to {until} is empty", "Give an end after the start")
    from data_pipeline.acquisition.client import utc_now
    from data_pipeline.curation.folder import curate_folder

    found = curate_folder(documents, output, settings, utc_now(), past, window["since"], window["until"])
    if as_json:
        print_json({"output": str(output), **found})
        return
    _show(found, output, past)


def _settings(recipe: Path | None, config: Path | None, runner: Runner | None) -> "CurationConfig":
    """The curation block of a recipe or a file of its own, or its defaults."""
    from pydantic import TypeAdapter

    from tickertune.core.recipe import CurationConfig, DataConfig, MovementDataConfig, load_config
    from tickertune.core.recipe.loading import read_yaml, validate

    if recipe is not None and config is not None:
        raise TickerTuneError("Both --recipe and --config are given", "Give one of them")
    settings = CurationConfig() if config is None else load_config(CurationConfig, config)
    if recipe is not None:
        values = read_yaml(recipe)
        if "worlds" in values:
            raise TickerTuneError(f"{recipe} is the recipe of a run", "Name the data recipe of one of its worlds")
        data: DataConfig = validate(TypeAdapter(DataConfig), values, str(recipe))
        if not isinstance(data, MovementDataConfig):
            raise TickerTuneError(f"{recipe} is of kind {data.kind}, which curates no documents", "Name another recipe")
        settings = data.curation
    return settings if runner is None else settings.model_copy(update={"runner": runner.value})


def _show(found: dict[str, Any], output: Path, past: Path | None) -> None:
    rows = [{"what": "documents", "n": found["documents"]}, {"what": "kept", "n": found["kept"]}]
    rows += [{"what": f"dropped: {reason}", "n": count} for reason, count in found["drops"].items()]
    rows += [{"what": name.replace("_", " "), "n": count} for name, count in found["rewritten"].items()]
    rows += [{"what": f"outside the window: {name}", "n": count} for name, count in found["outside"].items()]
    print_table(f"Curated into {output}", rows)
    print(f"Kept documents: {output / 'kept'}, drops with reason and survivor: {output / 'drops'}")
    if past is not None:
        print(
            f"State for the next day: {past}"
            + (" (this day was curated before; it counts once)" if found["again"] else "")
        )
    for note in found["notes"]:
        print(f"- {note}")
