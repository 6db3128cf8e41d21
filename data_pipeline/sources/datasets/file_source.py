"""A data set that the user supplies as files: which of them to read."""

from abc import abstractmethod
from pathlib import PurePosixPath
from typing import ClassVar, Literal
from urllib.parse import quote, unquote

from data_pipeline.sources.protocol import Cursor, Request, Scope, Source, Window
from tickertune.core.errors import TickerTuneError


class FileSource(Source):
    """Reads the files of a data set below ``scope.path``, in the order of their names."""

    kind: ClassVar[Literal["json", "csv", "text", "bytes"]] = "bytes"
    """Kind of the files."""
    layout: ClassVar[str]
    """The files in words, for the error that none is there."""

    @abstractmethod
    def wants(self, path: PurePosixPath) -> bool:
        """Whether a file belongs to the data set, by its path below the folder."""

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each file below ``scope.path``, or for that file itself.

        The context holds the window and the file's path below ``scope.path``, which names the file in ids.

        Raises:
            TickerTuneError: There is no path, or none of the data set's files below it.
        """
        root = scope.path
        remedy = f"Let the path of source {self.info.name} be the folder that holds {self.layout}"
        if root is None or not root.exists():
            raise TickerTuneError(f"Path {root} does not exist", remedy)
        base = root.parent if root.is_file() else root
        files = [root] if root.is_file() else [path for path in root.rglob("*") if path.is_file()]
        named = sorted((path.relative_to(base).as_posix(), path) for path in files)
        dates = {"since": window.since.isoformat(), "until": window.until.isoformat()}
        requests = [
            Request(url=f"file:{quote(path.as_posix())}", expects=self.kind, context={"file": name, **dates})
            for name, path in named
            if not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
            and self.wants(PurePosixPath(name))
        ]
        if not requests:
            raise TickerTuneError(f"Path {root} holds none of the files of source {self.info.name}", remedy)
        return requests


def file_path(request: Request) -> PurePosixPath:
    """Return the file's path below the data set's folder."""
    return PurePosixPath(request.context.get("file") or unquote(request.url.removeprefix("file:")))
