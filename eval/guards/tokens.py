"""Prompts as the model reads them: the first one shown and hashed, and no second start token."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eval.guards.result import GuardResult
from tickertune.core.files import sha256_text

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SHOWN = 4000
"""Characters of the first prompt that the finding keeps."""


def first_prompt(
    tokenizer: "PreTrainedTokenizerBase", prompts: Sequence[Sequence[int]], withheld: bool = False
) -> GuardResult:
    """Show and hash the first prompt, decoded from its token ids, special tokens and all.

    Args:
        tokenizer: The base model's.
        prompts: Token ids of the scored prompts.
        withheld: Whether its text may not be shown; the hash still is.
    """
    text = str(tokenizer.decode(list(prompts[0]), skip_special_tokens=False))
    digest = sha256_text(text)
    shown = None if withheld else text[:SHOWN]
    return GuardResult(
        guard="first_prompt",
        checkpoint=None,
        verdict="remark",
        said=f"The first prompt has {len(prompts[0]):,} tokens; its text has the hash {digest[:12]}.",
        figures={"sha256": digest, "tokens": len(prompts[0]), "text": shown},
    )


def double_bos(tokenizer: "PreTrainedTokenizerBase", prompts: Sequence[Sequence[int]]) -> GuardResult:
    """Look for prompts that begin with two start tokens, as happens when a chat template's is added to the tokenizer's."""
    start = tokenizer.bos_token_id
    doubled = sum(1 for prompt in prompts if start is not None and list(prompt[:2]) == [start, start])
    figures: dict[str, float | int | str | None] = {
        "start_token": None if start is None else str(tokenizer.bos_token), "prompts": len(prompts), "doubled": doubled,
    }  # fmt: skip
    if doubled:
        said = f"{doubled:,} of {len(prompts):,} prompts begin with two start tokens ({tokenizer.bos_token})."
        return GuardResult(guard="double_bos", checkpoint=None, verdict="flag", said=said, figures=figures)
    said = f"None of {len(prompts):,} prompts begins with two start tokens."
    return GuardResult(guard="double_bos", checkpoint=None, verdict="pass", said=said, figures=figures)
