"""A server as a recipe names it: how to reach it, what it serves, and what its failures mean."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from data_pipeline.acquisition.failures import CredentialsError, FetchError
from eval.backends.context import check_context
from eval.backends.endpoint import Address, Endpoint
from eval.backends.served import listed
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import ServerConfig


def check_served_lengths(config: ServerConfig, lengths: Sequence[int], room: int) -> None:
    """Refuse prompts that do not fit into what a server reads, where it tells that; errors as ``check_context``."""
    check_served_context(config, served_models(endpoint_of(config, 1.0), config), lengths, room)


def served_name(adapter: Path, config: ServerConfig) -> str:
    """The name under which a server holds an adapter: the recipe's, else that of the training stage's folder."""
    stage = adapter.parent if adapter.name == "adapter" else adapter
    return config.adapters.get(stage.name, stage.name)


def endpoint_of(config: ServerConfig, first_wait: float) -> Endpoint:
    """Return what asks a server; ``first_wait`` is in seconds."""
    address = Address(
        base_url=config.endpoint,
        model=config.model,
        key_env=config.key_env,
        own=True,
        concurrency=config.concurrency,
        attempts=config.attempts,
        timeout=config.timeout,
        first_wait=first_wait,
    )
    return Endpoint(address, "server")


def served_models(endpoint: Endpoint, config: ServerConfig) -> dict[str, int | None]:
    """Names that are served, each with its context length where that is told.

    Raises:
        TickerTuneError: The server does not answer, or lists no models.
    """
    try:
        return listed(endpoint.get("/models"))
    except FetchError as error:
        raise failure(error, endpoint, config) from None


def check_served_context(
    config: ServerConfig, served: Mapping[str, int | None], lengths: Sequence[int], room: int
) -> None:
    """As ``check_served_lengths``, with the models that are served."""
    check_context(f"{config.model} at {config.endpoint}", served.get(config.model), lengths, room)


def failure(error: FetchError, endpoint: Endpoint, config: ServerConfig) -> TickerTuneError:
    """Say why a server did not answer, and what to do."""
    said = f"; it said: {endpoint.said}" if endpoint.said else ""
    cause = f"The model server did not answer ({error.reason}{said})"
    if isinstance(error, CredentialsError):
        remedy = (
            f"Set {config.key_env} to a valid key" if config.key_env else "Name the key's variable in server.key_env"
        )
        return TickerTuneError(cause, remedy)
    return TickerTuneError(cause, "Check the server and server.endpoint, and run it again: what is stored is kept")
