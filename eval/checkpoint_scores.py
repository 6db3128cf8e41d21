"""Predictions of checkpoints: one engine for all that share its weights, every answer stored before it is read."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np

from eval.answers import Prompts, stored_answers
from eval.backends import choose_backend
from eval.backends.factory import check_lengths
from eval.checkpoint import Checkpoint, Weights, fingerprint, materialise
from eval.engine import Answering, Engine, open_engine
from eval.results import LabelScores, ResultStore, Setting, Trial, label_ask, note_trial
from eval.scoring import PARSER_VERSION, encode, read_scores
from eval.store import PredictionStore
from eval.world import World
from tickertune.core.recipe import EvalConfig


def score_checkpoints(
    world: World,
    checkpoints: Sequence[Checkpoint],
    config: EvalConfig,
    store: PredictionStore,
    results: ResultStore,
) -> None:
    """Score what is missing; errors as ``open_engine`` and ``encode``."""
    backend_name = choose_backend(config.backend)
    pending: list[tuple[Checkpoint, dict[str, Any]]] = []
    for checkpoint in checkpoints:
        key = {
            **world.key,
            "split": config.split,
            "fingerprint": fingerprint(checkpoint),
            "backend": backend_name,
            "dtype": config.dtype,
            "parser_version": PARSER_VERSION,
        }
        if config.server is not None:
            key["backend"] = f"server of {config.server.model}"
        if not store.has(checkpoint.name, key):
            pending.append((checkpoint, key))
    loads = [(materialise(checkpoint), checkpoint, key) for checkpoint, key in pending]
    loads.sort(key=lambda load: load[0].model)
    for _, group in groupby(loads, key=lambda load: load[0].model):
        _score_with_one_engine(world, list(group), config, store, results)


def note_trials(
    world: World, checkpoints: Sequence[Checkpoint], config: EvalConfig, store: PredictionStore, results: ResultStore
) -> None:
    """Write down that scored checkpoints were tried on the split."""
    info = world.info
    for checkpoint in checkpoints:
        made = store.facts(checkpoint.name)["fingerprint"]
        note_trial(results, Trial(info.split_hash, config.split, info.prompt_hash, made, LabelScores.kind))


def _score_with_one_engine(
    world: World,
    loads: list[tuple[Weights, Checkpoint, dict[str, Any]]],
    config: EvalConfig,
    store: PredictionStore,
    results: ResultStore,
) -> None:
    weights, first, _ = loads[0]
    encoded = encode(first.base, first.revision, world.task, world.asked)
    prompts = Prompts.of(world.samples["sample_id"].to_list(), encoded.prompts)
    ask = label_ask(encoded.continuations)
    engine = Engine(
        config.backend,
        weights.model,
        first.base,
        dtype=config.dtype,
        batch_size=config.batch_size,
        max_length=encoded.longest + 1,
        adapters=tuple(dict.fromkeys(load.adapter for load, _, _ in loads if load.adapter is not None)),
        revision=weights.revision,
        server=config.server,
    )
    with ExitStack() as stack:

        @cache
        def opened() -> Answering:
            lengths = list(map(len, encoded.prompts))
            check_lengths(config.backend, weights.model, lengths, encoded.room, weights.revision, config.server)
            return stack.enter_context(open_engine(engine, config.workers))

        for load, checkpoint, key in loads:
            started = time.monotonic()
            ledger = results.ledger(Setting(key["fingerprint"], key["backend"], key["dtype"], ask))
            title = f"{world.name}: scoring {checkpoint.name}"
            answers = stored_answers(prompts, ledger, ask, opened, load.adapter, config.chunk_rows, title)
            frame = read_scores(world.samples, world.task, np.array(answers["logprobs"].to_list()))
            facts = {"prompt_tokens": encoded.tokens, "seconds": round(time.monotonic() - started, 1)}
            store.save(checkpoint.name, key, frame, facts)
