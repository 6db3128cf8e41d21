"""SFT with a weight a sample: TRL's loss, each token's part multiplied by its sample's weight."""

from collections.abc import Callable
from typing import Any

import torch
from trl import SFTTrainer

from training.examples import WEIGHT


class WeightedSFTTrainer(SFTTrainer):  # type: ignore[misc]
    """``SFTTrainer`` that reads the column ``WEIGHT``.

    The loss of a batch is the weighted sum over its answer tokens, divided by their number as without weights. So a batch of
    weight 1 throughout has TRL's own loss, and accumulation and processes share a batch as they do without weights.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.data_collator: Any = _with_weights(self.data_collator)

    def _set_signature_columns_if_needed(self) -> None:
        super()._set_signature_columns_if_needed()
        columns: list[str] = self._signature_columns
        self._signature_columns: list[str] = [*(name for name in columns if name != WEIGHT), WEIGHT]

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Compute TRL's loss of a model whose log-probabilities are weighted."""
        weights = inputs.pop(WEIGHT)

        def weighted(**given: Any) -> Any:
            outputs = model(**given)
            outputs.log_probs = outputs.log_probs * weights[:, None].to(outputs.log_probs.dtype)
            return outputs

        return super().compute_loss(weighted, inputs, *args, **kwargs)


def _with_weights(collate: Callable[[list[dict[str, Any]]], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def collated(examples: list[dict[str, Any]]) -> dict[str, Any]:
        batch = collate(examples)
        batch[WEIGHT] = torch.tensor([example[WEIGHT] for example in examples], dtype=torch.float32)
        return batch

    return collated
