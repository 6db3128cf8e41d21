"""What is published of a recipe, and what an error shows of one: no path of the machine, and no key."""

import pytest
from pydantic import TypeAdapter

from tickertune.core.errors import TickerTuneError
from tickertune.core.hub import publishable
from tickertune.core.recipe import RationalesConfig
from tickertune.core.recipe.loading import parse_overrides, set_key, validate

SECRET = "sk-secret"


@pytest.mark.parametrize(
    ("values", "published"),
    [
        ({"model": {"name": "~/models/acme"}}, {"model": {"name": "acme"}}),
        ({"model": {"name": "../clients/acme/model"}}, {"model": {"name": "model"}}),
        ({"model": {"name": "owner/model"}}, {"model": {"name": "owner/model"}}),
        ({"teacher": {"adapter": "runs/acme/adapter"}}, {"teacher": {"adapter": "adapter"}}),
        ({"aliases": "acme/names.csv", "template": "acme/t.yaml"}, {"aliases": "names.csv", "template": "t.yaml"}),
        ({"template": "movement@1"}, {"template": "movement@1"}),
        ({"trainer": {"logging_dir": "acme/logs"}, "any": ["./acme/x"]}, {"trainer": {"logging_dir": "logs"}, "any": ["x"]}),
        ({"votes": {"reward_model": "acme/rm"}}, {"votes": {"reward_model": "rm"}}),
        ({"guards": {"cutoffs": "acme/c.yaml", "trained_on": ["acme/d"]}}, {"guards": {"cutoffs": "c.yaml", "trained_on": ["d"]}}),
    ],
)  # fmt: skip
def test_no_path_of_the_machine_is_published(values: object, published: object) -> None:
    assert publishable(values) == published


@pytest.mark.parametrize(
    "address",
    [
        f"https://user:{SECRET}@api.example.com/v1",
        f"https://user:{SECRET}@more@api.example.com/v1",
        f"https://user:{SECRET}/more@api.example.com/v1",
        f"https://api.example.com/v1?to=a@b&key={SECRET}",
        f"user:{SECRET}@api.example.com/v1",
        f"api.example.com/v1?key={SECRET}",
        f"ftp://{SECRET}@api.example.com",
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_a_refused_address_shows_no_key(address: str, nested: bool) -> None:
    teacher: dict[str, object] = {"kind": "endpoint", "base_url": address, "model": "m"}
    values = {"teacher": [teacher] if nested else teacher}
    with pytest.raises(TickerTuneError, match="teacher") as refused:
        validate(TypeAdapter(RationalesConfig), values, "rationales.yaml")
    assert SECRET not in str(refused.value)


def test_what_is_no_address_and_an_address_without_key_are_shown() -> None:
    for address in ("ftp://api.example.com", "no address"):
        with pytest.raises(TickerTuneError, match=f"given: '{address}'"):
            validate(
                TypeAdapter(RationalesConfig),
                {"teacher": {"kind": "endpoint", "base_url": address, "model": "m"}},
                "rationales.yaml",
            )


def test_a_refused_option_shows_no_key() -> None:
    with pytest.raises(TickerTuneError, match="is not YAML") as refused:
        set_key({}, "teacher.base_url", f"[https://u:{SECRET}@h")
    assert SECRET not in str(refused.value)
    with pytest.raises(TickerTuneError, match="Unexpected argument") as unexpected:
        parse_overrides([f"https://u:{SECRET}@h/v1"])
    assert SECRET not in str(unexpected.value)
