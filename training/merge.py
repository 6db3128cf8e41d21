"""Merge an adapter into its base model, and measure apart what the merge and what the rounding changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.checkpoint import Checkpoint, materialise
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir, write_json
from tickertune.core.prompting import scoring_ids
from tickertune.core.quantization import nf4_config
from tickertune.core.sample import Message
from tickertune.core.stage_facts import check_base
from tickertune.core.tasks import label_task
from training.stage import say

if TYPE_CHECKING:
    import torch

PROBES = (
    "Profit rose by a third and the company raised its guidance for the year.",
    "The regulator opened an investigation into the firm's accounts.",
    "The annual meeting takes place on Thursday in Helsinki.",
    "Sales fell short of expectations, but margins improved.",
)
"""Texts on which adapter and merged model are compared, at every position of the prompt."""
MERGE = "merge.json"
"""What was merged, and how well, in the merged model's folder."""
DTYPES = ("bfloat16", "float32")
"""Types of weights that are saved."""


@dataclass(frozen=True)
class Tolerance:
    """Above either bound a merged model is refused.

    Both are mean |delta logit| over the standard deviation of the logits, so that they mean the same for every model.
    """

    merge: float = 0.002
    """In float32, before rounding: what is left is the order of additions. A base in 4 bits taken for the original, or the
    other way round, is far above it; another model as base shows on neither side, and ``check_base`` keeps it out."""
    rounding: float = 0.1
    """Of the saved type: bfloat16 is as far away as a base in 4 bits is from the original, which is why it is measured apart."""


DEFAULT_TOLERANCE = Tolerance()


@dataclass(frozen=True)
class Fidelity:
    """How far the logits of the merged model are from those of the adapter on the base that was given, both computed in float32."""

    merge_error: float
    """Of the merged weights before rounding: mean |delta logit| over the standard deviation of the logits."""
    rounding_error: float
    """The same between the merged weights and the model as saved."""
    max_abs_logit_difference: float
    """Between the model as saved and the adapter, as are the next two."""
    mean_abs_logit_difference: float
    same_top_token_share: float
    """Share of positions at which both find the same token the most likely."""
    positions: int


def merge(
    checkpoint: Checkpoint, output: Path, dtype: str = "bfloat16", tolerance: Tolerance = DEFAULT_TOLERANCE
) -> Fidelity:
    """Write the model that an adapter and its base make together.

    A LoRA, rsLoRA or DoRA adapter is merged into the base as training held it, a QLoRA adapter into the base rounded to NF4
    and back, out of the cache. Either is compared with the adapter on the base that training held, loaded anew (for QLoRA
    quantised anew), in float32; then rounding to ``dtype`` is measured by itself. Both are on the base that the checkpoint names, so that
    only its weights' hash tells whether it is the adapter's own: it is compared again once the base is loaded, and where that cannot be, a
    warning says so.

    Args:
        checkpoint: A checkpoint with an adapter.
        output: Folder of the result, which must not exist: model and tokenizer, safetensors, and merge.json.
        dtype: Type of the saved weights, one of ``DTYPES``.
        tolerance: How much the logits may differ.

    Returns:
        How well the result matches.

    Raises:
        TickerTuneError: The type is unknown, there is no adapter, the output exists, the base is not the adapter's, or the result does
            not match.
    """
    if dtype not in DTYPES:
        raise TickerTuneError(f"A merged model is not saved as {dtype!r}", f"Give --dtype {' or '.join(DTYPES)}")
    if checkpoint.adapter is None:
        raise TickerTuneError(f"Checkpoint {checkpoint.name} has no adapter to merge", "Give a LoRA or QLoRA stage")
    if output.exists():
        raise TickerTuneError(f"Output folder {output} exists already", "Delete it or name another")
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint.base, revision=checkpoint.revision)
    prompts = _probe_ids(tokenizer)
    held = _trained_base(checkpoint)
    if not check_base(checkpoint.adapter, checkpoint.base, checkpoint.revision):
        say(
            f"Warning: whether {checkpoint.base} is the base of adapter {checkpoint.adapter} was not checked: no hash of its base's "
            "weights is noted, or these weights are in no folder to compare with"
        )
    wanted = _logits(PeftModel.from_pretrained(held, str(checkpoint.adapter)).eval(), prompts)

    weights = materialise(checkpoint)
    base = _load(weights.model, revision=weights.revision, dtype=getattr(torch, checkpoint.dtype)).float()
    adapted: Any = PeftModel.from_pretrained(base, str(checkpoint.adapter)).eval()
    merged = adapted.merge_and_unload(safe_merge=True)
    exact = _logits(merged, prompts)
    merge_error = _error(wanted, exact)
    if not merge_error <= tolerance.merge:
        raise TickerTuneError(
            f"The merged weights are not the adapter on the base that training held: in float32 their logits are off by "
            f"{merge_error:.2g} of a standard deviation, tolerance {tolerance.merge:g}; nothing was written",
            "Remove the base's folder in $TICKERTUNE_CACHE, give the stage folder with its tickertune.json, or use the adapter itself",
        )
    merged = merged.to(getattr(torch, dtype))
    with atomic_dir(output) as folder:
        merged.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        saved = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True).eval()
        found = _logits(saved, prompts)
        fidelity = _fidelity(wanted, exact, found)
        if not fidelity.rounding_error <= tolerance.rounding:
            raise TickerTuneError(
                f"Rounding to {dtype} moves the logits by {fidelity.rounding_error:.2g} of a standard deviation, tolerance "
                f"{tolerance.rounding:g}; nothing was written",
                "Merge with --dtype float32, raise --rounding-tolerance, or use the adapter itself",
            )
        facts = {"base": Path(checkpoint.base).name, "dtype": dtype, "quantization": checkpoint.quantization}
        write_json(folder / MERGE, {**facts, "tolerance": asdict(tolerance), **asdict(fidelity)})
    return fidelity


def _trained_base(checkpoint: Checkpoint) -> Any:
    """The base with the weights that training held, computing in float32.

    For QLoRA these are the 4-bit weights in the dtype in which its kernels multiply with them.
    """
    import torch

    dtype = getattr(torch, checkpoint.dtype)
    if checkpoint.quantization is None:
        return _load(checkpoint.base, revision=checkpoint.revision, dtype=dtype).float()
    quantised = _load(
        checkpoint.base,
        revision=checkpoint.revision,
        dtype=dtype,
        quantization_config=nf4_config(checkpoint.dtype),
        device_map={"": "cpu"},
    )
    return quantised.dequantize().float()


def _load(model: str, **loading: Any) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(model, use_safetensors=True, **loading)


def _probe_ids(tokenizer: Any) -> list[list[int]]:
    task = label_task("sentiment")
    return [scoring_ids(tokenizer, task, [Message(role="user", content=text)]) for text in PROBES]


def _logits(model: Any, prompts: Sequence[list[int]]) -> "torch.Tensor":
    """Logits at every position of every prompt, one below the other [positions, vocabulary]."""
    import torch

    with torch.no_grad():
        return torch.cat([model(input_ids=torch.tensor([prompt])).logits[0].float() for prompt in prompts])


def _error(wanted: "torch.Tensor", found: "torch.Tensor") -> float:
    """Mean |delta logit| over the standard deviation that the wanted logits have at a position, on average."""
    return float((wanted - found).abs().mean() / wanted.std(dim=-1).mean())


def _fidelity(wanted: "torch.Tensor", exact: "torch.Tensor", found: "torch.Tensor") -> Fidelity:
    difference = (wanted - found).abs()
    return Fidelity(
        merge_error=_error(wanted, exact),
        rounding_error=_error(exact, found),
        max_abs_logit_difference=float(difference.max()),
        mean_abs_logit_difference=float(difference.mean()),
        same_top_token_share=float((wanted.argmax(-1) == found.argmax(-1)).float().mean()),
        positions=int(wanted.shape[0]),
    )
