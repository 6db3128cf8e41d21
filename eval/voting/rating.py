"""Replies rated by a reward model, each number stored: for the vote in which the best reply decides."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from eval.answers import Prompts
from eval.backends.base import Tokens
from eval.results import Answer, Ledger, ResultStore, Rewards, Setting
from eval.results.store import KEY, raw_results
from eval.voting.ballots import NONE, Ballots
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import check_weights, model_fingerprint
from tickertune.core.progress import progress_bar
from tickertune.core.reward_model import RewardModel, check_reward_model, rated_ids

ENGINE, DTYPE = "transformers", "as saved"
"""What the numbers are stored under, besides the reward model's fingerprint."""
_HEAD = "ForSequenceClassification"


class Rater:
    """A reward model that is loaded when it is first needed.

    Args:
        folder: A stage of ``training.reward_model``, or a sequence classifier of one output with its tokenizer, as TRL saves it.

    Raises:
        TickerTuneError: It is none; nothing of it is unpickled.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if not (folder / "config.json").is_file():
            check_reward_model(folder)
            self._folder = folder / "model"
        check_weights(self._folder)
        config = read_json(self._folder / "config.json")
        kind = (config.get("architectures") or ["nothing"])[0]
        outputs = config.get("num_labels", len(config.get("id2label") or (0, 1)))
        if not kind.endswith(_HEAD) or outputs != 1:
            raise TickerTuneError(
                f"{folder} holds a {kind} of {outputs} outputs, and a reward model is a {_HEAD[3:]} of one",
                "Train one with: python -m training.reward_model, or correct votes.reward_model",
            )
        self.fingerprint = model_fingerprint(str(self._folder))

    @cached_property
    def model(self) -> RewardModel:
        """The model, loaded."""
        return RewardModel(self._folder)

    @cached_property
    def tokenizer(self) -> Any:
        """Its tokenizer."""
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._folder)


def rated(
    ballots: Ballots,
    rater: Rater,
    samples: pl.DataFrame,
    replies: Sequence[Sequence[str]],
    results: ResultStore,
    chunk_rows: int,
    batch_size: int,
    title: str,
) -> Ballots:
    """Return ballots with the reward of each reply that names a label; what the store holds is not rated again.

    Args:
        ballots: Of the replies, [n, N].
        rater: Rates them.
        samples: ``Sample`` rows of the prompts, n of them.
        replies: Texts, N for each.
        results: Where rewards are stored.
        chunk_rows: Replies that are stored at a time.
        batch_size: Rows that the model reads at once.
        title: What is being done, for the progress bar.

    Raises:
        TickerTuneError: A prompt and its reply are longer than the model reads, or it gives something that is no number.
    """
    places = [(int(row), int(draw)) for row, draw in zip(*np.nonzero(ballots.labels != NONE), strict=True)]
    messages, names = samples["messages"].to_list(), samples["sample_id"].to_list()
    rows: list[Tokens] = [rated_ids(rater.tokenizer, messages[row], replies[row][draw]) for row, draw in places]
    # A sample's equal replies have one key, and are rated once.
    prompts = Prompts.of([names[row] for row, _ in places], rows)
    ledger = results.ledger(Setting(rater.fingerprint, ENGINE, DTYPE, Rewards()))
    _rate(prompts, ledger, rater, chunk_rows, batch_size, title)
    found = prompts.keys.join(ledger.rows(), on=KEY, how="left", maintain_order="left", validate="m:1")
    rewards = np.full(ballots.labels.shape, np.nan)
    tokens = np.zeros(ballots.labels.shape, dtype=np.int64)
    if places:
        where = tuple(np.array(places).T)
        rewards[where] = np.array(found["logprobs"].to_list())[:, 0]
        tokens[where] = list(map(len, rows))
    return replace(ballots, rewards=rewards, rated_tokens=tokens)


def _rate(prompts: Prompts, ledger: Ledger, rater: Rater, chunk_rows: int, batch_size: int, title: str) -> None:
    ledger.set_damaged_aside()
    if not prompts.missing(ledger):
        return
    with ledger.writing(), progress_bar(title, prompts.keys.height) as bar:
        missing = prompts.missing(ledger)
        bar.skip(prompts.keys.height - len(missing))
        for start in range(0, len(missing), chunk_rows):
            chunk = missing[start : start + chunk_rows]
            rewards = rater.model.rewards([prompts.tokens[place] for place in chunk], batch_size)
            if not np.isfinite(rewards).all():
                raise TickerTuneError(
                    "The reward model gives rewards that are not numbers",
                    "Its weights are damaged or diverged: train it again",
                )
            keys = prompts.keys[chunk]
            answers = [Answer([reward], [], [], []) for reward in rewards.tolist()]
            ledger.append(raw_results(keys["sample_id"].to_list(), keys["prompt_hash"].to_list(), answers))
            bar.advance(len(chunk))
