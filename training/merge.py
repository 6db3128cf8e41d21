"""Merge an adapter into its base model, and measure what the merge and the rounding changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.checkpoint import Checkpoint, materialise
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir, write_json
from tickertune.core.prompting import scoring_ids
from tickertune.core.sample import Message
from tickertune.core.tasks import label_task

PROBES = (
    "Profit rose by a third and the company raised its guidance for the year.",
    "The regulator opened an investigation into the firm's accounts.",
    "The annual meeting takes place on Thursday in Helsinki.",
    "Sales fell short of expectations, but margins improved.",
)
"""Texts on which adapter and merged model are compared, at every position of the prompt."""
MERGE = "merge.json"
"""What was merged, and how well, in the merged model's folder."""


@dataclass(frozen=True)
class Tolerance:
    """Above either bound a merged model is refused."""

    max_abs: float = 1.0
    """Rounding to bfloat16 moves single logits by half of this; a wrong merge moves them by far more."""
    mean_abs: float = 0.2
    """Rounding SmolLM2-135M with an adapter to bfloat16 gives 0.06; the same QLoRA adapter on its base before NF4 gives 3.4."""


DEFAULT_TOLERANCE = Tolerance()


@dataclass(frozen=True)
class Fidelity:
    """Distance between the logits of the merged model, as saved, and of the adapter on its base, both in float32."""

    max_abs_logit_difference: float
    mean_abs_logit_difference: float
    same_top_token_share: float
    """Share of positions at which both find the same token the most likely."""
    positions: int


def merge(
    checkpoint: Checkpoint, output: Path, dtype: str = "bfloat16", tolerance: Tolerance = DEFAULT_TOLERANCE
) -> Fidelity:
    """Write the model that an adapter and its base make together.

    A QLoRA adapter is merged into the base rounded to NF4 and back, the one that it was trained on.

    Args:
        checkpoint: A checkpoint with an adapter.
        output: Folder of the result, which must not exist: model and tokenizer, safetensors, and merge.json.
        dtype: Type of the saved weights.
        tolerance: How much the logits may differ.

    Returns:
        How well the result matches.

    Raises:
        TickerTuneError: There is no adapter, the output exists, or the result does not match.
    """
    if checkpoint.adapter is None:
        raise TickerTuneError(f"Checkpoint {checkpoint.name} has no adapter to merge", "Give a LoRA or QLoRA stage")
    if output.exists():
        raise TickerTuneError(f"Output folder {output} exists already", "Delete it or name another")
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    weights = materialise(checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.base, revision=checkpoint.revision)
    prompts = _probe_ids(tokenizer)
    loading = {"dtype": torch.float32, "use_safetensors": True}
    base = AutoModelForCausalLM.from_pretrained(weights.model, revision=weights.revision, **loading)
    tuned: Any = PeftModel.from_pretrained(base, str(checkpoint.adapter)).eval()
    wanted = _logits(tuned, prompts)
    merged = tuned.merge_and_unload(safe_merge=True).to(getattr(torch, dtype))
    with atomic_dir(output) as folder:
        merged.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        saved = AutoModelForCausalLM.from_pretrained(folder, **loading).eval()
        fidelity = _compare(wanted, _logits(saved, prompts))
        _check(fidelity, tolerance)
        facts = {"base": Path(checkpoint.base).name, "dtype": dtype, "quantization": checkpoint.quantization}
        write_json(folder / MERGE, {**facts, "tolerance": asdict(tolerance), **asdict(fidelity)})
    return fidelity


def _check(fidelity: Fidelity, tolerance: Tolerance) -> None:
    for kind, found, bound in (
        ("up to", fidelity.max_abs_logit_difference, tolerance.max_abs),
        ("a mean of", fidelity.mean_abs_logit_difference, tolerance.mean_abs),
    ):
        if not found <= bound:
            raise TickerTuneError(
                f"The merged model's logits are off by {kind} {found:.3g}, tolerance {bound:g}; nothing was written",
                "Merge with --dtype float32, raise the tolerance, or use the adapter itself",
            )


def _probe_ids(tokenizer: Any) -> list[list[int]]:
    task = label_task("sentiment")
    return [scoring_ids(tokenizer, task, [Message(role="user", content=text)]) for text in PROBES]


def _logits(model: Any, prompts: Sequence[list[int]]) -> Any:
    """Logits at every position of every prompt, one below the other [positions, vocabulary]."""
    import torch

    with torch.no_grad():
        return torch.cat([model(input_ids=torch.tensor([prompt])).logits[0].float() for prompt in prompts])


def _compare(wanted: Any, found: Any) -> Fidelity:
    difference = (wanted - found).abs()
    return Fidelity(
        max_abs_logit_difference=float(difference.max()),
        mean_abs_logit_difference=float(difference.mean()),
        same_top_token_share=float((wanted.argmax(-1) == found.argmax(-1)).float().mean()),
        positions=int(wanted.shape[0]),
    )
