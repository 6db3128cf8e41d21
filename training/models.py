"""Base models and adapters, loaded so that they can be trained."""

import re
from pathlib import Path
from typing import Any, Literal

import torch
from peft import LoraConfig as PeftLoraConfig
from peft import PeftModel, get_peft_model
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedTokenizerBase,
    set_seed,
)
from trl.trainer.reward_trainer import suppress_seqcls_warning

from tickertune.core.disk import is_disk_full
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.quantization import nf4_config
from tickertune.core.recipe import LoraConfig, ModelConfig

Method = Literal["lora", "qlora", "full"]


def use_cpu() -> bool:
    """Whether training runs on the CPU. Apple's MPS is left alone: its results are not reproducible here."""
    return not torch.cuda.is_available()


def load_tokenizer(base: str, model: ModelConfig) -> PreTrainedTokenizerBase:
    """Load the tokenizer, with the end token as padding where the model names none.

    Raises:
        TickerTuneError: It is not there: the model is gated, private or unknown, or the Hub cannot be reached.
    """
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(base, revision=model.revision)
    except OSError as error:
        if is_disk_full(error):
            raise
        raise TickerTuneError(
            f"The tokenizer of {base} cannot be loaded ({str(error).splitlines()[0]})",
            "Correct the name, set HF_TOKEN for a gated or private model, or give a local folder",
        ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.clean_up_tokenization_spaces = False  # a habit of WordPiece that would change rollouts' text
    return tokenizer


def end_ids(base: str, model: ModelConfig, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Tokens at which a model's generation stops: its generation configuration's, and the tokenizer's end token."""
    try:
        declared = GenerationConfig.from_pretrained(base, revision=model.revision).eos_token_id
    except OSError:  # a model without that file
        declared = None
    return {tokenizer.eos_token_id, *(declared if isinstance(declared, list) else [declared])} - {None}


def load_base(base: str, model: ModelConfig, method: Method, weights: Path | None = None) -> Any:
    """Load a causal language model for training.

    LoRA holds the base in ``model.dtype``, QLoRA in NF4. Full fine-tuning holds master weights in float32, since
    AdamW's small steps vanish in bfloat16; the forward pass then runs in ``model.dtype`` by autocast.

    Args:
        base: Folder or Hub id, as ``resolve_model`` gave it.
        model: The configuration that named it.
        method: How it will be trained.
        weights: Folder of fully trained weights that replace the base's.
    """
    loading = _loading(model, method)
    if method == "qlora":
        loading["quantization_config"] = nf4_config(model.dtype)
        loading["device_map"] = {"": "cpu" if use_cpu() else torch.cuda.current_device()}
    if weights is not None:
        return AutoModelForCausalLM.from_pretrained(weights, use_safetensors=True, **loading)
    return AutoModelForCausalLM.from_pretrained(base, revision=model.revision, use_safetensors=True, **loading)


def _loading(model: ModelConfig, method: Method) -> dict[str, Any]:
    loading: dict[str, Any] = {"dtype": torch.float32 if method == "full" else getattr(torch, model.dtype)}
    if use_cpu():
        # The CPU kernel of fused attention spends twice the forward's time going backward at these lengths.
        loading["attn_implementation"] = "eager"
    return loading


def check_rater(base: str, model: ModelConfig) -> Any:
    """Return the configuration of a model that can be trained as a reward model.

    Raises:
        TickerTuneError: transformers has no head of one output for this kind of model.
    """
    shape = AutoConfig.from_pretrained(base, revision=model.revision)
    if type(shape) not in AutoModelForSequenceClassification._model_mapping:
        raise TickerTuneError(
            f"transformers has no sequence classifier of type {shape.model_type}", "Use another model"
        )
    return shape


def load_rater(base: str, model: ModelConfig, method: Method, tokenizer: PreTrainedTokenizerBase, seed: int) -> Any:
    """Load a language model with a new head of one output in the place of its vocabulary's, for training as a reward model.

    Args:
        base: Folder or Hub id, as ``resolve_model`` gave it.
        model: The configuration that named it.
        method: How it will be trained; dtypes as in ``load_base``.
        tokenizer: Its padding tells the model where a row ends.
        seed: The head's first weights come from it.

    Raises:
        TickerTuneError: transformers has no such head for this kind of model.
    """
    check_rater(base, model)
    set_seed(seed)
    with suppress_seqcls_warning():
        rater = AutoModelForSequenceClassification.from_pretrained(
            base, revision=model.revision, num_labels=1, use_safetensors=True, **_loading(model, method)
        )
    rater.config.pad_token_id = tokenizer.pad_token_id
    return rater


def add_adapter(model: Any, lora: LoraConfig, seed: int) -> Any:
    """Put a new LoRA adapter on a base model, or on a rater, whose head is then trained with it; its random part comes from ``seed``.

    Raises:
        TickerTuneError: The model has no such layer or module, or none that PEFT can adapt.
    """
    layers, count = lora.layers_to_transform, model.config.num_hidden_layers
    if unknown := sorted(set(layers or ()) - set(range(count))):
        raise TickerTuneError(
            f"lora.layers_to_transform names layer {unknown[0]}, but the model has layers 0 to {count - 1}",
            "Name layers of this model, or leave the key out",
        )
    targets = lora.target_modules
    if layers is not None and targets == "all-linear":
        targets = _linear_names(model)  # PEFT takes layers only beside a list of names
    if isinstance(lora.target_modules, list):
        _check_targets(model, lora.target_modules)
    set_seed(seed)
    head = getattr(model, "score", None)
    try:
        shape = PeftLoraConfig(
            r=lora.r,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            use_rslora=lora.rslora,
            use_dora=lora.dora,
            target_modules=targets,
            layers_to_transform=lora.layers_to_transform,
            task_type="CAUSAL_LM" if head is None else "SEQ_CLS",
            modules_to_save=None if head is None else ["score"],
        )
        adapted = get_peft_model(model, shape)
    except (ValueError, re.error) as error:
        raise TickerTuneError(
            f"PEFT cannot adapt lora.target_modules {lora.target_modules!r} ({str(error).splitlines()[0]})",
            f"Set all-linear, a list of {', '.join(_linear_names(model))}, or a regular expression that matches whole names",
        ) from error
    if head is not None:
        adapted.base_model.model.score.float()  # its steps are too small for bfloat16, as those of an adapter's weights
    return adapted


def _check_targets(model: Any, targets: list[str]) -> None:
    """Refuse a name that is no module's, nor the end of one's: PEFT passes it over in silence beside one that is."""
    names, linear = [name for name, _ in model.named_modules()], _linear_names(model)
    unknown = [target for target in targets if not any(name == target or name.endswith(f".{target}") for name in names)]
    if unknown:
        told = ", ".join(f"'{target}'{did_you_mean(target, linear)}" for target in unknown)
        raise TickerTuneError(
            f"lora.target_modules names {told}, and the model has no such module",
            f"Use names of {', '.join(linear)}, or all-linear",
        )


def _linear_names(model: Any) -> list[str]:
    """Names of the linear modules inside the decoder layers."""
    return sorted(
        {
            name.rpartition(".")[2]
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear)
            and module is not model.get_output_embeddings()
            and module is not getattr(model, "score", None)
        }
    )


def load_adapter(model: Any, folder: Path) -> Any:
    """Put a trained adapter on its base model, to be trained on."""
    return PeftModel.from_pretrained(model, str(folder), is_trainable=True)
