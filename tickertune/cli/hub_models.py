"""Models that a recipe names on the Hub: their commits, and what this machine's token may do there."""

from pathlib import Path
from typing import Any

from tickertune.core.errors import TickerTuneError
from tickertune.core.hub import TOKEN, token_from_environment
from tickertune.core.models import BUILT_IN
from tickertune.core.recipe import EngineTeacherConfig, ModelConfig, Recipe, read_yaml


def hub_names(recipe: Recipe) -> list[str]:
    """Names of the models of a run that are fetched from the Hub."""
    models = [recipe.model]
    if recipe.rationales is not None and isinstance(recipe.rationales.teacher, EngineTeacherConfig):
        models.append(recipe.rationales.teacher.model)
    return list(dict.fromkeys(model.name for model in models if _is_on_hub(model.name)))


def _is_on_hub(name: str) -> bool:
    """Whether a name that is no built-in and no folder can be one of the Hub's; ``resolve_model`` refuses the others."""
    path = Path(name).expanduser()
    return name not in BUILT_IN and not path.is_dir() and not path.is_absolute() and "/" in name and name[0] not in ".~"


def check_hub_rights(name: str) -> str | None:
    """Refuse a model of the Hub that may not be read from here.

    Returns:
        A sentence where the Hub could not be asked, or says no and a stored copy is used; None where all is well.

    Raises:
        TickerTuneError: The model is gated, or private or unknown, or the token is not valid.
    """
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(name)
        HfApi().auth_check(name)
        return None
    except HFValidationError as error:
        raise _no_name(name) from error
    except GatedRepoError:
        cause = f"Model {name} is gated on the Hub, and this account has no access to it"
        remedy = f"Ask for access at https://huggingface.co/{name} and put that account's token into {TOKEN}"
    except RepositoryNotFoundError:
        cause = f"Model {name} is unknown on the Hub, or private and not readable from here"
        remedy = f"Correct the name, put a token that may read it into {TOKEN}, or give a local folder"
    except HfHubHTTPError as error:
        if _status(error) not in (401, 403):
            return _unasked(name, error)
        cause = f"The Hub refuses this account's token for {name} (HTTP {_status(error)})"
        remedy = f"Put a valid token that may read it into {TOKEN}, or unset it for a public model"
    except (httpx.HTTPError, OSError) as error:  # offline mode is an OSError too
        return _unasked(name, error)
    if _is_stored(name):
        return f"{cause}: the copy that is stored here is used"
    raise TickerTuneError(cause, remedy)


def check_push(repository: str) -> str:
    """Ask the Hub whether the token in the environment may write to a model repository, or make it.

    Returns:
        A sentence that says so.

    Raises:
        TickerTuneError: There is no token, it may not, or the Hub could not be asked.
    """
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    hub = HfApi(token=token_from_environment())
    try:
        validate_repo_id(repository)
        try:
            hub.auth_check(repository, write=True)
            return f"{TOKEN} may write to {repository}"
        except RepositoryNotFoundError:
            return _may_make(repository, hub.whoami())
    except HFValidationError as error:
        raise _no_name(repository) from error
    except HfHubHTTPError as error:
        if _status(error) in (401, 403):
            raise TickerTuneError(
                f"{TOKEN} may not write to {repository} (HTTP {_status(error)})", "Use a token with write access to it"
            ) from None
        raise _unanswered(repository, error) from None
    except (httpx.HTTPError, OSError) as error:
        raise _unanswered(repository, error) from None


def _may_make(repository: str, account: dict[str, Any]) -> str:
    """Whether an account may make a repository that is not there, or not to be seen: by its owner and the token's role."""
    owner, own = repository.partition("/")[0], str(account.get("name"))
    roles = {str(group.get("name")): group.get("roleInOrg") for group in account.get("orgs", [])}
    if owner != own and owner not in roles:
        raise TickerTuneError(
            f"{repository} is not there or not to be seen, and {owner} is neither the account of {TOKEN} ({own}) nor one of its organisations",
            "Correct the name, or use a token of that owner",
        )
    if owner != own and roles[owner] == "read":
        raise TickerTuneError(f"{own} may only read in {owner}", f"Ask for write access to {owner}, or name another")
    role = ((account.get("auth") or {}).get("accessToken") or {}).get("role")
    if role == "read":
        raise TickerTuneError(f"{TOKEN} is a token for reading", f"Make a token with write access for {repository}")
    if role == "fineGrained":
        return f"{repository} is not there yet; {TOKEN} is fine-grained, and whether it may make it shows at the push"
    return f"{repository} is not there yet, and {TOKEN} may make it"


def _status(error: Any) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _no_name(name: str) -> TickerTuneError:
    return TickerTuneError(
        f"'{name}' is no folder here and no name of the Hub", "Write owner/name, or correct the path"
    )


def _said(error: BaseException) -> str:
    """The kind of a failure alone: its words may hold an address or a token."""
    status = _status(error)
    return type(error).__name__ if status is None else f"{type(error).__name__}, HTTP {status}"


def _unasked(name: str, error: BaseException) -> str:
    return f"The Hub could not be asked whether {name} may be read ({_said(error)}): a stored copy is needed"


def _unanswered(repository: str, error: BaseException) -> TickerTuneError:
    return TickerTuneError(
        f"The Hub could not be asked whether {TOKEN} may write to {repository} ({_said(error)})",
        "Check the network, or leave --push out",
    )


def _is_stored(name: str) -> bool:
    """Whether weights of the commit that the Hub's main branch last had here are in the local cache."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, "config.json")
    return isinstance(found, str) and any(Path(found).parent.glob("*.safetensors"))


def pin_revision(recipe: Recipe) -> Recipe:
    """Return the recipe with the commit of each Hub model that it names without one, so that no stage drifts.

    A run that is taken up keeps the commit that it was started with; a stored copy answers without the network.

    Raises:
        TickerTuneError: The Hub does not know a model, or cannot be reached and holds no stored copy.
    """
    started = recipe.output / "recipe.yaml"
    before = read_yaml(started) if started.is_file() else {}
    model = _pinned(recipe.model, before.get("model"))
    changes: dict[str, object] = {"model": model}
    for name, stage in recipe.training():
        if stage.model.revision is None:
            changes[name] = stage.model_copy(
                update={"model": stage.model.model_copy(update={"revision": model.revision})}
            )
    rationales = recipe.rationales
    if rationales is not None and isinstance(rationales.teacher, EngineTeacherConfig):
        asked_before = ((before.get("rationales") or {}).get("teacher") or {}).get("model")
        teacher = rationales.teacher.model_copy(update={"model": _pinned(rationales.teacher.model, asked_before)})
        changes["rationales"] = rationales.model_copy(update={"teacher": teacher})
    return recipe.model_copy(update=changes)


def _pinned(model: ModelConfig, before: dict[str, str] | None) -> ModelConfig:
    """The model with the commit that it had ``before``, else with the Hub's; one that needs none as it is."""
    if model.revision is not None or not _is_on_hub(model.name):
        return model
    known = before.get("revision") if before is not None and before.get("name") == model.name else None
    return model.model_copy(update={"revision": known or hub_commit(model.name)})


def hub_commit(name: str) -> str:
    """Return the commit that the Hub's main branch of a model stands at, or that of the copy stored here."""
    import httpx
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    stored = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}" / "refs" / "main"
    try:
        return str(HfApi().model_info(name, timeout=20).sha)
    except (HfHubHTTPError, OfflineModeIsEnabled, httpx.HTTPError, OSError) as error:
        if stored.is_file():
            return stored.read_text(encoding="ascii").strip()
        raise TickerTuneError(
            f"Model {name} could not be found on the Hub ({str(error).splitlines()[0]})",
            "Correct the name, set HF_TOKEN for a gated model, or give a local folder",
        ) from error
