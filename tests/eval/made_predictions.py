"""Made-up samples, and predictors that see so much of what decides them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from eval.prediction import predictions_of
from tickertune.core.decision import Decision
from tickertune.core.files import sha256_text
from tickertune.core.sample import Message, Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task

COMPANIES = ("AKRO", "BELT", "CIRO", "DUNE", "ELVA", "FJRD", "GROV", "HALO", "IRIS", "JUNO")
STORIES = (
    "{0} lifts its outlook after a strong quarter in cloud services",
    "{0} recalls a product line; analysts call the costs <b>limited</b>",
    "{0} names a new chief financial officer",
    "Regulators open an inquiry into {0}'s pricing",
)
SKILL = {"base": 0.0, "sft": 0.55, "grpo": 0.62, "tfidf": 0.3, "random": 0.0, "oracle": 1.0}
"""How much of the tone a predictor sees."""


def sessions_from(start: date, count: int) -> list[date]:
    """Weekdays."""
    days = (start + timedelta(days=offset) for offset in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5][:count]


def movement_samples(
    signal: float, days: int, seed: int, start: date = date(2015, 1, 5), split: str = "test"
) -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    samples, tones = [], []
    for session in sessions_from(start, days):
        market = rng.normal(0.0004, 0.008)
        for symbol in COMPANIES:
            if rng.random() > 0.6:
                continue
            tone, volatility = rng.choice([-1.0, 1.0]), 0.01 + 0.001 * (session.day % 8)
            scaled = 0.7 * signal * tone + rng.normal()
            opened = datetime(session.year, session.month, session.day, 14, 30, tzinfo=UTC)
            story = STORIES[int(rng.integers(len(STORIES)))].format(symbol.title())
            label = "up" if scaled > 0 else "down"
            tones.append(tone)
            samples.append(
                Sample(
                    sample_id=sha256_text(f"{symbol}{session}")[:16],
                    task="movement",
                    instrument_id=f"SIM:{symbol}",
                    symbol=symbol,
                    as_of=opened - timedelta(minutes=30),
                    session=session,
                    doc_ids=[f"sim:{symbol}:{session}"],
                    messages=[
                        Message(role="system", content="Will the stock beat the market in the next 1 session?"),
                        Message(
                            role="user", content=f"{symbol.title()} ({symbol}), {session}\n<news>\n{story}\n</news>"
                        ),
                    ],
                    answer=f"Answer: {label}",
                    label=label,
                    entry=opened,
                    exit=opened + timedelta(days=1),
                    ret_raw=volatility * scaled + market,
                    ret_excess=volatility * scaled,
                    ret_scaled=scaled,
                    volatility=volatility,
                    split=split,
                    provenance="made",
                )
            )
    return frame_of(Sample, samples), np.array(tones)


def sentiment_samples(count: int, seed: int) -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    tones = rng.choice([-1.0, 0.0, 1.0], size=count, p=[0.15, 0.55, 0.3])
    samples = [
        Sample(
            sample_id=f"text-{place:05d}",
            task="sentiment",
            doc_ids=[f"phrasebank:{place}"],
            messages=get_task("sentiment").messages(f"Operating profit of company {place} was EUR 7.9 mn."),  # type: ignore[attr-defined]
            answer=f"Answer: {label}",
            label=label,
            split="test",
            provenance="made",
        )
        for place, label in enumerate(("negative", "neutral", "positive")[int(tone) + 1] for tone in tones)
    ]
    return frame_of(Sample, samples), tones


def predicted(samples: pl.DataFrame, tones: np.ndarray[Any, Any], task: str, name: str, seed: int) -> pl.DataFrame:
    """Decide by a noisy look at the tone."""
    labels = get_task(task).labels
    rng = np.random.default_rng([seed, *name.encode()])
    places = np.linspace(-1, 1, len(labels))
    skill = SKILL.get(name, _skill_at_step(name))
    seen = skill * tones + (1 - skill) * rng.normal(0, 0.9, len(tones)) + (0.35 if name == "base" else 0.0)
    if name in ("majority", "always_up"):
        seen = np.full(len(tones), 1.0 if task == "movement" else 0.0)
    scores = -3.0 * (seen[:, None] - places) ** 2
    logprobs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    chosen = logprobs.argmax(axis=1)
    decisions = [
        Decision(outcome="unparsed")
        if name == "base" and row % 40 == 0
        else Decision(outcome="label", label=labels[best], confidence=float(np.exp(logprobs[row, best])))
        for row, best in enumerate(chosen)
    ]
    return predictions_of(samples, get_task(task), decisions, logprobs)


def _skill_at_step(name: str) -> float:
    """A checkpoint ``step-N`` sees the more the later it is; of 30 the first third sees nothing."""
    step = int(name.removeprefix("step-")) if name.startswith("step-") else 0
    return max(0.0, (step - 10) / 40)
