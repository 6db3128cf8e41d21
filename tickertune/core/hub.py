"""Pushing a folder to the Hugging Face Hub: one commit or none, private unless told otherwise, no secret in any word."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from tickertune.core.errors import TickerTuneError

TOKEN = "HF_TOKEN"
PATH_KEYS = {
    *("path", "documents", "bars", "instruments", "actions", "output", "dataset", "init", "accelerate", "store"),
    *("adapter", "aliases", "cutoffs", "logging_dir", "reward_model", "template", "trained_on"),
}
"""Keys of a recipe that name files of the machine that it ran on."""
PATH_STARTS = ("~", "./", "../")
"""What a value begins with that is a path under any key, as is an absolute one."""
ADDRESS_KEYS = {"base_url", "endpoint", "vllm_server_base_url", "vllm_server_host"}
"""Keys of a recipe that hold the address of a model server, which may be a private one."""
PRIVATE = "(not published)"
"""What stands in place of such an address."""
BROUGHT = {
    "model": (
        *("model.safetensors", "model-*-of-*.safetensors", "model.safetensors.index.json", "adapter_model.safetensors"),
        *("config.json", "generation_config.json", "adapter_config.json", "merge.json", "recipe.yaml"),
        *(
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "chat_template.jinja",
        ),
        *("vocab.json", "vocab.txt", "merges.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"),
    ),
    "dataset": ("data/*.parquet", "documents.parquet", "shown.parquet", "info.json", "recipe.yaml", "plots/*"),
}
"""What a push may bring, as the Hub's patterns of whole paths. Of these files a later push takes away those that it does not bring:
an adapter left beside a merged model would be loaded in its place. Whatever else lies in the repository stays."""


def token_from_environment() -> str:
    """Return the Hub token, which is read from nowhere else.

    Raises:
        TickerTuneError: There is none.
    """
    token = os.environ.get(TOKEN)
    if not token:
        raise TickerTuneError(f"{TOKEN} is not set", f"Put a write token into the environment variable {TOKEN}")
    return token


def push(folder: Path, repository: str, public: bool, kind: Literal["model", "dataset"] = "model") -> str:
    """Upload a folder to the Hub as one commit; the repository is made private unless ``public``.

    It replaces what an earlier push brought (``BROUGHT``). A push that breaks leaves the repository as it was: the commit, which
    also takes away, comes last, and what was uploaded before it is recognised by its hash the next time.

    Returns:
        Address of the commit.

    Raises:
        TickerTuneError: No token in the environment, the Hub refuses, or the repository is public against the wish.
    """
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    token = token_from_environment()
    hub = HfApi(token=token)
    try:
        hub.create_repo(repository, private=not public, exist_ok=True, repo_type=kind)
        if not public and not hub.repo_info(repository, repo_type=kind).private:
            raise TickerTuneError(f"Repository {repository} is public", "Give --public, or name another repository")
        commit = hub.upload_folder(
            repo_id=repository,
            folder_path=folder,
            commit_message="Push by TickerTune",
            repo_type=kind,
            delete_patterns=list(BROUGHT[kind]),
        )
        return str(commit)
    except (HfHubHTTPError, httpx.HTTPError) as error:
        said = str(error).splitlines()[0].replace(token, "***") if str(error) else type(error).__name__
        raise TickerTuneError(
            f"The Hub refused {repository} ({said})",
            "Check the name, the token's rights and the network, and give the same command again",
        ) from None


def publishable(recipe: Any) -> Any:
    """A recipe's values as they may be published: each path cut to its last part, no address of a model server."""
    return without_addresses(without_paths(recipe))


def without_addresses(value: Any, key: str = "") -> Any:
    """Values with ``PRIVATE`` in place of each address of a model server; what was asked for there, its model, stays.

    A public address goes too: from an address alone nobody can tell whether it is one that its owner would publish.
    """
    if isinstance(value, Mapping):
        return {name: without_addresses(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_addresses(inner, key) for inner in value]
    return PRIVATE if key in ADDRESS_KEYS and isinstance(value, str) else value


def without_paths(value: Any, key: str = "") -> Any:
    """A recipe's values with each path cut to its last part.

    A path is what stands under one of ``PATH_KEYS``, is absolute or begins like one. A model folder named as ``runs/model`` reads as
    an id of the Hub and stays.
    """
    if isinstance(value, Mapping):
        return {name: without_paths(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_paths(inner, key) for inner in value]
    is_path = isinstance(value, str) and (key in PATH_KEYS or os.path.isabs(value) or value.startswith(PATH_STARTS))
    return Path(value).name if is_path else value
