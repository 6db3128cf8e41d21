from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import grpo_config, sft_config
from tickertune.core.errors import TickerTuneError
from training.trainer_args import grpo_args, grpo_batches, sft_args

HERE = Path()


def sft(trainer: dict[str, Any], **changes: Any) -> Any:
    return sft_args(sft_config(HERE, HERE, trainer=trainer, **changes), HERE)


def test_unknown_trainer_keys_are_all_named_with_the_nearest_known() -> None:
    with pytest.raises(TickerTuneError) as caught:
        sft({"learning_rat": 1, "max_grad_nrm": 2})
    assert "'trainer.learning_rat' (did you mean 'learning_rate'?)" in str(caught.value)
    assert "'trainer.max_grad_nrm' (did you mean 'max_grad_norm'?)" in str(caught.value)


@pytest.mark.parametrize("key", ["learning_rate", "output_dir", "seed", "completion_only_loss"])
def test_keys_of_the_recipe_are_refused(key: str) -> None:
    with pytest.raises(TickerTuneError, match=f"'trainer.{key}' is set by the recipe itself"):
        sft({key: 1})


def test_keys_that_would_be_unsafe_or_inexact_are_refused() -> None:
    with pytest.raises(TickerTuneError, match="is never run"):
        sft({"trust_remote_code": True})


def test_a_value_that_trl_refuses_is_named() -> None:
    with pytest.raises(TickerTuneError, match="TRL refuses the configuration"):
        sft({"optim": "steepest"})


def test_all_checkpoints_stay_where_the_recipe_says_so() -> None:
    assert sft({}).save_total_limit == 2
    assert sft({}, keep_checkpoints="all").save_total_limit is None


def test_a_known_key_reaches_trl() -> None:
    assert sft({"max_grad_norm": 0.5}).max_grad_norm == 0.5


def test_mixed_precision_follows_the_recipe() -> None:
    assert not sft({}).bf16
    assert sft({}, model={"name": "tiny-llama", "dtype": "bfloat16"}).bf16


def test_one_generation_batch_is_one_step() -> None:
    config = grpo_config(HERE, HERE, prompts_per_step=6, num_generations=8)
    args = grpo_args(config, HERE)
    assert args.generation_batch_size == 48
    assert args.steps_per_generation == args.gradient_accumulation_steps
    assert args.per_device_train_batch_size * args.gradient_accumulation_steps == 48
    assert (args.top_p, args.top_k, args.beta, args.loss_type) == (1.0, 0, 0.0, "dapo")


@pytest.mark.parametrize(("processes", "expected"), [("1", (16, 3)), ("2", (12, 2)), ("48", (1, 1))])
def test_a_step_is_shared_by_the_processes(
    monkeypatch: pytest.MonkeyPatch, processes: str, expected: tuple[int, int]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", processes)
    assert grpo_batches(grpo_config(HERE, HERE, prompts_per_step=6, num_generations=8), 16) == expected


def test_a_step_that_cannot_be_shared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "5")
    with pytest.raises(TickerTuneError, match="cannot be shared by 5 processes"):
        grpo_batches(grpo_config(HERE, HERE), 16)


def test_a_checkpoint_inside_a_generation_buffer_is_refused() -> None:
    config = grpo_config(HERE, HERE, save_steps=3, trainer={"num_iterations": 2})
    with pytest.raises(TickerTuneError, match="save_steps 3 is no multiple of"):
        grpo_args(config, HERE)


def test_micro_batch_can_be_set() -> None:
    config = grpo_config(HERE, HERE, prompts_per_step=4, num_generations=4, trainer={"per_device_train_batch_size": 4})
    args = grpo_args(config, HERE)
    assert (args.per_device_train_batch_size, args.gradient_accumulation_steps) == (4, 4)
