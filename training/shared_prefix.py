"""GRPO that reads each prompt once for all completions of its group: when they are generated, and when they are trained on.

TRL hands the model every prompt as often as it has completions, and each copy is read anew. With prompts of 400 tokens and
answers of a dozen, reading is nearly all of the work.

- Generation: keys and values of a prompt are computed once and repeated.
- Training: a prompt and the completions of its group stand in one row. Each completion sees the prompt and itself, by its mask
  and its positions, so that every token has the log-probability and the gradient that it has in a row of its own.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import DynamicCache
from trl import GRPOTrainer

ATTENTION = ("eager", "sdpa")
"""Kinds of attention that take a mask of pairs of tokens."""


def is_sharded() -> bool:
    """Whether the weights are spread over processes, which then must call the model equally often."""
    return any(os.environ.get(name, "") == "true" for name in ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"))


class SharedPrefixGRPOTrainer(GRPOTrainer):  # type: ignore[misc]
    """``GRPOTrainer`` for texts that reads each prompt of a batch once."""

    def _generate_single_turn(self, *given: Any, **named: Any) -> Any:
        with shared_prompts(self.model):
            return super()._generate_single_turn(*given, **named)

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        compute_aux_loss: bool = False,
        **images: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """See TRL; rows with equal prompts are scored together."""
        plain = compute_aux_loss or any(value is not None for value in images.values())
        rows = None if plain else Rows.of(input_ids, attention_mask, logits_to_keep)
        if rows is None or self.model.config._attn_implementation not in ATTENTION:
            found: tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]
            found = super()._get_per_token_logps_and_entropies(
                model,
                input_ids,
                attention_mask,
                logits_to_keep,
                batch_size,
                compute_entropy,
                compute_aux_loss,
                **images,
            )
            return found
        with self.accelerator.autocast():
            outputs = model(
                input_ids=rows.ids,
                attention_mask=rows.mask(next(self.model.parameters()).dtype),
                position_ids=rows.positions,
                shift_labels=rows.labels,
                fused_lm_head=True,
            )
        entropy = rows.apart(outputs.entropy) if compute_entropy else None
        return rows.apart(outputs.log_probs), entropy, None


class Rows:
    """A row for each different prompt, its completions behind it.

    First the prompt's tokens but the last, then for each completion the prompt's last token and the completion's tokens but
    the last: so each place of the second part has one label, the completion's next token.
    """

    def __init__(
        self, ids: torch.Tensor, segments: torch.Tensor, positions: torch.Tensor, labels: torch.Tensor
    ) -> None:
        self.ids, self.segments, self.positions, self.labels = ids, segments, positions, labels
        """[rows, width] each. Segments: 0 the prompt, n the n-th completion of the row, -1 padding."""
        self._row: torch.Tensor
        self._place: torch.Tensor
        self._scored: torch.Tensor

    @classmethod
    def of(cls, input_ids: torch.Tensor, attention_mask: torch.Tensor, completion: int) -> "Rows | None":
        """Lay out prompts (padded on the left) and completions (padded on the right).

        Args:
            input_ids: Prompts and completions, [n, prompt + completion].
            attention_mask: 1 where a token stands, [n, prompt + completion].
            completion: Columns of the completions.

        Returns:
            None where no two prompts are equal.
        """
        device = input_ids.device
        prompts, answers = input_ids[:, :-completion].tolist(), input_ids[:, -completion:].tolist()
        sizes = attention_mask[:, :-completion].sum(1).tolist()
        lengths = attention_mask[:, -completion:].sum(1).tolist()
        groups: dict[tuple[int, ...], list[int]] = {}
        for row, (prompt, size) in enumerate(zip(prompts, sizes, strict=True)):
            groups.setdefault(tuple(prompt[len(prompt) - size :]), []).append(row)
        if len(groups) == len(prompts):
            return None
        ids, segments, positions, labels = [], [], [], []
        row_of, place_of = torch.zeros(len(prompts), dtype=torch.long), torch.zeros(len(prompts), dtype=torch.long)
        for number, (prompt, members) in enumerate(groups.items()):
            tokens, parts, places = list(prompt[:-1]), [0] * (len(prompt) - 1), list(range(len(prompt) - 1))
            marks = [-100] * len(tokens)
            for order, member in enumerate(members, 1):
                answer = answers[member][: lengths[member]]
                row_of[member], place_of[member] = number, len(tokens)
                tokens += [prompt[-1], *answer[:-1]][: len(answer)]
                parts += [order] * len(answer)
                places += range(len(prompt) - 1, len(prompt) - 1 + len(answer))
                marks += answer
            ids.append(tokens)
            segments.append(parts)
            positions.append(places)
            labels.append(marks)
        fills = ((ids, 0), (segments, -1), (positions, 0), (labels, -100))
        rows = cls(*(_padded(lists, fill, device) for lists, fill in fills))
        span = torch.arange(completion)
        rows._row = row_of[:, None].expand(-1, completion).to(device)
        rows._scored = (span < torch.tensor(lengths)[:, None]).to(device)
        rows._place = (place_of[:, None] + span).clamp(max=rows.ids.shape[1] - 1).to(device)
        return rows

    def mask(self, dtype: torch.dtype) -> torch.Tensor:
        """What is added to the scores of attention, [rows, 1, width, width]: 0 where a token sees another, else the lowest number.

        A token sees the prompt and its own completion up to itself; padding sees itself, so that no softmax is empty.
        """
        query, key = self.segments[:, :, None], self.segments[:, None, :]
        places = torch.arange(self.ids.shape[1], device=self.ids.device)
        before = places[None, :] <= places[:, None]
        seen = before & ((key == query) | ((key == 0) & (query > 0)))
        bias = torch.zeros(seen.shape, dtype=dtype, device=self.ids.device)
        return bias.masked_fill(~seen, torch.finfo(dtype).min)[:, None]

    def apart(self, values: torch.Tensor) -> torch.Tensor:
        """Values of the rows by completion, [n, completion]; 0 where no token stands."""
        return torch.where(self._scored, values[self._row, self._place], values.new_zeros(()))


def _padded(lists: list[list[int]], fill: int, device: torch.device) -> torch.Tensor:
    width = max(map(len, lists))
    return torch.tensor([row + [fill] * (width - len(row)) for row in lists], device=device)


@contextmanager
def shared_prompts(model: Any) -> Iterator[None]:
    """Let ``model.generate`` read equal prompts that stand together once, for the block.

    What is generated has the same distribution; drawn with the same seed it is the same up to rounding.
    """
    original = model.generate
    model.generate = _sharing(model, original)
    try:
        yield
    finally:
        del model.generate  # an attribute of the instance, in front of the class's method
        assert model.generate == original


def _sharing(model: Any, original: Callable[..., Any]) -> Callable[..., Any]:
    def generate(input_ids: torch.Tensor, attention_mask: torch.Tensor, **kwargs: Any) -> Any:
        first, group = equal_neighbours(input_ids)
        if len(first) == len(input_ids) or input_ids.shape[1] < 2 or "past_key_values" in kwargs:
            return original(input_ids=input_ids, attention_mask=attention_mask, **kwargs)
        cache = _read(model, input_ids[first], attention_mask[first])
        cache.batch_select_indices(group)
        return original(input_ids=input_ids, attention_mask=attention_mask, past_key_values=cache, **kwargs)

    return generate


def equal_neighbours(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the first row of each run of equal rows, [runs], and the run of each row, [rows]."""
    new = torch.ones(len(rows), dtype=torch.bool, device=rows.device)
    new[1:] = (rows[1:] != rows[:-1]).any(dim=1)
    return new.nonzero().flatten(), new.cumsum(0) - 1


def _read(model: Any, ids: torch.Tensor, mask: torch.Tensor) -> DynamicCache:
    """Keys and values of all but the last token, which ``generate`` needs to draw the first new one from."""
    cache = DynamicCache(config=model.config)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    training = model.training
    model.eval()
    with torch.no_grad():
        model(
            input_ids=ids[:, :-1], attention_mask=mask[:, :-1], position_ids=positions[:, :-1], past_key_values=cache,
            use_cache=True, logits_to_keep=1,
        )  # fmt: skip
    model.train(training)
    return cache
