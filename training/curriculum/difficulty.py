"""How often the starting checkpoint is right on each training prompt, measured once and kept in the stage's folder."""

import json
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from accelerate.utils import broadcast_object_list

from eval.backends.labels import label_logprobs
from eval.backends.transformers import TransformersBackend
from eval.scoring import decide
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_value, write_text
from tickertune.core.progress import progress_bar
from tickertune.core.prompting import label_continuations, prompt_ids, scoring_ids
from tickertune.core.recipe import GrpoConfig
from tickertune.core.recipe.curriculum import DifficultyConfig
from tickertune.core.tasks import LabelTask
from training.log import read_log
from training.rewards.compose import Reward
from training.shared_prefix import is_sharded, shared_prompts

FILE = "difficulty.jsonl"
"""Key, then sample id and share of right answers of each prompt, in the stage's folder."""
CHUNK = 32
"""Prompts that are measured together and stored before the next ones; each chunk has a seed of its own."""
ROWS = 64
"""Answers that are generated at once."""


def right_shares(
    samples: pl.DataFrame,
    model: Any,
    tokenizer: Any,
    reward: Reward,
    config: GrpoConfig,
    weights: Sequence[str | None],
    output: Path,
    args: Any,
) -> list[float]:
    """Share of right answers, or probability of the true label, of each sample [n], in 0 to 1.

    The main process measures; the others wait for it. What is stored under the same key is not measured again, and a
    measurement that was cut off goes on after its last whole chunk, so that it ends in the same numbers.

    Args:
        samples: ``Sample`` rows of the train split.
        model: The starting checkpoint, before any training.
        tokenizer: Its tokenizer.
        reward: Reads replies.
        config: The recipe, with ``curriculum.difficulty``.
        weights: Fingerprints of the starting checkpoint: base, and what was trained on it.
        output: The stage's folder.
        args: The trainer's arguments, which know the device and the process.

    Raises:
        TickerTuneError: The weights are to be spread over processes, or the task has no label to read in one pass.
    """
    difficulty = config.curriculum.difficulty
    assert difficulty is not None
    if difficulty.by == "probability" and not isinstance(reward.task, LabelTask):
        raise TickerTuneError(
            f"curriculum.difficulty by probability needs a task with scored labels, and {reward.task.name} has none",
            "Set by to rollouts",
        )
    key = _key(samples, difficulty, config, weights)
    path = output / FILE
    known = _known(path, key, samples["sample_id"].to_list())
    if is_sharded() and len(known) < len(samples):
        raise TickerTuneError(
            f"curriculum.difficulty is measured by one process with the whole model, and {path} is not there yet",
            "Measure it once without FSDP and DeepSpeed, with the same model, data and --output, or remove the block",
        )
    found: list[Any] = [None]
    if args.process_index == 0:
        found = [_measured(samples, known, key, path, model, tokenizer, reward, config, args)]
    return list(broadcast_object_list(found)[0])


def _measured(
    samples: pl.DataFrame,
    known: list[float],
    key: str,
    path: Path,
    model: Any,
    tokenizer: Any,
    reward: Reward,
    config: GrpoConfig,
    args: Any,
) -> list[float]:
    ids, shares = samples["sample_id"].to_list(), list(known)
    if len(shares) == len(ids):
        return shares
    lines = [{"key": key}, *({"sample_id": name, "right": share} for name, share in zip(ids, shares, strict=False))]
    write_text(path, "".join(json.dumps(line) + "\n" for line in lines))
    if model.device != args.device:
        model.to(args.device)
    training = model.training
    model.eval()
    chunks = _chunks(samples, len(shares), model, tokenizer, reward, config)
    with path.open("a", encoding="utf-8") as handle, progress_bar("difficulty", len(ids) - len(shares)) as bar:
        for chunk in chunks:
            rows = zip(ids[len(shares) :], chunk, strict=False)
            handle.write("".join(json.dumps({"sample_id": name, "right": share}) + "\n" for name, share in rows))
            handle.flush()
            shares += chunk
            bar.advance(len(chunk))
    model.train(training)
    return shares


def _chunks(
    samples: pl.DataFrame, start: int, model: Any, tokenizer: Any, reward: Reward, config: GrpoConfig
) -> Iterator[list[float]]:
    difficulty = config.curriculum.difficulty
    assert difficulty is not None
    for first in range(start, len(samples), CHUNK):
        part = samples[first : first + CHUNK]
        if difficulty.by == "probability":
            yield _probabilities(part, model, tokenizer, reward)
        else:
            yield _rollouts(part, model, tokenizer, reward, config, difficulty.rollouts, first // CHUNK)


def _probabilities(part: pl.DataFrame, model: Any, tokenizer: Any, reward: Reward) -> list[float]:
    task = reward.task
    assert isinstance(task, LabelTask)
    prompts = [scoring_ids(tokenizer, task, messages) for messages in part["messages"].to_list()]
    backend = TransformersBackend.around(model, tokenizer, CHUNK)
    _, normalised = decide(task, label_logprobs(backend, prompts, label_continuations(tokenizer, task)))
    truth = [task.labels.index(label) for label in part["label"]]
    return [float(value) for value in np.exp(normalised[np.arange(len(truth)), truth])]


def _rollouts(
    part: pl.DataFrame, model: Any, tokenizer: Any, reward: Reward, config: GrpoConfig, count: int, number: int
) -> list[float]:
    prompts = [ids for messages in part["messages"].to_list() for ids in [prompt_ids(tokenizer, messages)] * count]
    backend = TransformersBackend.around(model, tokenizer, max(ROWS // count, 1) * count)
    seed = int(np.random.default_rng([config.seed, number]).integers(2**31))
    with shared_prompts(model) if config.shared_prefix else nullcontext():
        replies = backend.generate(prompts, config.max_completion_length, 1, config.temperature, seed)
    said = [reward.read(reply.text, finished=reply.finished).decision.label for (reply,) in replies]
    right = np.array(said, dtype=object).reshape(-1, count) == part["label"].to_numpy()[:, None]
    return [float(share) for share in right.mean(axis=1)]


def _key(samples: pl.DataFrame, difficulty: DifficultyConfig, config: GrpoConfig, weights: Sequence[str | None]) -> str:
    """Hash of all that determines the shares: weights, prompts, labels, and how answers are drawn."""
    drawn = {
        "rollouts": difficulty.rollouts,
        "temperature": config.temperature,
        "max_completion_length": config.max_completion_length,
        "shared_prefix": config.shared_prefix,
        "seed": config.seed,
    }
    rows = samples.select("sample_id", "label", "messages").rows()
    return sha256_value(
        {
            "weights": list(weights),
            "dtype": config.model.dtype,
            "by": difficulty.by,
            "reply": config.reply,
            "chunk": CHUNK,
            "samples": sha256_value([[name, label, messages] for name, label, messages in rows]),
            **(drawn if difficulty.by == "rollouts" else {}),
        }
    )


def _known(path: Path, key: str, ids: list[str]) -> list[float]:
    """Shares of whole chunks that are stored under the key, in the order of the samples."""
    lines = read_log(path)
    if not lines or lines[0] != {"key": key}:
        return []
    shares = [float(line["right"]) for name, line in zip(ids, lines[1:], strict=False) if line["sample_id"] == name]
    return shares if len(shares) == len(ids) else shares[: len(shares) // CHUNK * CHUNK]
