"""Attention for packed rows on a CPU: each sample's block by itself, by the model's own plain attention.

Plain attention computes every pair of tokens of a row before the mask takes away those of different samples. Those pairs lie outside
of the samples' blocks, and nothing else does: what is left is the same numbers.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from peft import PeftModel
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

NAME = "tickertune_documents"
_PLAIN = "eager_attention_forward"
"""Plain attention of a model, beside the classes of its layers."""


def sample_lengths(positions: torch.Tensor) -> list[int]:
    """Return the lengths of the samples of packed rows, row after row; the padding that ends a row counts as one.

    Args:
        positions: Positions that start at 0 with each sample, 0 throughout in padding, [rows, width].
    """
    beyond = torch.full_like(positions[:, :1], -1)
    before, following = torch.cat([beyond, positions[:, :-1]], 1), torch.cat([positions[:, 1:], beyond], 1)
    starts = (positions == 0) & ((before != 0) | (following == 1))
    places = starts.flatten().nonzero().flatten()
    return torch.diff(places, append=places.new_tensor([positions.numel()])).tolist()


def document_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    *,
    position_ids: torch.Tensor | None = None,
    **settings: Any,
) -> tuple[torch.Tensor, Any]:
    """Attend within each sample of packed rows, as transformers calls its attention functions.

    Args:
        module: The layer's attention.
        query: Queries [rows, heads, width, size].
        key: Keys, with as many heads as the model has for them.
        value: Values, as the keys.
        attention_mask: What plain attention adds to its scores [rows, 1, width, width].
        position_ids: As ``sample_lengths`` takes them; rows are attended to as a whole where a model does not hand them on.
        settings: What else the model's plain attention takes.

    Returns:
        What was attended to [rows, width, heads, size], and weights of whole rows or None.
    """
    plain = getattr(sys.modules[type(module).__module__], _PLAIN)
    if position_ids is None:
        return plain(module, query, key, value, attention_mask, **settings)  # type: ignore[no-any-return]
    rows, _, width, _ = query.shape
    lengths = sample_lengths(position_ids.expand(rows, -1))
    # Split, not slices: going backward a slice would fill a tensor as large as all rows for each sample.
    parts = [torch.split(tensor.transpose(1, 2).flatten(0, 1), lengths) for tensor in (query, key, value)]
    found, start = [], 0
    for length, *block in zip(lengths, *parts, strict=True):
        row, first = divmod(start, width)
        mask = attention_mask[row : row + 1, :, first : first + length, first : first + length]
        tensors = (tensor[None].transpose(1, 2) for tensor in block)
        found.append(plain(module, *tensors, mask, **settings)[0][0])
        start += length
    return torch.cat(found).view(rows, width, *found[0].shape[1:]), None


@contextmanager
def by_documents(model: Any) -> Iterator[None]:
    """Let a model that has plain attention attend by samples inside the block, where it reads packed rows alone.

    Others stay as they are.
    """
    inner = model.get_base_model() if isinstance(model, PeftModel) else model
    before = inner.config._attn_implementation
    if before == "eager" and hasattr(sys.modules[type(inner).__module__], _PLAIN):
        inner.config._attn_implementation = NAME
    try:
        yield
    finally:
        inner.config._attn_implementation = before


AttentionInterface.register(NAME, document_attention)
AttentionMaskInterface.register(NAME, eager_mask)
