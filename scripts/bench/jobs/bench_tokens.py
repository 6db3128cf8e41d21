"""How many tokens a program runs through the model, and how few it could: what bounds the ratio of two exact programs."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

OURS = "ours"


def tree_tokens(prompts: Sequence[Sequence[int]]) -> int:
    """Tokens of the prefix tree of prompts: each beginning that several share counts once."""
    ordered = sorted(map(list, prompts))
    shared = 0
    for first, second in pairwise(ordered):
        shared += next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(first))
    return sum(map(len, ordered)) - shared


def weights_of(model: Path) -> dict[str, int]:
    """Weights of the layers' matrices, and of the one that leads to the vocabulary: multiply-adds a token."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(model)
    heads, width = config.num_attention_heads, config.hidden_size
    own = width // heads
    attention = 2 * width * heads * own + 2 * width * config.num_key_value_heads * own
    layer = attention + 3 * width * config.intermediate_size
    return {"layers": config.num_hidden_layers * layer, "vocabulary": width * config.vocab_size}


def counted_requests(engine: Any) -> list[int]:
    """The tokens that a ``vllm.LLM`` computes from now on, a number a request: those of the prompt that were not in its cache."""
    read: list[int] = []
    generate = engine.generate

    def counted(*given: Any, **named: Any) -> Any:
        outputs = generate(*given, **named)
        read.extend(len(output.prompt_token_ids) - (output.num_cached_tokens or 0) for output in outputs)
        return outputs

    engine.generate = counted
    return read


def counted_passes(model: Any) -> list[int]:
    """The tokens that a transformers model reads from now on, a number a pass, padding included."""
    read: list[int] = []

    def note(_: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        ids = named.get("input_ids", given[0] if given else None)
        read.append(int(ids.numel()))

    model.register_forward_pre_hook(note, with_kwargs=True)
    return read


def bound(runs: Mapping[str, Mapping[str, Any]], engine: str) -> tuple[float, float]:
    """How many times as fast as an engine any exact program could be, by the tokens that it ran and by multiply-adds of matrices.

    Args:
        runs: One run of each engine, ours among them.
        engine: Which one.
    """
    ours, run = runs[OURS], runs[engine]
    prompts, layers, vocabulary = len(ours["scores"]), ours["weights"]["layers"], ours["weights"]["vocabulary"]
    asked = run["read"] if engine.startswith("lm_eval") else prompts  # positions that the vocabulary is asked at
    work, least = run["read"] * layers + asked * vocabulary, ours["tree"] * layers + prompts * vocabulary
    return run["read"] / ours["tree"], work / least


def bounds_told(name: str, medians: Mapping[str, float], runs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Lines that set each ratio beside what it could be at most.

    Args:
        name: Of the prompts.
        medians: Rates by ``<name> <engine>``.
        runs: One run of each engine.
    """
    ours = runs[OURS]
    lines = [
        f"\n{name}: {len(ours['scores'])} prompts of {ours['tokens']:,} tokens; their prefix tree has {ours['tree']:,},"
        f" ours ran {ours['read']:,} through the model"
    ]
    for engine, run in runs.items():
        if engine != OURS:
            by_tokens, by_work = bound(runs, engine)
            times = medians[f"{name} {OURS}"] / medians[f"{name} {engine}"]
            lines.append(
                f"  {engine}: ran {run['read']:,} tokens; ours is {times:.1f} times as fast, at most possible by tokens"
                f" {by_tokens:.1f}, by multiply-adds {by_work:.1f}"
            )
    whole = ours["whole_file"]
    lines.append(
        f"  over the whole file ({whole['prompts']:,} prompts, {ours['labels']} labels): every label with its whole prompt"
        f" {ours['labels'] * whole['tokens'] / whole['tree']:.1f} times the tokens of the prefix tree"
    )
    return lines
