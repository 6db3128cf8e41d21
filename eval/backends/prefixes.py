"""Prompts that begin alike: what they share is read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from eval.backends.base import Tokens

CUTS = 17
"""Lengths of shared beginnings at which a split into groups is tried."""
LEAST_SAVED = 0.25
"""Share of the tokens to be read that a split has to save: each group costs a reading of its own."""
LEAST_MEMBERS = 8
"""Prompts a group, on average: smaller groups make batches too small to gain."""


@dataclass(frozen=True)
class Group:
    """Prompts with one beginning."""

    places: list[int]
    """Where they stand in the list, in its order."""
    prefix: int
    """Tokens that all of them share, short of the last token of the shortest."""


def shared_prefix(prompts: Sequence[Tokens]) -> int:
    """Length of the longest prefix that all prompts share, short of the last token of the shortest one."""
    if not prompts:
        return 0
    return min(_common(min(prompts), max(prompts)), min(map(len, prompts)) - 1)


def prefix_groups(prompts: Sequence[Tokens]) -> list[Group]:
    """Part prompts into groups that share a beginning, by what is saved when each beginning is read once.

    One group where all prompts share theirs: a finer split has to save a quarter of the tokens that are left to read.

    Args:
        prompts: Token ids, n of them, each with at least one token.

    Returns:
        Groups in the order of their first prompts; every place stands in just one of them.
    """
    if not prompts:
        return []
    whole = _grouped(prompts, [list(range(len(prompts)))])
    order = sorted(range(len(prompts)), key=lambda place: prompts[place])
    common = np.array([_common(prompts[a], prompts[b]) for a, b in pairwise(order)], dtype=np.int64)
    best, cost = whole, _tokens_read(prompts, whole) * (1 - LEAST_SAVED)
    for cut in np.unique(np.quantile(common, np.linspace(0, 1, CUTS), method="higher")) if len(common) else ():
        edges = np.flatnonzero(common < cut) + 1
        if (len(edges) + 1) * LEAST_MEMBERS > len(prompts):
            continue
        parts = [sorted(part.tolist()) for part in np.split(np.array(order), edges)]
        groups = _grouped(prompts, sorted(parts))
        if (read := _tokens_read(prompts, groups)) < cost:
            best, cost = groups, read
    return best


def _grouped(prompts: Sequence[Tokens], parts: Sequence[list[int]]) -> list[Group]:
    return [Group(part, shared_prefix([prompts[place] for place in part])) for part in parts]


def _tokens_read(prompts: Sequence[Tokens], groups: Sequence[Group]) -> int:
    """Tokens that are read if each group's prefix is read once."""
    total = sum(map(len, prompts))
    return total - sum(group.prefix * (len(group.places) - 1) for group in groups)


def _common(first: Tokens, second: Tokens) -> int:
    """Length of the prefix that two prompts share."""
    limit = min(len(first), len(second))
    if first[:limit] == second[:limit]:
        return limit
    low, high = 0, limit  # first[:low] equals second[:low], first[:high] does not
    while high - low > 1:
        middle = (low + high) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle
    return low


def warming_order(prompts: Sequence[Tokens]) -> tuple[list[int], int]:
    """The order in which an engine with a prefix cache is to see prompts.

    Returns:
        Places of all prompts: first those of the groups' first prompts, then group by group the others; and how many go
        ahead, to leave their prefixes in the cache.
    """
    groups = prefix_groups(prompts)
    ahead = [group.places[0] for group in groups]
    return ahead + [place for group in groups for place in group.places[1:]], len(ahead)
