"""``tickertune data sources``: the table of sources."""

from typing import Annotated, Any

import typer

from tickertune.cli.data.options import JsonOption
from tickertune.cli.output import print_json, print_table

FLAGS = {"symbols": "--symbols", "query": "--query", "urls": "--url", "path": "--path"}


def sources(
    name: Annotated[str | None, typer.Option("--name", help="Tell everything about one source.")] = None,
    category: Annotated[
        str | None, typer.Option("--category", help="Only news, social, filing, dataset, price or macro.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the sources: what they give, what they need, and how far their parsers are proven."""
    from data_pipeline.acquisition.secrets import missing
    from data_pipeline.sources.registry import all_sources, get_source

    if name is not None:
        info = get_source(name).info
        facts = info.model_dump(mode="json")
        if as_json:
            print_json(facts)
        else:
            print_table(info.title, [{"fact": key, "value": _text(value)} for key, value in facts.items()])
        return
    infos = [source.info for source in all_sources().values() if category in (None, source.info.category)]
    rows: list[dict[str, Any]] = [
        {
            "source": info.name,
            "#": info.fingpt_row,
            "gives": f"{info.category} {info.market}",
            "modes": " ".join(info.modes),
            "needs": " ".join((*(FLAGS[need] for need in info.needs), *(f"${name}" for name in missing(info)))),
            "evidence": info.evidence,
        }
        for info in infos
    ]
    if as_json:
        print_json([info.model_dump(mode="json") for info in infos])
        return
    print_table(f"{len(rows)} sources (#: row of the FinGPT paper; needs: what to give or set)", rows)
    counts = {kind: sum(info.evidence == kind for info in infos) for kind in ("recorded", "documented", "file")}
    print(
        f"{counts['recorded']} proven on a recorded answer, {counts['documented']} on a fixture written from public "
        f"documentation, {counts['file']} read files that you supply. Details: tickertune data sources --name NAME"
    )


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
