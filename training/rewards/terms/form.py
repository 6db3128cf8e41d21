"""Terms on how an answer is made: its form, its sections, its evidence. None of them says whether it is right."""

import numpy as np

from tickertune.core.answers import Answer, different_words
from training.rewards.batch import Batch, Floats
from training.rewards.terms.settings import Settings

LONGEST = 2.0
COUNT_SHARE, SECTION_SHARE = 0.6, 0.4
LEAST_SOURCE = 3
"""Letters of a source's name."""


def format_term(batch: Batch, settings: Settings) -> Floats:
    """+1 where the reply has exactly the required form, else -1 (RETuning)."""
    return batch.each([1.0 if answer.formatted else -1.0 for answer in batch.answers])


def consistency(batch: Batch, settings: Settings) -> Floats:
    """-1 where scores are stated and the label is not among the highest, or they contradict themselves; else 0."""
    return batch.each([-1.0 if _disagrees(answer) else 0.0 for answer in batch.answers])


def _disagrees(answer: Answer) -> bool:
    scores, label = answer.decision.scores, answer.decision.label
    return scores is not None and (label is None or label not in scores or scores[label] < max(scores.values()))


def length(batch: Batch, settings: Settings) -> Floats:
    """Up to +2 by the number of different words, for correct answers only; 0 for others (RETuning)."""
    right = batch.right
    counted = np.unique(batch.which[right])
    words = np.zeros(len(batch.answers))
    words[counted] = different_words([batch.answers[place].text for place in counted.tolist()])
    shares = np.minimum(words / settings.terms.length.words, 1.0)
    return np.where(right, LONGEST * shares[batch.which], 0.0)


def structure(batch: Batch, settings: Settings) -> Floats:
    """0.6 times the score of the number of sections plus 0.4 times the mean score of a section, in [0, 1] (Trading-R1).

    A section counts if it has enough different words of its own: a heading alone, or a section that says what an earlier
    one said, is none. A section scores half for counting and half for holding a claim.
    """
    config, size = settings.terms.structure, len(batch.answers)
    found = batch.arguments.sections
    counts = (found.new_words >= config.section_words) & ~found.repeated
    count = np.bincount(found.text, counts, size)
    mean = np.bincount(found.text, counts * np.where(found.claims > 0, 1.0, 0.5), size) / np.maximum(
        np.bincount(found.text, minlength=size), 1
    )
    few, many = np.minimum(count / config.fewest, 1.0), np.maximum(1 - (count - config.most) / config.fewest, 0.0)
    of_count = np.where(count <= config.most, few, many)
    values: Floats = COUNT_SHARE * of_count + SECTION_SHARE * mean
    return values[batch.which]


def evidence(batch: Batch, settings: Settings) -> Floats:
    """Share of claims whose quote stands in the prompt, word for word, on a line that names the source; 0 without any.

    A claim also needs words of its own, and a quote proves one claim only. Whether the quote supports the claim is not
    judged: no program here can.
    """
    config = settings.terms.evidence
    numbers = {prompt: number for number, prompt in enumerate(dict.fromkeys(batch.prompts))}
    judged = batch.which * len(numbers) + np.array([numbers[prompt] for prompt in batch.prompts], dtype=np.int64)
    pairs, each = np.unique(judged, return_inverse=True)
    made, proven = batch.arguments.proven(
        list(numbers),
        np.stack(np.divmod(pairs, len(numbers)), axis=1),
        own_words=config.own_words,
        quote_words=config.quote_words,
        source_letters=LEAST_SOURCE,
    )
    shares: Floats = proven / np.maximum(made, config.least_claims)
    return shares[each]
