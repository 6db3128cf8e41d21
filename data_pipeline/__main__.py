"""``python -m data_pipeline --config data.yaml --output FOLDER [--key value]``: build one data set."""

import argparse
import sys
from pathlib import Path

from pydantic import TypeAdapter

from data_pipeline.build import build
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import canonical_json
from tickertune.core.recipe import DataConfig, read_yaml
from tickertune.core.recipe.loading import parse_overrides, set_key, validate


def load_data_config(path: Path, overrides: dict[str, str]) -> DataConfig:
    """Read a data YAML file and apply dotted overrides.

    Raises:
        TickerTuneError: Anything in it is wrong; the message lists all of it.
    """
    values = read_yaml(path)
    for key, text in overrides.items():
        set_key(values, key, text)
    adapter: TypeAdapter[DataConfig] = TypeAdapter(DataConfig)
    return validate(adapter, values, str(path))


def main(arguments: list[str] | None = None) -> int:
    """Build, print the facts, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m data_pipeline", description="Build a data set from a recipe.")
    parser.add_argument("--config", type=Path, required=True, help="YAML with the data block of a recipe")
    parser.add_argument("--output", type=Path, required=True, help="folder for the data stage's files")
    parser.add_argument("--json", action="store_true", help="print the facts as JSON")
    options, rest = parser.parse_known_args(arguments)
    try:
        facts = build(load_data_config(options.config, parse_overrides(rest)), options.output)
    except TickerTuneError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error}. Free space or choose another --output.", file=sys.stderr)
        return 2
    if options.json:
        print(canonical_json(facts))
    else:
        for split, count in facts["samples"].items():
            print(f"{split:<12}{count:>8} samples")
        print(f"data set: {options.output / 'dataset'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
