"""Questions to a model server: the form that it takes is found out by the first, then the others follow."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.acquisition.failures import FetchError, PermanentError
from eval.backends.base import RefusedPromptError
from eval.backends.endpoint import RefusedRequestError
from eval.backends.serving import endpoint_of, failure, served_models
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import ServerConfig

Body = Mapping[str, Any]


class Exchange:
    """Asks one server.

    Args:
        config: Where it is.
        first_wait: Seconds before the second try.
    """

    def __init__(self, config: ServerConfig, first_wait: float) -> None:
        self._config = config
        self._endpoint = endpoint_of(config, first_wait)
        self._path = "/chat/completions" if config.api == "chat" else "/completions"
        self._form: dict[str, int] = {}

    def served(self) -> dict[str, int | None]:
        """Names that are served, each with its context length where that is told; errors as ``served_models``."""
        return served_models(self._endpoint, self._config)

    def ask(
        self,
        kind: str,
        places: Sequence[int],
        ahead: int,
        body: Callable[[int], Body],
        extras: Sequence[Body],
        read: Callable[[int, Any], None],
    ) -> Iterator[int]:
        """Ask a question for every place, and yield it once its answer is read.

        Args:
            kind: Kind of question: what is found out about its form holds for the next ones.
            places: In the order in which the server is to see them.
            ahead: How many of them are answered before the rest is asked, to leave their prefixes in the server's cache.
            body: What is asked at a place.
            extras: Parameters beside it, the best first; one that the server refuses is followed by the next.
            read: Takes a place and its answer's JSON values.

        Raises:
            RefusedPromptError: The server refuses a prompt, in the last form too.
            TickerTuneError: The server does not answer after all tries.
        """
        if not places:
            return
        self._settle(kind, places[0], body(places[0]), extras, read)
        yield places[0]
        extra = extras[self._form[kind]]
        for part in (places[1:ahead], places[max(ahead, 1) :]):
            try:
                for place, values in self._post((place, {**body(place), **extra}) for place in part):
                    read(place, values)
                    yield place
            except FetchError as error:
                raise self._failure(error) from None

    def _failure(self, error: FetchError) -> TickerTuneError:
        told = failure(error, self._endpoint, self._config)
        if isinstance(error, RefusedRequestError) and isinstance(error.key, int):
            return RefusedPromptError(told, error.key)
        return told

    def _settle(
        self, kind: str, place: int, body: Body, extras: Sequence[Body], read: Callable[[int, Any], None]
    ) -> None:
        """Ask one question in the first form that the server takes, from the one that it took last on."""
        for form in range(self._form.get(kind, 0), len(extras)):
            try:
                ((_, values),) = self._post([(place, {**body, **extras[form]})])
            except FetchError as error:
                if isinstance(error, PermanentError) and form < len(extras) - 1:
                    continue
                raise self._failure(error) from None
            read(place, values)
            self._form[kind] = form
            return

    def _post(self, bodies: Iterable[tuple[int, Body]]) -> Iterator[tuple[int, Any]]:
        for place, answer in self._endpoint.post(self._path, bodies):
            try:
                yield place, json.loads(answer)
            except ValueError:
                raise TickerTuneError(
                    f"{self._config.endpoint} did not answer as an OpenAI-compatible server ({answer[:80]!r})",
                    "Check server.endpoint: it ends where /completions begins, as in http://127.0.0.1:8000/v1",
                ) from None
