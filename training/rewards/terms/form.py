"""Terms on how an answer is made: its form, its sections, its evidence. None of them says whether it is right."""

import numpy as np

from tickertune.core.answers import Answer, Claim, claims, sections
from tickertune.core.recipe.rewards import EvidenceConfig, StructureConfig
from training.rewards.batch import Batch, Floats
from training.rewards.terms.settings import Settings

LONGEST = 2.0
COUNT_SHARE, SECTION_SHARE = 0.6, 0.4
LEAST_SOURCE = 3
"""Characters of a source's name."""


def format_term(batch: Batch, settings: Settings) -> Floats:
    """+1 where the reply has exactly the required form, else -1 (RETuning)."""
    return batch.each([1.0 if answer.formatted else -1.0 for answer in batch.answers])


def consistency(batch: Batch, settings: Settings) -> Floats:
    """-1 where scores are stated and the label is not among the highest, or they contradict themselves; else 0."""
    return batch.each([-1.0 if _disagrees(answer) else 0.0 for answer in batch.answers])


def _disagrees(answer: Answer) -> bool:
    scores, label = answer.decision.scores, answer.decision.label
    return scores is not None and (label not in scores or scores[label] < max(scores.values()))


def length(batch: Batch, settings: Settings) -> Floats:
    """Up to +2 by the number of different words, for correct answers only; 0 for others (RETuning)."""
    full, right = settings.terms.length.words, batch.right
    counted = set(batch.which[right].tolist())
    shares = [
        min(len(set(answer.text.lower().split())) / full, 1.0) if place in counted else 0.0
        for place, answer in enumerate(batch.answers)
    ]
    return np.where(right, LONGEST * batch.each(shares), 0.0)


def structure(batch: Batch, settings: Settings) -> Floats:
    """0.6 times the score of the number of sections plus 0.4 times the mean score of a section, in [0, 1] (Trading-R1).

    A section counts if it has enough different words of its own: a heading alone, or a section that says what an earlier
    one said, is none. A section scores half for counting and half for holding a claim.
    """
    return batch.each([_structure(answer, settings.terms.structure) for answer in batch.answers])


def _structure(answer: Answer, config: StructureConfig) -> float:
    found = sections(answer.reasoning)
    if not found:
        return 0.0
    titles: set[str] = set()
    count, scores = 0, 0.0
    for section in found:
        if section.new_words >= config.section_words and section.title not in titles:
            count += 1
            scores += 1.0 if section.claims else 0.5
        titles.add(section.title)
    if count <= config.most:
        of_count = min(count / config.fewest, 1.0)
    else:
        of_count = max(1 - (count - config.most) / config.fewest, 0.0)
    return COUNT_SHARE * of_count + SECTION_SHARE * scores / len(found)


def evidence(batch: Batch, settings: Settings) -> Floats:
    """Share of claims whose quote stands in the prompt, word for word, on a line that names the source; 0 without any.

    A claim also needs words of its own, and a quote proves one claim only. Whether the quote supports the claim is not
    judged: no program here can.
    """
    config = settings.terms.evidence
    folded: dict[str, str] = {}
    known: dict[tuple[int, str], float] = {}
    values = []
    for place, prompt in zip(batch.which.tolist(), batch.prompts, strict=True):
        key = (place, prompt)
        if key not in known:
            if prompt not in folded:
                folded[prompt] = prompt.lower()
            known[key] = _proven_share(claims(batch.answers[place].reasoning), prompt, folded[prompt], config)
        values.append(known[key])
    return np.array(values, dtype=np.float64)


def _proven_share(made: list[Claim], prompt: str, folded: str, config: EvidenceConfig) -> float:
    if not made:
        return 0.0
    proven = {
        claim.quote
        for claim in made
        if claim.own_words >= config.own_words
        and len(claim.source) >= LEAST_SOURCE
        and claim.quote.count(" ") + 1 >= config.quote_words
        and _stands_in(claim, prompt, folded)
    }
    return len(proven) / max(len(made), config.least_claims)


def _stands_in(claim: Claim, prompt: str, folded: str) -> bool:
    """Whether a line of the prompt has the quote and, outside of it, the source."""
    source, size = claim.source.lower(), len(claim.quote)
    place = prompt.find(claim.quote)
    while place >= 0:
        begin = folded.rfind("\n", 0, place) + 1
        end = folded.find("\n", place + size)
        end = len(folded) if end < 0 else end
        if folded.find(source, begin, place) >= 0 or folded.find(source, place + size, end) >= 0:
            return True
        place = prompt.find(claim.quote, end)
    return False
