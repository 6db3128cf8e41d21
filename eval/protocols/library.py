"""The protocols of the package, and the user's own: a YAML file each."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from eval.protocols.protocol import Protocol
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.recipe import parse_config, read_yaml


def protocol_names() -> list[str]:
    """Names of the package's protocols, sorted."""
    return sorted(path.name.removesuffix(".yaml") for path in _folder().iterdir() if path.name.endswith(".yaml"))


def load_protocol(reference: str) -> Protocol:
    """Load a protocol of the package by its name, or the user's own by the path of its YAML file.

    Raises:
        TickerTuneError: There is none, or its YAML is wrong; the message lists all that is wrong.
    """
    if reference.endswith((".yaml", ".yml")):
        return parse_config(Protocol, read_yaml(Path(reference)), f"Protocol {reference}")
    names = protocol_names()
    if reference not in names:
        raise TickerTuneError(
            f"There is no protocol '{reference}'{did_you_mean(reference, names)}",
            f"Use one of {', '.join(names)}, or the path of a YAML file (docs/protocols.md)",
        )
    text = (_folder() / f"{reference}.yaml").read_text(encoding="utf-8")
    return parse_config(Protocol, yaml.safe_load(text), f"Protocol {reference}")


def _folder() -> Any:
    return files("eval.protocols") / "definitions"
