"""Run the guards that a recipe asks for, in the recipe's order."""

from collections.abc import Callable, Sequence

from eval.guards import anonymity, injection, paraphrase, stale_news
from eval.guards.case import Ask, Case, Subject
from eval.guards.chance import shuffled_outcomes, stale_replay
from eval.guards.cutoffs import cutoff_split
from eval.guards.data import as_of, ceiling, near_duplicates, unparsed
from eval.guards.result import GuardResult

Single = Callable[[Case, Subject], GuardResult]
Again = Callable[[Case, list[Subject], Ask], list[GuardResult]]

_SINGLE: dict[str, Single] = {
    "unparsed": unparsed,
    "ceiling": ceiling,
    "cutoff": cutoff_split,
    "shuffled_outcomes": shuffled_outcomes,
}
_AGAIN: dict[str, Again] = {
    "stale_news": stale_news.run,
    "anonymised": anonymity.run,
    "injection": injection.run,
    "paraphrase": paraphrase.run,
}
OF_PROMPTS = ("first_prompt", "double_bos")
"""Guards of token ids, which need a tokenizer and no answers (``prompt_guards`` runs them)."""


def run_guards(
    case: Case, subjects: Sequence[Subject], ask: Ask, of_prompts: Callable[[str], GuardResult] | None = None
) -> list[GuardResult]:
    """Run the guards of ``case.guards.checks``.

    Args:
        case: The evaluation.
        subjects: Its checkpoints with their predictions.
        ask: Asks every checkpoint again, for the guards that change prompts.
        of_prompts: Runs a guard of ``OF_PROMPTS``; None: they are left out.

    Returns:
        Findings in the order of the checks, of the checkpoints within each.
    """
    found: list[GuardResult] = []
    everyone = list(subjects)
    for name in dict.fromkeys(case.guards.checks):
        if name in OF_PROMPTS:
            found += [of_prompts(name)] if of_prompts else []
        elif name in _SINGLE:
            found += [_SINGLE[name](case, subject) for subject in everyone]
        elif name in _AGAIN:
            found += _AGAIN[name](case, everyone, ask)
        elif name == "as_of":
            found.append(as_of(case))
        elif name == "near_duplicates":
            found += near_duplicates(case, everyone)
        else:
            found += [result for subject in everyone for result in stale_replay(case, subject)]
    return found
