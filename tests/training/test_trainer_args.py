import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import trl

from tests.conftest import ROOT
from tests.training.conftest import TINY, grpo_config, sft_config
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import DpoConfig, GrpoConfig, load_config
from tickertune.core.tasks import get_task
from training.preflight import check_vllm
from training.prompts import answer_form
from training.trainer_args import dpo_args, grpo_args, grpo_batches, sft_args
from training.trainer_values import ALTERING, CLOSED

HERE = Path()


def sft(trainer: dict[str, Any], **changes: Any) -> Any:
    return sft_args(sft_config(HERE, HERE, trainer=trainer, **changes), HERE)


def dpo(trainer: dict[str, Any]) -> Any:
    return dpo_args(DpoConfig.model_validate({"model": TINY, "trainer": trainer}), HERE)


def grpo(trainer: dict[str, Any]) -> Any:
    return grpo_args(grpo_config(HERE, HERE, trainer=trainer), HERE)


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


@pytest.mark.parametrize("key", ["ignore_data_skip", "save_only_model"])
def test_what_makes_resuming_inexact_is_refused(key: str) -> None:
    with pytest.raises(TickerTuneError, match=f"'trainer.{key}' is refused .it would make resuming inexact"):
        sft({key: True})


def test_a_batch_that_preflight_does_not_know_is_refused() -> None:
    with pytest.raises(TickerTuneError, match=r"'trainer.auto_find_batch_size' is refused .*preflight"):
        sft({"auto_find_batch_size": True})


@pytest.mark.parametrize(
    ("args", "trainer"),
    [(sft, {"eval_strategy": "steps"}), (grpo, {"do_eval": True}), (dpo, {"load_best_model_at_end": True})],
)
def test_the_trainers_own_evaluation_is_refused_with_what_there_is_instead(args: Any, trainer: dict[str, Any]) -> None:
    with pytest.raises(TickerTuneError, match="no data to evaluate on; set select"):
        args(trainer)


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


def test_neftune_is_off_unless_it_is_asked_for() -> None:
    assert sft({}).neftune_noise_alpha is None
    assert sft({"neftune_noise_alpha": 5.0}).neftune_noise_alpha == 5.0


def test_keys_of_a_vllm_server_reach_trl() -> None:
    config = load_config(GrpoConfig, ROOT / "recipes" / "models" / "qwen3-14b" / "grpo_server.yaml")
    # On a machine without a GPU: the rest of the arguments is what is looked at.
    args = grpo_args(config.model_copy(update={"model": TINY}), HERE)
    assert (args.use_vllm, args.vllm_mode) == (True, "server")
    assert (args.vllm_server_host, args.vllm_server_port, args.vllm_server_timeout) == ("127.0.0.1", 8000, 600)
    plain = load_config(GrpoConfig, ROOT / "recipes" / "models" / "qwen3-14b" / "grpo.yaml")
    ours = {"vllm_mode", "vllm_server_host", "vllm_server_port", "vllm_server_timeout"}
    assert config == plain.model_copy(update={"trainer": config.trainer})
    assert {key: value for key, value in config.trainer.items() if key not in ours} == plain.trainer


def test_replies_are_held_to_the_form_only_where_the_recipe_says_so() -> None:
    task = get_task("movement")
    held = grpo_config(HERE, HERE, vllm=True, structured=True)
    form = answer_form(held, task)
    assert form is not None
    assert all(re.fullmatch(form, task.answer(label)) for label in task.labels)
    assert not re.fullmatch(form, "up")
    assert not re.fullmatch(form, task.answer("up") + ".")
    args = grpo_args(held, HERE, form)
    assert (args.vllm_structured_outputs_regex, args.vllm_importance_sampling_mode) == (form, "token_truncate")
    free = grpo_config(HERE, HERE)
    assert answer_form(free, task) is None
    args = grpo_args(free, HERE)
    assert (args.vllm_structured_outputs_regex, args.vllm_importance_sampling_mode) == (None, "sequence_mask")
    with pytest.raises(TickerTuneError, match="set structured: true"):
        grpo({"vllm_structured_outputs_regex": "(up|down)"})
    with pytest.raises(TickerTuneError, match="task entities are no closed list"):
        answer_form(held, get_task("entities"))
    with pytest.raises(ValueError, match="vllm is false: set both or neither"):
        grpo_config(HERE, HERE, structured=True)
    with pytest.raises(ValueError, match="reply is tagged"):
        grpo_config(HERE, HERE, structured=True, vllm=True, reply="tagged")
    with pytest.raises(TickerTuneError, match="vllm is true, but"):
        check_vllm(held, "lora")


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
    assert grpo_batches(grpo_config(HERE, HERE, prompts_per_step=6, num_generations=8)) == expected


def test_a_step_that_cannot_be_shared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "5")
    with pytest.raises(TickerTuneError, match="cannot be shared by 5 processes"):
        grpo_batches(grpo_config(HERE, HERE))


def test_a_checkpoint_inside_a_generation_buffer_is_refused() -> None:
    config = grpo_config(HERE, HERE, save_steps=3, trainer={"num_iterations": 2})
    with pytest.raises(TickerTuneError, match="save_steps 3 is no multiple of"):
        grpo_args(config, HERE)


def test_micro_batch_can_be_set() -> None:
    config = grpo_config(HERE, HERE, prompts_per_step=4, num_generations=4, trainer={"per_device_train_batch_size": 4})
    args = grpo_args(config, HERE)
    assert (args.per_device_train_batch_size, args.gradient_accumulation_steps) == (4, 4)


@pytest.mark.parametrize("key", sorted(ALTERING))
def test_generation_that_is_not_the_policys_own_is_refused(key: str) -> None:
    with pytest.raises(TickerTuneError, match=rf"'trainer.generation_kwargs.{key}' is refused .*importance ratio"):
        grpo({"generation_kwargs": {key: 0.5}})


@pytest.mark.parametrize(
    ("trainer", "said"),
    [
        ({"repetition_penalty": 1.1}, r"'trainer.repetition_penalty' is refused .*importance ratio"),
        ({"top_p": 0.9}, "'trainer.top_p' is set by the recipe itself"),
        (
            {"generation_kwargs": {"temperature": 0.7}},
            "generation_kwargs.temperature' is set by the recipe's temperature",
        ),
        ({"generation_kwargs": {"max_new_tokens": 9}}, "set by the recipe's max_completion_length"),
        ({"generation_kwargs": "{top_p: 0.9}"}, "not a block of keys"),
        ({"use_transformers_continuous_batching": True}, "ten times more slowly"),
        ({"use_transformers_paged": True}, "ten times more slowly"),
    ],
)
def test_generation_that_would_bias_or_crawl_is_refused(trainer: dict[str, Any], said: str) -> None:
    with pytest.raises(TickerTuneError, match=said):
        grpo(trainer)


def test_generation_that_changes_no_probability_reaches_trl() -> None:
    assert grpo({"generation_kwargs": {"use_cache": True}}).generation_kwargs == {"use_cache": True}


@pytest.mark.parametrize(
    ("args", "trainer", "near"),
    [
        (grpo, {"loss_type": "dappo"}, "dapo"),
        (grpo, {"importance_sampling_level": "sequnce"}, "sequence"),
        (grpo, {"vllm_mode": "collocate"}, "colocate"),
        (grpo, {"vllm_model_impl": "transformer"}, "transformers"),
        (grpo, {"vllm_importance_sampling_mode": "token_truncat"}, "token_truncate"),
        (grpo, {"multi_objective_aggregation": "normalise_then_sum"}, "normalize_then_sum"),
        (dpo, {"f_divergence_type": "reverse-kl"}, "reverse_kl"),
        (sft, {"loss_type": "dtf"}, "dft"),
        (sft, {"packing_strategy": "bdf"}, "bfd"),
        (sft, {"log_level": "inof"}, "info"),
    ],
)
def test_a_word_that_trl_would_meet_after_loading_is_told_with_the_nearest(
    args: Any, trainer: dict[str, Any], near: str
) -> None:
    ((key, value),) = trainer.items()
    with pytest.raises(TickerTuneError, match=rf"'trainer.{key}' is '{value}' \(did you mean '{near}'\?\)"):
        args(trainer)


def test_a_loss_that_trls_list_has_and_its_trainer_refuses_is_refused() -> None:
    with pytest.raises(TickerTuneError, match="use one of nll, dft"):
        sft({"loss_type": "chunked_nll"})


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        (kind, *pair)
        for kind, keys in CLOSED.items()
        for pair in [(key, value) for key, values in keys.items() for value in values]
    ],
)
def test_every_value_of_the_closed_sets_is_one_of_trls(kind: str, key: str, value: str) -> None:
    (field,) = (item for item in dataclasses.fields(getattr(trl, kind)) if item.name == key)
    assert re.search(rf"\b{value}\b", field.metadata["help"])


@pytest.mark.parametrize(
    ("trainer", "key"),
    [("GRPOTrainer", "loss_type"), ("GRPOTrainer", "importance_sampling_level"), ("DPOTrainer", "f_divergence_type")],
)
def test_no_value_that_trls_trainer_knows_is_missing(trainer: str, key: str) -> None:
    source = inspect.getsource(getattr(trl, trainer))
    compared = re.findall(rf"self\.{key} (?:==|in) (\[[^\]]*\]|\"[a-z_]+\")", source)
    known = {word for group in compared for word in re.findall(r'"([a-z_]+)"', group)}
    assert known == set(CLOSED[trainer.replace("Trainer", "Config")][key])
