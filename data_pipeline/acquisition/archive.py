"""The archive's bodies: immutable files named by the SHA-256 of what they hold, compressed with zstd."""

from pathlib import Path

import zstandard

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_file

LEVEL = 3


class Archive:
    """A folder of bodies, ``ab/<sha256>.zst``. Equal bodies are one file; a file is whole or absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where a body lies."""
        return self._folder / sha256[:2] / f"{sha256}.zst"

    def put(self, sha256: str, body: bytes) -> None:
        """Store a body whose hex SHA-256 is ``sha256``; durable when this returns."""
        path = self.path(sha256)
        if not path.exists():
            with atomic_file(path) as temporary:
                temporary.write_bytes(zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(body))

    def get(self, sha256: str) -> bytes:
        """Return a body.

        Raises:
            TickerTuneError: The file is missing or damaged.
        """
        path = self.path(sha256)
        try:
            return zstandard.ZstdDecompressor().decompress(path.read_bytes())
        except FileNotFoundError:
            raise TickerTuneError(f"Archive file {path} is missing", "Restore it from a copy of the store") from None
        except zstandard.ZstdError as error:
            raise TickerTuneError(
                f"Archive file {path} is damaged ({error})", "Restore it from a copy of the store"
            ) from error
