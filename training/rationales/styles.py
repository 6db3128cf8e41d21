"""What the teacher is asked for beside the prompt, by style, and what its replies have to keep to."""

import re
from collections.abc import Mapping, Sequence

from tickertune.core.answers import Answer, Arguments
from tickertune.core.recipe.rationales import RationalesConfig
from tickertune.core.tasks import Task
from training.rationales.teacher import Chat

ADDED = {
    "free": "",
    "evidence": (
        "Before you answer, weigh the evidence: end every line that starts with '- ' with (score: N), where N is a whole number "
        "from -3 to 3. Above 0 it speaks for a rise, below 0 for a fall. The sum of all scores has the sign of your answer: 0 if "
        "the price goes neither way. End your reasons with one line that starts with 'Reflection: ' and says what in this evidence is "
        "weak, missing or contradictory, and why the answer stands all the same."
    ),
    "thesis": (
        "Write a thesis in sections. Every line that starts with '- ' makes one claim and quotes the words of the news that prove "
        "it, letter for letter, in double quotes. Claim nothing that the news does not say."
    ),
}
"""Sentences that are added to the system message, by style. They name no outcome."""
REFLECT = (
    "Your answer was wrong. Say in a few sentences what in your reading of the news misled you, and what you will weigh "
    "otherwise. Do not answer the question yet."
)
"""What a wrong answer is met with: that it was wrong, not what would have been right."""
AGAIN = (
    "Now answer the question again, in the form asked for. Argue from the news alone, and mention neither your first answer nor "
    "this conversation."
)
MENTIONS = re.compile(
    r"(?<!\w)(?:reflect(?:ion|ing|ed)?|(?:my|the) (?:first|previous|earlier|initial|last) (?:answer|reply|prediction)"
    r"|(?:was|were) wrong|misled me|this conversation|(?:on|upon) second thoughts?)(?!\w)",
    re.IGNORECASE,
)
"""Words of a second reply that speak of the first: they make no sense without it."""
CONTROL = re.compile(r"<\s*\||\|\s*>|\[/?INST\]|</?s>|<(?:start|end)_of_turn>")
"""Control tokens of chat templates, in a reply's text."""
REFLECTION = "Reflection:"
"""Start of the last line of an argument by evidence."""
FEWEST_WORDS = 5
"""Of a reflection: fewer say nothing of the evidence."""
_SCORE = re.compile(r"\(score:[ ]*([+-]?\d{1,3}(?:\.\d{1,2})?)\)[ ]*\.?[ ]*$", re.IGNORECASE)
_FENCED = re.compile(r"^<(\w+)>\n(.*?)\n</\1>$", re.DOTALL | re.MULTILINE)


def teacher_messages(messages: Sequence[Mapping[str, str]], style: str) -> list[dict[str, str]]:
    """Return a sample's prompt with the style's sentences at the end of its system message; texts stay fenced as they are."""
    turns = [dict(turn) for turn in messages]
    if not ADDED[style]:
        return turns
    if turns and turns[0]["role"] == "system":
        turns[0]["content"] += "\n" + ADDED[style]
        return turns
    return [{"role": "system", "content": ADDED[style]}, *turns]


def reflecting(messages: Chat, wrong: str) -> list[dict[str, str]]:
    """Return the conversation that asks for a reflection on a wrong reply."""
    return [
        *(dict(turn) for turn in messages),
        {"role": "assistant", "content": wrong},
        {"role": "user", "content": REFLECT},
    ]


def answering_again(messages: Chat, wrong: str, reflection: str) -> list[dict[str, str]]:
    """Return the conversation that asks for a second answer after a reflection."""
    return [
        *reflecting(messages, wrong),
        {"role": "assistant", "content": reflection},
        {"role": "user", "content": AGAIN},
    ]


def fault(answer: Answer, task: Task, messages: Chat, config: RationalesConfig) -> str | None:
    """Return why a right answer's argument does not keep to the style; None where it does."""
    if config.style == "evidence":
        return _fault_of_scores(answer, task, config.least_evidence)
    if config.style == "thesis":
        return _fault_of_thesis(answer, messages, config.least_evidence)
    return None if answer.reasoning else "no_argument"


def evidence_scores(reasoning: str) -> list[float | None]:
    """Return the score of each evidence line (``- … (score: N)``), in order; None for a line without one."""
    lines = [line for line in reasoning.splitlines() if line.startswith("- ")]
    return [float(found[1]) if (found := _SCORE.search(line)) else None for line in lines]


def reflects(reasoning: str) -> bool:
    """Whether the one line that starts with ``Reflection:`` is the last one and says something."""
    lines = [line for line in reasoning.splitlines() if line.strip()]
    found = [at for at, line in enumerate(lines) if line.startswith(REFLECTION)]
    return found == [len(lines) - 1] and len(lines[-1].removeprefix(REFLECTION).split()) >= FEWEST_WORDS


def speaks_of_another_answer(text: str, style: str) -> bool:
    """Whether a reply speaks of one before it; the word that starts the style's own reflection does not."""
    own = re.sub(rf"^{REFLECTION}", "", text, flags=re.MULTILINE) if style == "evidence" else text
    return MENTIONS.search(own) is not None


def documents(messages: Chat) -> str:
    """Return what stands in the fences of a prompt's user messages; the whole messages where there is no fence."""
    texts = "\n".join(turn["content"] for turn in messages if turn["role"] == "user")
    return "\n".join(found[2] for found in _FENCED.finditer(texts)) or texts


def _fault_of_scores(answer: Answer, task: Task, least: int) -> str | None:
    """The sum of the evidence has the sign of the answer's position, and the last line reflects on the evidence."""
    scores = evidence_scores(answer.reasoning)
    known = [score for score in scores if score is not None]
    if len(known) < len(scores):
        return "evidence_without_score"
    if len(known) < least:
        return "too_little_evidence"
    total, position = sum(known), task.position(answer.decision.label or "")
    if (total > 0) - (total < 0) != (position > 0) - (position < 0):
        return "scores_disagree"
    return None if reflects(answer.reasoning) else "no_reflection"


def _fault_of_thesis(answer: Answer, messages: Chat, least: int) -> str | None:
    """Sections, and claims of which each has a quote that stands in the documents; a quote counts once."""
    argument = Arguments([answer.reasoning])
    if not len(argument.sections.text):
        return "no_sections"
    made = argument.claims()
    if any(not claim.quote for claim in made):
        return "claim_without_quote"
    shown = documents(messages)
    if any(claim.quote not in shown for claim in made):
        return "quote_not_in_documents"
    return None if len({claim.quote for claim in made}) >= least else "too_little_evidence"
