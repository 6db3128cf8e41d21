"""A training stage's facts (``tickertune.json``): where they stand, and which base its weights belong to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import model_fingerprint, weights_hash
from tickertune.core.recipe import read_yaml

FACTS = "tickertune.json"
CHECKPOINTS = "checkpoints"
"""Folder of a stage with the checkpoints of its training."""


def facts_near(folder: Path) -> dict[str, Any]:
    """Facts of the stage that a folder is, or whose adapter, model or checkpoint it is; empty where there are none."""
    found: dict[str, Any] = next((read_json(path) for path in _places(folder) if path.is_file()), {})
    return found


def _places(folder: Path) -> Sequence[Path]:
    if folder.parent.name == CHECKPOINTS:
        return (folder.parent.parent / FACTS,)
    return (folder / FACTS, folder.parent / FACTS) if folder.name in ("adapter", "model") else (folder / FACTS,)


def noted_revision(folder: Path, model: str) -> str | None:
    """Hub commit of the base that a stage was trained on.

    It stands in the stage's facts; of stages that noted none there, in the recipe beside them or that of their run.

    Args:
        folder: A stage, or its adapter, model or checkpoint.
        model: The base as it is named now.

    Returns:
        None where no commit is noted, or one of another model than this.
    """
    file = next((path for path in _places(folder.resolve()) if path.is_file()), None)
    if file is None:
        return None
    facts, stage = read_json(file), file.parent
    if "base_revision" in facts:
        noted = {"name": facts.get("model"), "revision": facts["base_revision"]}
    else:
        recipes = [path for path in (stage / "config.yaml", stage.parent.parent / "recipe.yaml") if path.is_file()]
        blocks = [read_yaml(path).get("model") for path in recipes]
        noted = next((block for block in blocks if isinstance(block, dict)), {})
    return noted.get("revision") if noted.get("name") == model else None


def base_facts(base: str, revision: str | None) -> dict[str, Any]:
    """What a stage notes of its base: folder or Hub id, Hub commit, fingerprint, and the hash of the weights alone (None: unknown)."""
    return {
        "base": base,
        "base_revision": revision,
        "base_fingerprint": model_fingerprint(base, revision),
        "base_weights": weights_hash(base, revision),
    }


def check_base(adapter: Path, base: str, revision: str | None) -> bool:
    """Refuse an adapter whose stage noted other base weights than these, whatever the folders are called.

    Only weights count: a chat template or a version in config.json makes no other base. Nothing is compared where the stage
    noted none (an older one, or an adapter without its stage) or where the base's weights are not on this machine yet.

    Args:
        adapter: Folder of the adapter.
        base: Folder or Hub id of the base, as ``resolve_model`` gave it.
        revision: Hub commit of the base.

    Returns:
        Whether weights were compared.

    Raises:
        TickerTuneError: They were, and are others.
    """
    facts = facts_near(adapter)
    noted = facts.get("base_weights")
    given = None if noted is None else weights_hash(base, revision)
    if noted is None or given is None:
        return False
    if given != noted:
        raise TickerTuneError(
            f"Adapter {adapter} was trained on another base than {base}: its base's weights have the hash {noted[:12]}, "
            f"these {given[:12]}",
            f"Give the base that it was trained on (it was {facts.get('base')}), or train it again on this one",
        )
    return True
