"""SFT with several samples in a row, so that nothing is spent on padding, and no sample sees another.

TRL packs (best fit decreasing, no sample is cut) and lays all rows of a batch end to end, which is right for FlashAttention.
Other kinds of attention compute every pair of tokens of such a row before a mask takes most of them away: 16 rows of 384 tokens
would be a matrix of 6,144 squared. Here the rows stay apart, and on a CPU so do the samples of a row (``training.document_attention``).
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM
from trl import SFTTrainer, pack_dataset

from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import SftConfig
from training.document_attention import by_documents

LEAK = 0.02
"""Most that another sample in front may move a sample's logits, relative to the largest of them: rounding stays far below it."""
_REMEDY = "Set packing to false"


class PackedSFTTrainer(SFTTrainer):  # type: ignore[misc]
    """``SFTTrainer`` for packed samples, whose rows stay apart where attention is not FlashAttention."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        if "flash" not in str(self.model.config._attn_implementation):
            self.data_collator: Any = Rows(self.processing_class.pad_token_id)

    def training_step(self, *given: Any, **named: Any) -> Any:
        """Do a step; plain attention is by samples in it, forward and backward."""
        with by_documents(self.accelerator.unwrap_model(self.model)):
            return super().training_step(*given, **named)

    def _track_num_input_tokens(self, inputs: dict[str, Any]) -> None:
        """Count tokens of samples; without a mask transformers takes each token that equals the padding for padding, end of turn too."""
        super()._track_num_input_tokens({**inputs, "attention_mask": real_tokens(inputs["position_ids"])})


class Rows:
    """Collator of packed rows: tokens, labels and positions, [rows, longest], and no mask.

    Positions start at 0 with each sample: from them alone transformers derives which tokens see each other, and only where no
    attention mask is given. Padding stands at position 0 throughout, so that each such token sees itself.
    """

    def __init__(self, pad_token_id: int) -> None:
        self._pad = pad_token_id

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Collate rows of TRL's packed data set: ``input_ids``, ``labels`` and ``seq_lengths`` each."""
        width = max(len(example["input_ids"]) for example in examples)
        ids = torch.full((len(examples), width), self._pad)
        labels = torch.full((len(examples), width), -100)
        positions = torch.zeros((len(examples), width), dtype=torch.long)
        for row, example in enumerate(examples):
            size = len(example["input_ids"])
            ids[row, :size] = torch.tensor(example["input_ids"])
            labels[row, :size] = torch.tensor(example["labels"])
            positions[row, :size] = torch.cat([torch.arange(length) for length in example["seq_lengths"]])
        labels[positions == 0] = -100  # no token of the sample before foretells it
        return {"input_ids": ids, "labels": labels, "position_ids": positions}


def real_tokens(positions: torch.Tensor) -> torch.Tensor:
    """1 where a token of a sample stands and 0 where padding does, [rows, width]; a sample has two tokens or more."""
    following = torch.cat([positions[:, 1:], torch.zeros_like(positions[:, :1])], dim=1)
    return ((positions > 0) | (following == 1)).long()


def pack(lists: Sequence[Sequence[int]], max_length: int) -> list[list[int]]:
    """Return how TRL's best fit decreasing would lay out lists of at most ``max_length`` numbers: one long list a row."""
    from datasets import Dataset

    rows: list[list[int]] = pack_dataset(Dataset.from_dict({"input_ids": lists}), max_length, "bfd")["input_ids"]
    return [list(row) for row in rows]


def check_packing(config: SftConfig, base: str) -> None:
    """Refuse, before weights are loaded, a recipe under which packed samples would run into each other.

    Args:
        config: The stage.
        base: Folder or Hub id; only its configuration is read.

    Raises:
        TickerTuneError: The packing strategy ignores where samples end, or the model carries a state from token to token or masks by
            rules of its own.
    """
    if not config.packing:
        return
    if config.trainer.get("packing_strategy") == "wrapped":
        raise TickerTuneError(
            "trainer.packing_strategy wrapped cuts samples and lets each see the one before", "Leave the key out"
        )
    shape = AutoConfig.from_pretrained(base, revision=config.model.revision)
    kind = AutoModelForCausalLM._model_mapping[type(shape)]
    if kind._is_stateful or not kind._supports_attention_backend:
        why = "carries a state from token to token" if kind._is_stateful else "masks attention by rules of its own"
        raise TickerTuneError(f"{kind.__name__} {why}: packed samples would see each other", _REMEDY)


def check_isolation(model: Any) -> None:
    """Refuse a model in which the sample in front changes the logits of the one behind it; two rows of 16 tokens are read.

    Args:
        model: The model that will be trained.

    Raises:
        TickerTuneError: They change.
    """
    table = model.get_input_embeddings().weight
    length, device = 8, table.device
    ids = torch.randint(len(table), (2, 2 * length), generator=torch.Generator().manual_seed(0))
    ids[:, length:] = ids[0, length:]
    positions = torch.arange(length).repeat(2)[None].expand(2, -1)
    training = model.training
    model.eval()
    with torch.no_grad(), by_documents(model):
        logits = model(input_ids=ids.to(device), position_ids=positions.to(device), use_cache=False).logits.float()
    model.train(training)
    moved = float((logits[0, length:] - logits[1, length:]).abs().max() / logits.abs().max())
    if not moved <= LEAK:
        raise TickerTuneError(
            f"Packed samples see each other in this model: another sample in front moves the logits by {moved:.1%}",
            _REMEDY,
        )
