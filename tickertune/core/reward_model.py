"""Reward models: one number for a prompt with a reply, the higher the better.

A reward model is the ``model`` folder of its training stage, which ``AutoModelForSequenceClassification`` loads with one
label. It reads what ``rated_ids`` gives, in training and ever after.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import check_weights
from tickertune.core.prompting import ChatTurns, answer_ids, prompt_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

KIND = "reward_model"
"""``kind`` in the facts of a stage that trained one."""
_FACTS = "tickertune.json"


def rated_ids(tokenizer: "PreTrainedTokenizerBase", messages: ChatTurns, reply: str) -> list[int]:
    """Return the ids that a reward model reads: the prompt as the policy reads it, the reply, and the end of its turn.

    The number is read at the last token that is no padding. Where the end of turn is also the padding (SmolLM2), that is the last token
    of the reply.

    Raises:
        TickerTuneError: The tokenizer has no chat template or no end token.
    """
    return prompt_ids(tokenizer, messages) + answer_ids(tokenizer, reply)


def check_reward_model(stage: Path) -> None:
    """Refuse a folder that is no finished stage of ``training.reward_model``; no weight is loaded."""
    kind = read_json(stage / _FACTS).get("kind") if (stage / _FACTS).is_file() else None
    if kind != KIND:
        raise TickerTuneError(
            f"{stage} holds no reward model", "Train one with: python -m training.reward_model, or correct the folder"
        )
    check_weights(stage / "model")


class RewardModel:
    """A trained reward model; ``of_stage`` opens the one that a stage trained.

    Args:
        folder: Its weights, configuration and tokenizer.
    """

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        check_weights(folder)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model: Any = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype="auto", use_safetensors=True
        )
        self._model.to(self._device).eval()
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder)

    @classmethod
    def of_stage(cls, stage: Path) -> "RewardModel":
        """Open the result of a training stage.

        Raises:
            TickerTuneError: It holds no finished reward model.
        """
        check_reward_model(stage)
        return cls(stage / "model")

    def rewards(self, rows: Sequence[Sequence[int]], batch_size: int = 16) -> NDArray[np.float64]:
        """Return the number of each row [n].

        Rows of like length are read together; in bfloat16 the neighbours that a row is padded with move its number in the last digits.

        Args:
            rows: Ids as ``rated_ids`` gives them.
            batch_size: Rows read at once.

        Raises:
            TickerTuneError: A row is longer than the model can read.
        """
        import torch

        most, longest = self._model.config.max_position_embeddings, max(map(len, rows), default=0)
        if longest > most:
            raise TickerTuneError(
                f"A prompt and its reply have {longest} tokens, and the reward model reads {most}",
                "Ask for shorter replies",
            )
        found = np.empty(len(rows))
        order = sorted(range(len(rows)), key=lambda place: -len(rows[place]))
        for start in range(0, len(order), batch_size):
            places = order[start : start + batch_size]
            width = len(rows[places[0]])
            ids = torch.full((len(places), width), self._model.config.pad_token_id)
            mask = torch.zeros_like(ids)
            for line, place in enumerate(places):
                ids[line, : len(rows[place])] = torch.tensor(rows[place])
                mask[line, : len(rows[place])] = 1
            with torch.inference_mode():
                logits = self._model(ids.to(self._device), attention_mask=mask.to(self._device), use_cache=False).logits
            found[places] = logits[:, 0].float().cpu().numpy()
        return found
