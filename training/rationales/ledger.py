"""Every reply of the teacher, on the disk before the next one is waited for: nothing is asked twice."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tickertune.core.disk import disk_full_error, is_disk_full
from tickertune.core.errors import TickerTuneError
from training.rationales.teacher import Ask, Reply, Teacher

FILE = "answers.jsonl"


class Ledger:
    """Replies by the key of what was asked, one JSON line each.

    Args:
        path: The file. A last line that a kill cut short is removed, and its reply asked again.

    Raises:
        TickerTuneError: Another line cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._replies: dict[str, Reply] = {}
        content = path.read_bytes() if path.is_file() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(path, len(whole))
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                values = json.loads(line)
                key = values.pop("key")
                self._replies[key] = Reply(**values)
            except (ValueError, KeyError, TypeError, AttributeError):
                raise TickerTuneError(
                    f"Line {number} of {path} is no answer of a teacher", "Remove that line: its prompt is asked again"
                ) from None

    def __len__(self) -> int:
        return len(self._replies)

    def __getitem__(self, ask: Ask) -> Reply:
        """The reply; ``KeyError`` where it was not asked."""
        return self._replies[ask.key]

    def missing(self, asks: Sequence[Ask]) -> list[Ask]:
        """What has no reply yet, without repetition."""
        return list({ask.key: ask for ask in asks if ask.key not in self._replies}.values())

    def ask(self, teacher: Teacher, asks: Sequence[Ask]) -> Iterator[Ask]:
        """Ask for what is missing; yields each as soon as its reply is on the disk.

        Raises:
            TickerTuneError: The teacher cannot be asked, or the disk is full; the replies so far stay.
        """
        wanted = self.missing(asks)
        if not wanted:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as handle:
            for ask, reply in teacher.answer(wanted):
                try:
                    handle.write(json.dumps({"key": ask.key, **asdict(reply)}, ensure_ascii=False) + "\n")
                    handle.flush()
                    os.fsync(handle.fileno())
                except OSError as error:
                    if not is_disk_full(error):
                        raise
                    raise disk_full_error(self._path) from error
                self._replies[ask.key] = reply
                yield ask
