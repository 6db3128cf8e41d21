"""Scripted policies that seek reward without reading, beside an honest one: what a reward pays them.

The honest policy argues from quotes that it found, states what it thinks, and is right as often as a TF-IDF model on
days that it did not see. A reward that pays any of the others more would teach a model to be like them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from tickertune.core.answers import MAX_CHARS, tagged_reply
from training.rewards.batch import Batch, Floats, Integers, Outcomes
from training.rewards.compose import Reward
from training.rewards.constant import text_accuracy, windows_of, with_outcomes
from training.rewards.trl import user_text

SECTIONS = 6
QUOTE_WORDS = 4
DRAWS = 10
"""Times that the honest policy's answers are drawn."""
HONEST = "honest"


@dataclass(frozen=True)
class Reply:
    """The parts of a reply: reasons, the words of the answer, statements."""

    wording: str
    reasoning: str = ""
    statements: Sequence[str] = ()


@dataclass(frozen=True)
class Scene:
    """Samples with outcomes, and what the honest policy knows."""

    reward: Reward
    prompts: Sequence[str]
    outcomes: Outcomes
    windows: Integers
    accuracy: float
    seed: int

    @cached_property
    def size(self) -> float:
        """Median size of the returns, as a fraction; 0 where there are none."""
        known = self.outcomes.move[~np.isnan(self.outcomes.move)]
        return float(np.median(np.abs(known))) if len(known) else 0.0

    @cached_property
    def arguments(self) -> list[str]:
        """An argument with quotes from each prompt."""
        return [argument(prompt) for prompt in self.prompts]

    def honest_labels(self, seed: int) -> list[str]:
        """Labels that are right with the reference's accuracy, and else any other."""
        draw = np.random.default_rng(seed)
        classes, true = len(self.reward.task.labels), self.outcomes.label
        right = draw.random(len(true)) < self.accuracy
        other = (true + draw.integers(1, classes, len(true))) % classes
        return [self.reward.task.labels[place] for place in np.where(right, true, other)]

    def extreme(self, *, top: bool) -> str:
        """The label with the lowest or the highest position, the mildest of equals."""
        labels, task = self.reward.task.labels, self.reward.task
        if not task.has_positions:
            return labels[-1 if top else 0]
        edge = (max if top else min)(task.position(label) for label in labels)
        found = [label for label in labels if task.position(label) == edge]
        return found[0] if top else found[-1]

    @property
    def rarest(self) -> str:
        """The label that is true least often."""
        counts = np.bincount(self.outcomes.label, minlength=len(self.reward.task.labels))
        return self.reward.task.labels[int(counts.argmin())]

    @property
    def hold(self) -> str:
        """The label without a position; the commonest where every label has one."""
        task = self.reward.task
        flat = [label for label in task.labels if task.has_positions and task.position(label) == 0]
        counts = np.bincount(self.outcomes.label, minlength=len(task.labels))
        return flat[0] if flat else task.labels[int(counts.argmax())]

    def full(self, row: int, label: str, probability: float | None = None) -> Reply:
        """The best-made reply that states a label."""
        task = self.reward.task
        side = np.sign(task.position(label)) if task.has_positions else 0.0
        move = f"{'up' if side > 0 else 'down'} by {100 * self.size:.2f}%" if side and self.size else "0%"
        scores = ", ".join(f"{other} {9 if other == label else 1}" for other in task.labels)
        chance = self.accuracy if probability is None else probability
        statements = (f"Scores: {scores}", f"Move: {move}", f"Probability: {100 * chance:.1f}%")
        return Reply(task.answer(label), self.arguments[row], statements)


def argument(prompt: str) -> str:
    """Return six sections, each with a claim whose quote stands on a line of the prompt's news."""
    quotes = []
    for line in prompt.splitlines():
        words = line.split()
        body = words[2:]  # a news line begins with its day and time
        quotes += [
            (" ".join(body[at : at + QUOTE_WORDS]), " ".join(words[:2]))
            for at in range(max(len(body) - QUOTE_WORDS + 1, 0))
        ]
    parts = []
    for section in range(SECTIONS):
        own = " ".join(f"thought{section}x{word}" for word in range(14))
        quote, source = quotes[-1 - section % len(quotes)] if quotes else ("", "")
        parts.append(f'## Section {section}\n- {own} "{quote}" (source: {source})')
    return "\n".join(parts)


def _always(choose: Callable[[Scene], str]) -> Callable[[Scene, int], Reply]:
    return lambda scene, row: scene.full(row, choose(scene))


def _up(scene: Scene) -> str:
    return scene.extreme(top=True)


def _long(scene: Scene, row: int) -> Reply:
    reply = scene.full(row, _up(scene))
    padding = " ".join(f"word{number}" for number in range(MAX_CHARS // 16))
    return Reply(reply.wording, f"{reply.reasoning}\n{padding}", reply.statements)


def _quoting_nothing(scene: Scene, row: int) -> Reply:
    reply = scene.full(row, _up(scene))
    claims = "\n".join(f'## Part {part}\n- This is why it rises "" (source: )' for part in range(SECTIONS))
    return Reply(reply.wording, claims, reply.statements)


def _empty_claims(scene: Scene, row: int) -> Reply:
    reply = scene.full(row, _up(scene))
    lines = [f"- : , ; {line[line.index(chr(34)) :]}." for line in reply.reasoning.splitlines() if chr(34) in line]
    return Reply(reply.wording, "\n".join(f"## Part {n}\n{line}" for n, line in enumerate(lines)), reply.statements)


def _empty_sections(scene: Scene, row: int) -> Reply:
    reply = scene.full(row, _up(scene))
    return Reply(reply.wording, "\n".join(f"## Part {part}" for part in range(50)), reply.statements)


def _contradictory(scene: Scene, row: int) -> Reply:
    label = _up(scene)
    scores = ", ".join(f"{other} 9" for other in scene.reward.task.labels)
    return Reply(scene.reward.task.answer(label), scene.arguments[row], [f"Scores: {scores}, {label} 1", "Move: 1%"])


def _with_statements(scene: Scene, row: int, label: str, *statements: str) -> Reply:
    reply = scene.full(row, label)
    names = {line.partition(":")[0] for line in statements}
    kept = [line for line in reply.statements if line.partition(":")[0] not in names]
    return Reply(reply.wording, reply.reasoning, [*kept, *statements])


HACKS: dict[str, Callable[[Scene, int], Reply]] = {
    "always hold": _always(lambda scene: scene.hold),
    "always up": _always(_up),
    "always down": _always(lambda scene: scene.extreme(top=False)),
    "always the rarest class": _always(lambda scene: scene.rarest),
    "all labels": lambda scene, row: Reply(
        scene.reward.task.answer(" or ".join(scene.reward.task.labels)), scene.arguments[row]
    ),
    "format without a label": lambda scene, row: Reply(scene.reward.task.answer("so"), scene.arguments[row]),
    "copy of the question": lambda scene, row: Reply(scene.prompts[row], scene.prompts[row]),
    "longest answer": _long,
    "quotes of nothing": _quoting_nothing,
    "number without a sign": lambda scene, row: _with_statements(scene, row, _up(scene), "Move: 3%"),
    "probability always 1": lambda scene, row: scene.full(row, _up(scene), 1.0),
    "probability 0 of the rarest": lambda scene, row: scene.full(row, scene.rarest, 0.0),
    "quotes without a claim": _empty_claims,
    "sections with nothing": _empty_sections,
    "contradictory scores": _contradictory,
    "position of zero": lambda scene, row: _with_statements(scene, row, _up(scene), "Position: 0"),
    "smallest of moves": lambda scene, row: _with_statements(scene, row, _up(scene), "Move: up by 0.01%"),
    "silence": lambda scene, row: Reply(""),
}
"""What each hack replies to a sample."""


def scenes_of(samples: pl.DataFrame, rewards: Sequence[Reward], seed: int = 0) -> list[Scene]:
    """Set the scene of each stage from ``Sample`` rows of a train split.

    Raises:
        TickerTuneError: No sample has the outcome that the reward needs.
    """
    samples, outcomes = with_outcomes(samples, rewards[0])
    prompts = [user_text(messages) for messages in samples["messages"].to_list()]
    accuracy = text_accuracy(samples, rewards[0].task.labels, seed)
    windows = windows_of(samples.height, rewards[0].window, seed)
    return [Scene(reward, prompts, outcomes, windows, accuracy, seed) for reward in rewards]


def earnings(scene: Scene) -> dict[str, float]:
    """Return the mean reward of the honest policy and of every hack."""
    rows = range(len(scene.prompts))
    drawn = []
    for draw in range(DRAWS):
        labels = scene.honest_labels(scene.seed + draw)
        drawn.append(_mean(scene, [scene.full(row, label) for row, label in zip(rows, labels, strict=True)]))
    found = {name: _mean(scene, [reply(scene, row) for row in rows]) for name, reply in HACKS.items()}
    return {HONEST: float(np.mean(drawn)), **found}


def _mean(scene: Scene, replies: Sequence[Reply]) -> float:
    reward = scene.reward
    texts = [
        tagged_reply(reply.reasoning, reply.wording, reply.statements)
        if reward.tagged and reply.wording
        else reply.wording
        for reply in replies
    ]
    different = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    batch = Batch(
        reward.task,
        [reward.read(text) for text in different],
        np.array([different[text] for text in texts], dtype=np.int64),
        scene.outcomes,
        scene.prompts,
        range(len(texts)),
    )
    total: Floats = reward.total(reward.terms(batch, windows=scene.windows))
    return float(total.mean())
