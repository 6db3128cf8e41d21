"""A worker process: loads an engine and answers the chunks that come over a connection (``eval.workers``)."""

import json
import os
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from eval.engine import Alone, Engine
from eval.results.asks import Rewards, asked, encoded
from tickertune.core.errors import TickerTuneError

EXIT_ERROR = 2
POLL_SECONDS = 1.0


def main() -> int:
    """Serve the connection whose file descriptor the command line names, until its other end is closed."""
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    connection: Connection = Connection(int(sys.argv[1]))
    try:
        with Engine.of(json.loads(connection.recv_bytes())).open() as backend:
            _send(connection, {"ready": backend.name})
            _serve(connection, Alone(backend))
    except TickerTuneError as error:
        _send(connection, {"cause": error.cause, "remedy": error.remedy})
        return EXIT_ERROR
    return 0


def _serve(connection: Connection, engine: Alone) -> None:
    while True:
        try:
            message = json.loads(connection.recv_bytes())
        except EOFError:
            return
        adapter = None if message["adapter"] is None else Path(message["adapter"])
        ask = asked(message["ask"])
        assert not isinstance(ask, Rewards)  # no engine is asked for them
        for _, answers in engine.answers([message["prompts"]], ask, adapter, lambda _: None):
            _send(connection, {"answers": encoded(answers)})


def _send(connection: Connection, message: dict[str, Any]) -> None:
    connection.send_bytes(json.dumps(message).encode())


def _leave_with(parent: int) -> None:
    """End this process when its parent has ended, in the midst of a chunk too."""
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os._exit(EXIT_ERROR)


if __name__ == "__main__":
    sys.exit(main())
