"""What a user wants of a source, checked before anything is asked."""

from data_pipeline.acquisition.secrets import missing
from data_pipeline.sources.protocol import Mode, Scope, Source
from tickertune.core.errors import TickerTuneError


def check_wanted(source: Source, scope: Scope, mode: Mode) -> None:
    """Refuse what the source cannot do, before anything is asked.

    Raises:
        TickerTuneError: It has not that mode, needs something that is not named, or lacks a key.
    """
    info = source.info
    if mode not in info.modes:
        words = {"range": "a date range", "stream": "a stream", "file": "files"}
        remedy = {
            "range": "Leave out --since and --until to take the newest",
            "stream": "Give --since and --until",
            "file": "Leave out --path",
        }[mode]
        remedy = "Give --path with the folder of the data set" if info.modes == ("file",) else remedy
        raise TickerTuneError(f"Source {info.name} has no {words[mode]} (it has {', '.join(info.modes)})", remedy)
    flags = {"symbols": "--symbols", "query": "--query", "urls": "--url", "path": "--path"}
    for need in info.needs:
        if not getattr(scope, need):
            raise TickerTuneError(f"Source {info.name} needs {flags[need]}", f"Give {flags[need]}")
    unset = missing(info)
    if unset:
        raise TickerTuneError(
            f"Source {info.name} needs the environment variable(s) {', '.join(unset)}",
            f"Set them: export {unset[0]}=…",
        )
