import dataclasses
import math
from typing import Any

import pytest
import yaml
from trl import DPOConfig, GRPOConfig, RewardConfig, SFTConfig

from tests.training.test_trainer_args import dpo, grpo, sft
from tickertune.core.errors import TickerTuneError
from training.trainer_numbers import BELOW, LEAST, fitted

KINDS = (SFTConfig, DPOConfig, RewardConfig, GRPOConfig)


def test_numbers_that_yaml_reads_as_text_reach_trl_as_numbers() -> None:
    block = yaml.safe_load("{adam_epsilon: 1e-6, max_grad_norm: 1e-1, neftune_noise_alpha: '5', data_seed: '3'}")
    assert block["adam_epsilon"] == "1e-6"
    args = sft(block)
    assert (args.adam_epsilon, args.max_grad_norm, args.neftune_noise_alpha, args.data_seed) == (1e-6, 0.1, 5.0, 3)
    args = grpo({"num_iterations": "2", "per_device_train_batch_size": "4", "log_completions": "false"})
    assert (args.num_iterations, args.per_device_train_batch_size, args.log_completions) == (2, 4, False)
    assert dpo({"loss_weights": ["1e-1"]}).loss_weights == [0.1]


@pytest.mark.parametrize(
    ("args", "key", "value", "said"),
    [
        (sft, "max_grad_norm", "much", "'much', not a number"),
        (sft, "max_grad_norm", True, "True, not a number"),
        (sft, "max_grad_norm", None, "None, not a number"),
        (sft, "max_grad_norm", -1, "-1.0, less than 0"),
        (sft, "max_grad_norm", ".inf", "'.inf', not a number"),
        (sft, "max_grad_norm", "inf", "'inf', not a number"),
        (sft, "max_grad_norm", math.inf, "inf, which holds a number that is not finite"),
        (sft, "lr_scheduler_kwargs", {"power": math.nan}, "a number that is not finite"),
        (sft, "adam_beta2", 1, "1.0, not below 1"),
        (sft, "dataloader_num_workers", 1.5, "1.5, not a whole number"),
        (sft, "logging_first_step", "perhaps", "'perhaps', not true or false"),
        (dpo, "loss_weights", ["half"], "not a list of numbers"),
        (grpo, "per_device_train_batch_size", -2, "-2, not a whole number from 1 on"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_key(args: Any, key: str, value: object, said: str) -> None:
    with pytest.raises(TickerTuneError) as caught:
        args({key: value})
    assert f"'trainer.{key}' is " in str(caught.value)
    assert said in str(caught.value)


def test_all_values_that_do_not_fit_are_told_at_once() -> None:
    with pytest.raises(TickerTuneError, match=r"max_grad_norm.*adam_epsilon"):
        sft({"max_grad_norm": "much", "adam_epsilon": "little"})


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_that_trl_proposes_fits(kind: Any) -> None:
    fields = {item.name: item for item in dataclasses.fields(kind) if item.init}
    defaults = {name: item.default for name, item in fields.items() if item.default is not dataclasses.MISSING}
    found, wrong = fitted(fields, defaults)
    assert not wrong
    assert found == defaults


def test_every_bound_is_of_a_field() -> None:
    known = {item.name for kind in KINDS for item in dataclasses.fields(kind)}
    assert {*LEAST, *BELOW} <= known
