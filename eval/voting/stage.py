"""Votes of checkpoints: replies drawn and stored, predictions made of them, and the curve over their number."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from eval.answers import Prompts, stored_answers
from eval.backends import choose_backend
from eval.backends.factory import check_lengths
from eval.backends.turns import packed
from eval.checkpoint import Checkpoint, Weights, fingerprint, materialise
from eval.engine import Answering, Engine, open_engine
from eval.prediction import predictions_of
from eval.results import Replies, ResultStore, Setting, Trial, note_trial
from eval.store import PredictionStore
from eval.tokenizer import load_tokenizer
from eval.voting.ballots import Ballots, ballots_of
from eval.voting.curve import VotePoint, curve_points
from eval.voting.grammar import answer_pattern
from eval.voting.rating import Rater, rated
from eval.voting.rules import Votes, decisions_of, tally, weights_of
from eval.world import World
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe import EvalConfig, VotesConfig
from tickertune.core.recipe.votes import BEST, VoteRule

VOTE_VERSION = "votes-1"
"""Stored with every vote: how replies are read and ties are broken."""


@dataclass(frozen=True)
class Voted:
    """What votes add to an evaluation."""

    names: list[str]
    """Of the new predictors, in the order of the checkpoints."""
    trained: list[str]
    """Those among them that are not the base model's."""
    points: list[VotePoint]
    """The curves."""


_Drawn = tuple[Ballots, dict[str, Any], list[list[str]]]


def voted_name(checkpoint: str, samples: int, rule: VoteRule) -> str:
    """Name of a checkpoint's vote among the predictors: ``sft@8``, or ``sft@8-evidence``."""
    return f"{checkpoint}@{samples}" + ("" if rule == "majority" else f"-{rule}")


def vote_checkpoints(
    world: World,
    checkpoints: Sequence[Checkpoint],
    config: EvalConfig,
    votes: VotesConfig,
    store: PredictionStore,
    results: ResultStore,
) -> Voted:
    """Draw what is missing, and save each vote's predictions.

    Raises:
        TickerTuneError: As ``open_engine``; a checkpoint that is named is not there; a prompt and its reply do not fit.
    """
    asked = _asked(checkpoints, votes)
    rater = None if votes.reward_model is None else Rater(votes.reward_model)
    pattern = answer_pattern(world.task, tagged=votes.reply == "tagged") if votes.structured else None
    ask = Replies(votes.max_tokens, votes.samples, votes.temperature, config.seed, pattern)
    loads = sorted(((materialise(one), one) for one in asked), key=lambda load: load[0].model)
    found: dict[str, _Drawn] = {}
    for _, group in groupby(loads, key=lambda load: load[0].model):
        found |= _ballots(world, list(group), config, votes, ask, results)
    names, trained, points = [], [], []
    for checkpoint in asked:
        ballots, facts, replies = found[checkpoint.name]
        if rater is not None:
            title = f"{world.name}: {votes.samples} replies of {checkpoint.name} rated"
            ballots = rated(
                ballots, rater, world.samples, replies, results, config.chunk_rows, config.batch_size, title
            )
        for rule in dict.fromkeys(votes.rules):
            name = voted_name(checkpoint.name, votes.samples, rule)
            key = {
                **world.key,
                "split": config.split,
                **_engine_key(config, checkpoint),
                "votes": {**votes.model_dump(exclude={"rules", "alone", "checkpoints", "reward_model"}), "rule": rule},
                **({"reward_model": rater.fingerprint} if rater is not None and rule == BEST else {}),
                "seed": config.seed,
                "parser_version": VOTE_VERSION,
            }
            if not store.has(name, key):
                result = tally(rule, ballots.labels, weights_of(ballots, rule), len(world.task.labels))
                frame = predictions_of(world.samples, world.task, decisions_of(result, ballots, world.task.labels))
                cost = _rating_cost(ballots) if rule == BEST else {}
                store.save(name, key, frame, {**facts, **cost, "replies_read": ballots.counts(), **_counts(result)})
            decoding = f"{rule} of {votes.samples} at temperature {votes.temperature:g}"
            decoding += f", rated by {key['reward_model']}" if "reward_model" in key else ""
            info = world.info
            note_trial(results, Trial(info.split_hash, config.split, info.prompt_hash, key["fingerprint"], decoding))
            names.append(name)
            trained += [name] if checkpoint.trained else []
            points += curve_points(
                world.samples, world.task, ballots, rule, config, world.name, checkpoint.name, world.info.horizon or 1
            )
    return Voted(names, trained, points)


def _asked(checkpoints: Sequence[Checkpoint], votes: VotesConfig) -> list[Checkpoint]:
    known = [checkpoint.name for checkpoint in checkpoints]
    if missing := [name for name in votes.checkpoints or () if name not in known]:
        raise TickerTuneError(
            f"votes.checkpoints names {', '.join(missing)}, and there are {', '.join(known)}", "Correct the name"
        )
    return [one for one in checkpoints if votes.checkpoints is None or one.name in votes.checkpoints]


def _engine_key(config: EvalConfig, checkpoint: Checkpoint) -> dict[str, Any]:
    served = None if config.server is None else f"server of {config.server.model}"
    return {
        "fingerprint": fingerprint(checkpoint),
        "backend": served or choose_backend(config.backend),
        "dtype": config.dtype,
    }


def _ballots(
    world: World,
    loads: Sequence[tuple[Weights, Checkpoint]],
    config: EvalConfig,
    votes: VotesConfig,
    ask: Replies,
    results: ResultStore,
) -> dict[str, _Drawn]:
    """Ballots of checkpoints that share an engine's weights, facts about the replies and their texts, by the checkpoint's name."""
    weights, first = loads[0]
    prompts = _prompts(world, first, config)
    longest = max(map(len, prompts.tokens))
    chats = config.server is not None and config.server.api == "chat"
    engine = Engine(
        config.backend,
        weights.model,
        first.base,
        dtype=config.dtype,
        batch_size=config.batch_size,
        max_length=votes.max_tokens + (0 if chats else longest),
        adapters=tuple(dict.fromkeys(load.adapter for load, _ in loads if load.adapter is not None)),
        revision=weights.revision,
        server=config.server,
    )
    found = {}
    with ExitStack() as stack:

        @cache
        def opened() -> Answering:
            if not chats:
                lengths = list(map(len, prompts.tokens))
                check_lengths(config.backend, weights.model, lengths, votes.max_tokens, weights.revision, config.server)
            return stack.enter_context(open_engine(engine, config.workers))

        for load, checkpoint in loads:
            started = time.monotonic()
            key = _engine_key(config, checkpoint)
            ledger = results.ledger(Setting(key["fingerprint"], key["backend"], key["dtype"], ask))
            title = f"{world.name}: {votes.samples} replies of {checkpoint.name}"
            answers = stored_answers(prompts, ledger, ask, opened, load.adapter, config.chunk_rows, title)
            replies, finished, tokens = (answers[name].to_list() for name in ("replies", "finished", "tokens"))
            ballots = ballots_of(world.task, replies, finished, tokens, votes.reply)
            facts = {
                **({} if chats else {"prompt_tokens": sum(map(len, prompts.tokens))}),
                "reply_tokens": int(ballots.tokens.sum()),
                "replies": int(ballots.labels.size),
                "seconds": round(time.monotonic() - started, 1),
            }
            found[checkpoint.name] = ballots, facts, replies
    return found


def _prompts(world: World, checkpoint: Checkpoint, config: EvalConfig) -> Prompts:
    """The samples' prompts up to where a reply starts; their turns where a server renders them."""
    names, messages = (world.asked[column].to_list() for column in ("sample_id", "messages"))
    if config.server is not None and config.server.api == "chat":
        return Prompts.of(names, [packed(turns) for turns in messages])
    tokenizer = load_tokenizer(checkpoint.base, checkpoint.revision)
    return Prompts.of(names, [prompt_ids(tokenizer, turns) for turns in messages])


def _rating_cost(ballots: Ballots) -> dict[str, int]:
    return {} if ballots.rated_tokens is None else {"rated_tokens": int(ballots.rated_tokens.sum())}


def _counts(result: Votes) -> dict[str, int]:
    return {"ties": int(result.tied.sum()), "samples_without_weights": int(result.unweighted.sum())}
