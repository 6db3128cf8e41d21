"""Keys and values of the free ``trainer:`` block that TRL takes in silence, and that would fail late or bias training."""

from collections.abc import Mapping
from dataclasses import Field
from typing import Any

from tickertune.core.errors import did_you_mean

CLOSED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "SFTConfig": {"loss_type": ("nll", "dft")},  # its own list also has one that its trainer refuses
    "DPOConfig": {"f_divergence_type": ("reverse_kl", "forward_kl", "js_divergence", "alpha_divergence")},
    "GRPOConfig": {
        "loss_type": ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo"),
        "importance_sampling_level": ("token", "sequence"),
        "multi_objective_aggregation": ("sum_then_normalize", "normalize_then_sum"),
        "vllm_mode": ("colocate", "server"),
        "vllm_model_impl": ("vllm", "transformers"),
        "vllm_importance_sampling_mode": ("token_truncate", "token_mask", "sequence_truncate", "sequence_mask"),
    },
}
"""Fields by TRL's configuration that are plain text there and have a closed set of values in its trainer (TRL 1.16)."""
ALTERING = frozenset(
    {
        *("do_sample", "num_beams", "top_p", "top_k", "min_p", "top_h", "typical_p", "epsilon_cutoff", "eta_cutoff"),
        *("repetition_penalty", "encoder_repetition_penalty", "presence_penalty", "frequency_penalty"),
        *("length_penalty", "exponential_decay_length_penalty", "penalty_alpha", "dola_layers", "guidance_scale"),
        *("no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "sequence_bias", "logit_bias", "remove_invalid_values"),
        *("bad_words", "bad_words_ids", "allowed_token_ids", "suppress_tokens", "begin_suppress_tokens"),
        *("min_length", "min_new_tokens", "min_tokens", "forced_bos_token_id", "forced_eos_token_id"),
        *("watermarking_config",),
    }
)  # fmt: skip
"""Keys of transformers' and vLLM's generation by which a token is not drawn as the model's own probabilities say."""
BY_RECIPE = {
    **dict.fromkeys(("max_new_tokens", "max_tokens", "max_length"), "max_completion_length"),
    **dict.fromkeys(("num_return_sequences", "n"), "num_generations"),
    "temperature": "temperature",
    "seed": "seed",
}
"""Keys of generation that the recipe has, under which name."""
BIASES = "rollouts must be drawn from the policy itself, or the importance ratio is biased"
EVALUATION = (
    *("do_eval", "eval_strategy", "eval_steps", "eval_delay", "eval_on_start", "eval_accumulation_steps", "eval_packing"),
    *("eval_do_concat_batches", "eval_use_gather_object", "batch_eval_metrics", "per_device_eval_batch_size"),
    *("num_generations_eval", "load_best_model_at_end", "metric_for_best_model", "greater_is_better"),
)  # fmt: skip
"""Fields of the trainer's own evaluation."""
REFUSED = {
    "trust_remote_code": "code from a model repository is never run",
    "model_init_kwargs": "the model is loaded from the model block",
    "push_to_hub": "use scripts/push_to_hub.py",
    "hub_token": "set HF_TOKEN in the environment",
    "deepspeed": "use accelerate launch with recipes/accelerate/zero2.yaml or zero3.yaml",
    "fsdp": "use accelerate launch with recipes/accelerate/fsdp2.yaml",
    "fsdp_config": "use accelerate launch with recipes/accelerate/fsdp2.yaml",
    "max_steps": "set epochs or token_budget (SFT), or steps (GRPO)",
    "truncation_mode": "samples are never cut",
    **dict.fromkeys(("save_only_model", "ignore_data_skip"), "it would make resuming inexact"),
    "auto_find_batch_size": "it would change the step that the recipe and preflight state; set the batch size",
    **dict.fromkeys(
        EVALUATION, "the trainer is given no data to evaluate on; set select (SFT, GRPO), or run tickertune eval"
    ),
    "repetition_penalty": BIASES,
    "vllm_structured_outputs_regex": "set structured: true, which takes the task's own answers",
    **dict.fromkeys(
        (
            "use_transformers_continuous_batching",
            "use_transformers_paged",
            "transformers_continuous_batching_config",
        ),
        "on a CPU it generates ten times more slowly; use shared_prefix, or vllm on a GPU",
    ),
    **dict.fromkeys(
        ("report_to", "run_name", "project", "trackio_space_id", "trackio_bucket_id", "trackio_static_space_id"),
        "set tracking: in the stage or in run.yaml",
    ),
}
"""Fields of TRL's configurations that may not be set, and what to do instead."""


def wrong_values(kind: str, fields: Mapping[str, "Field[Any]"], extra: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the values of a ``trainer:`` block, one clause each.

    Args:
        kind: Name of TRL's configuration.
        fields: Its fields by name.
        extra: The block.
    """
    wrong = []
    for key, value in extra.items():
        if key == "generation_kwargs":
            wrong += _wrong_generation(value)
        elif key in fields:
            options = CLOSED.get(kind, {}).get(key) or tuple(fields[key].metadata.get("choices", ()))
            if options and value is not None and value not in options:
                near = did_you_mean(str(value), options)
                wrong.append(f"'trainer.{key}' is {value!r}{near}: use one of {', '.join(options)}")
    return wrong


def _wrong_generation(block: Any) -> list[str]:
    if not isinstance(block, Mapping):
        return [f"'trainer.generation_kwargs' is {block!r}, not a block of keys"]
    wrong = [f"'trainer.generation_kwargs.{key}' is refused ({BIASES})" for key in block if key in ALTERING]
    wrong += [
        f"'trainer.generation_kwargs.{key}' is set by the recipe's {BY_RECIPE[key]}"
        for key in block
        if key in BY_RECIPE
    ]
    return wrong
