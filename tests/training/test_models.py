from typing import Any

import pytest
from transformers import AutoConfig, AutoModelForCausalLM

from tests.training.conftest import TINY
from tickertune.core.errors import TickerTuneError
from tickertune.core.models import resolve_model
from tickertune.core.recipe import LoraConfig
from training.models import add_adapter


@pytest.fixture
def model() -> Any:
    return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(resolve_model(TINY)))


def adapted(model: Any, targets: str | list[str], **changes: Any) -> set[str]:
    lora = LoraConfig(r=2, target_modules=targets, **changes)
    names = [name for name, _ in add_adapter(model, lora, 0).named_parameters() if "lora_A" in name]
    return {name.removeprefix("base_model.model.").partition(".lora_A")[0] for name in names}


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (["q_proj", "v_porj"], r"lora.target_modules names 'v_porj' \(did you mean 'v_proj'\?\), and the model has no"),
        (["q_porj"], r"'q_porj' \(did you mean 'q_proj'\?\)"),
        (["_proj"], "names '_proj'"),
        (["zzz", "xxx"], "names 'zzz', 'xxx', and the model has no such module. Use names of down_proj, "),
        (
            "q_proj",
            r"cannot adapt lora.target_modules 'q_proj' \(Target modules .*regular expression that matches whole",
        ),
        ("*_proj", r"cannot adapt lora.target_modules '\*_proj' \(.*nothing to repeat"),
        (["mlp"], r"cannot adapt lora.target_modules \['mlp'\] \(Target module LlamaMLP"),
        ([], r"cannot adapt lora.target_modules \[\]"),
    ],
)
def test_modules_that_the_model_lacks_are_refused_with_the_nearest(
    model: Any, targets: str | list[str], said: str
) -> None:
    with pytest.raises(TickerTuneError, match=said):
        adapted(model, targets)


def test_names_reach_the_modules_that_end_so(model: Any) -> None:
    found = adapted(model, ["q_proj", "layers.0.self_attn.v_proj"])
    assert {name for name in found if name.endswith("v_proj")} == {"model.layers.0.self_attn.v_proj"}
    assert sum(name.endswith("q_proj") for name in found) == model.config.num_hidden_layers


def test_a_regular_expression_reaches_whole_names(model: Any) -> None:
    assert adapted(model, r".*\.0\..*q_proj") == {"model.layers.0.self_attn.q_proj"}
