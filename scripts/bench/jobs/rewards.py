"""Reward computation: all terms of a batch as TRL asks for them, from replies to rewards.

``plain``: the demo's short replies, which are often equal, and every term that a plain reply allows. ``tagged``: replies with six
sections of quoted claims, no two of them equal, and all terms. 64 prompts with 8 completions each, a new batch each time.
The reading of arguments is compiled in the first of the batches that are not timed; ``first`` in the raw timings tells how long that one takes.
"""

import hashlib
import time
from typing import Any

import numpy as np

from tickertune.core.answers import tagged_reply
from tickertune.core.recipe.rewards import TERM_NAMES
from tickertune.core.tasks import get_task
from training.rewards.compose import Reward
from training.rewards.hacks import argument
from training.rewards.terms import TERMS, Settings
from training.rewards.trl import reward_functions

PROMPTS, GENERATIONS, BATCHES, WARM = 64, 8, 24, 4
TARGET = 50_000
"""Samples a second on one core."""
END = 2
TASK = get_task("movement5")
WORDS = [
    "demand",
    "orders",
    "plant",
    "margin",
    "guidance",
    "lawsuit",
    "recall",
    "outlook",
    "record",
    "supply",
    "price",
    "growth",
]


def batches(tagged: bool) -> list[dict[str, Any]]:
    """What TRL hands to the reward functions, one batch a step."""
    draw = np.random.default_rng(0)
    made = []
    for _ in range(BATCHES + WARM):
        news = [
            "\n".join(
                f"Tue 09:{line:02d} {' '.join(draw.choice(WORDS, 14))} {draw.integers(10**6)}" for line in range(3)
            )
            for _ in range(PROMPTS)
        ]
        columns: dict[str, list[Any]] = {
            "label": draw.choice(TASK.labels, PROMPTS).tolist(),
            "ret_scaled": draw.normal(size=PROMPTS).tolist(),
            "volatility": draw.uniform(0.01, 0.03, PROMPTS).tolist(),
            "sample_id": [f"s{number}" for number in range(PROMPTS)],
        }
        replies = [_reply(text, draw, tagged) for text in news for _ in range(GENERATIONS)]
        made.append(
            {name: [value for value in column for _ in range(GENERATIONS)] for name, column in columns.items()}
            | {
                "prompts": [[{"role": "user", "content": text}] for text in news for _ in range(GENERATIONS)],
                "completions": [[{"role": "assistant", "content": reply}] for reply in replies],
                "completion_ids": [[5, END]] * len(replies),
            }
        )
    return made


def _reply(news: str, draw: np.random.Generator, tagged: bool) -> str:
    label = str(draw.choice(TASK.labels))
    answer = "no idea" if draw.random() < 0.1 else TASK.answer(label)
    if not tagged:
        return answer
    own = " ".join(f"{word}{draw.integers(10**6)}" for word in WORDS)
    statements = [
        "Scores: " + ", ".join(f"{name} {draw.integers(10)}" for name in TASK.labels),
        f"Move: {'up' if draw.random() < 0.5 else 'down'} by {draw.uniform(0, 5):.1f}%",
        f"Probability: {draw.integers(20, 90)}%",
    ]
    return tagged_reply(argument(news) + f"\n{own}", answer, statements)


def run(name: str) -> dict[str, Any]:
    """Score the batches of one mix; returns samples per second of processor time, and the hash of what was scored."""
    tagged = name == "tagged"
    terms = [term for term in TERM_NAMES if tagged or "tagged" not in TERMS[term].needs]
    reward = Reward(TASK, dict.fromkeys(terms, 1.0), Settings(cut_points=(-1.0, -0.3, 0.3, 1.0)), tagged=tagged)
    functions = reward_functions([reward], {END})
    made = batches(tagged)
    values: list[list[float | None]] = []
    first, begun = 0.0, time.process_time()
    for number, batch in enumerate(made):
        if number == WARM:
            begun = time.process_time()
            values = []
        values += [function(**batch) for function in functions]
        if number == 0:
            first = time.process_time() - begun
    spent = time.process_time() - begun
    texts = [completion[0]["content"] for batch in made[WARM:] for completion in batch["completions"]]
    return {
        "rate": len(texts) / spent, "unit": "samples", "cpu": spent, "items": len(texts), "terms": len(terms),
        "first": first,
        "characters": sum(map(len, texts)) / len(texts),
        "input": hashlib.sha256("\n".join(texts).encode()).hexdigest(),
        "answer": hashlib.sha256(np.round(np.array(values, dtype=np.float64), 9).tobytes()).hexdigest(),
    }  # fmt: skip


PROGRAMS = ("plain", "tagged")


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say which mixes are scored more slowly than the target."""
    return [
        f"{name} replies: {rate:,.0f} samples/s, target {TARGET:,}" for name, rate in medians.items() if rate < TARGET
    ]
