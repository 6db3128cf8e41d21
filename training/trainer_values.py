"""Values of the free ``trainer:`` block that TRL takes in silence, and that would fail late or bias training."""

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
