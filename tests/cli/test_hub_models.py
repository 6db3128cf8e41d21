"""What a run asks the Hub about its models, played by a Hub of ours."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, OfflineModeIsEnabled, RepositoryNotFoundError

from tickertune.cli import hub_models
from tickertune.cli.checks import preflight
from tickertune.cli.hub_models import check_hub_rights, check_push, hub_names
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import load_recipe

SECRET = "hf_abcdefgh"


def answer(kind: type[HfHubHTTPError], status: int) -> HfHubHTTPError:
    """What the Hub's client raises; its words hold the token, as those of a proxy might."""
    response = httpx.Response(status, request=httpx.Request("GET", f"https://huggingface.co/?token={SECRET}"))
    return kind(f"refused {SECRET}", response=response)


GATED = answer(GatedRepoError, 403)
UNKNOWN = answer(RepositoryNotFoundError, 404)
FORBIDDEN = answer(HfHubHTTPError, 403)
BROKEN = answer(HfHubHTTPError, 503)
OFFLINE = OfflineModeIsEnabled("offline mode")
NO_NETWORK = httpx.ConnectError(f"no route {SECRET}")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Set ``raises`` and ``account``; see ``asked`` and ``token``."""
    played: dict[str, Any] = {"raises": None, "asked": [], "account": {"name": "me", "orgs": []}}

    class Hub:
        def __init__(self, token: str | None = None) -> None:
            played["token"] = token

        def auth_check(self, name: str, write: bool = False) -> None:
            played["asked"].append((name, write))
            if played["raises"] is not None:
                raise played["raises"]

        def whoami(self) -> dict[str, Any]:
            return dict(played["account"])

    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    monkeypatch.setattr(hub_models, "_is_stored", lambda name: False)
    monkeypatch.setenv("HF_TOKEN", SECRET)
    return played


def test_a_model_that_may_be_read_is_asked_for_once(hub: dict[str, Any], recipe_folder: Path) -> None:
    preflight(load_recipe(recipe_folder, {"model": "{name: owner/model}"}))
    assert hub["asked"] == [("owner/model", False)]


def test_models_that_are_here_are_not_asked_for(hub: dict[str, Any], recipe_folder: Path, tmp_path: Path) -> None:
    preflight(load_recipe(recipe_folder))
    assert hub["asked"] == []
    (tmp_path / "owner/model").mkdir(parents=True)
    assert hub_names(load_recipe(recipe_folder, {"model": f"{{name: {tmp_path}/owner/model}}"})) == []


def test_the_teachers_model_is_asked_for_too(hub: dict[str, Any], argued_folder: Path) -> None:
    teacher = "{kind: engine, model: {name: owner/teacher}}"
    preflight(load_recipe(argued_folder, {"rationales.teacher": teacher}))
    assert hub["asked"] == [("owner/teacher", False)]


@pytest.mark.parametrize(
    ("raises", "said"),
    [
        (GATED, "owner/model is gated on the Hub.*Ask for access at .*owner/model"),
        (UNKNOWN, "unknown on the Hub, or private.*HF_TOKEN, or give a local folder"),
        (FORBIDDEN, r"refuses this account's token for owner/model \(HTTP 403\)"),
    ],
)
def test_a_model_that_may_not_be_read_is_refused_before_the_run(
    raises: Exception, said: str, hub: dict[str, Any], recipe_folder: Path
) -> None:
    hub["raises"] = raises
    with pytest.raises(TickerTuneError, match=said) as refused:
        preflight(load_recipe(recipe_folder, {"model": "{name: owner/model}"}))
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("raises", [OFFLINE, NO_NETWORK, BROKEN])
def test_a_hub_that_cannot_be_asked_is_told_and_does_not_stop(
    raises: Exception, hub: dict[str, Any], recipe_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub["raises"] = raises
    preflight(load_recipe(recipe_folder, {"model": "{name: owner/model}"}))
    told = capsys.readouterr().err
    assert "could not be asked whether owner/model may be read" in told
    assert SECRET not in told


def test_a_stored_copy_of_a_gated_model_is_used_and_told(hub: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    hub["raises"] = GATED
    monkeypatch.setattr(hub_models, "_is_stored", lambda name: True)
    assert "the copy that is stored here is used" in str(check_hub_rights("owner/model"))


def test_a_token_that_may_write_is_told_and_asked_with(hub: dict[str, Any]) -> None:
    assert check_push("me/model") == "HF_TOKEN may write to me/model"
    assert (hub["asked"], hub["token"]) == ([("me/model", True)], SECRET)


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({"name": "me", "auth": {"accessToken": {"role": "write"}}}, "is not there yet, and HF_TOKEN may make it"),
        ({"name": "me", "auth": {"accessToken": {"role": "fineGrained"}}}, "fine-grained, and whether it may"),
        ({"name": "you", "orgs": [{"name": "me", "roleInOrg": "admin"}]}, "HF_TOKEN may make it"),
    ],
)
def test_a_repository_that_is_still_to_be_made(account: dict[str, Any], said: str, hub: dict[str, Any]) -> None:
    hub |= {"raises": UNKNOWN, "account": account}
    assert said in check_push("me/model")


@pytest.mark.parametrize(
    ("raises", "account", "said"),
    [
        (FORBIDDEN, {}, r"HF_TOKEN may not write to me/model \(HTTP 403\)"),
        (GATED, {"name": "you"}, r"neither the account of HF_TOKEN \(you\) nor one of its organisations"),
        (UNKNOWN, {"name": "you"}, r"neither the account of HF_TOKEN \(you\) nor one of its organisations"),
        (UNKNOWN, {"name": "me", "auth": {"accessToken": {"role": "read"}}}, "HF_TOKEN is a token for reading"),
        (UNKNOWN, {"name": "you", "orgs": [{"name": "me", "roleInOrg": "read"}]}, "you may only read in me"),
        (OFFLINE, {}, "could not be asked whether HF_TOKEN may write"),
        (NO_NETWORK, {}, "could not be asked whether HF_TOKEN may write"),
        (BROKEN, {}, r"could not be asked .*HTTP 503"),
    ],
)
def test_a_push_that_would_be_refused_is_refused(
    raises: Exception, account: dict[str, Any], said: str, hub: dict[str, Any]
) -> None:
    hub |= {"raises": raises, "account": account}
    with pytest.raises(TickerTuneError, match=said) as refused:
        check_push("me/model")
    assert SECRET not in str(refused.value)


def test_a_push_without_a_token_is_refused(hub: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(TickerTuneError, match="HF_TOKEN is not set"):
        check_push("me/model")
    assert hub["asked"] == []


def test_a_path_with_a_typo_is_no_name_of_the_hub(hub: dict[str, Any]) -> None:
    with pytest.raises(TickerTuneError, match="'models/of/mine' is no folder here and no name of the Hub"):
        check_hub_rights("models/of/mine")
