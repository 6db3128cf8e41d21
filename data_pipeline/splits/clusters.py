"""Near-duplicate clusters stay on one side: what a model was trained on does not come back in other words."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tickertune.core.recipe.split import ClusterRule

SHARED_CLUSTER = "near_duplicate_elsewhere"
_LATER = {"validation": ("train",), "test": ("train", "validation"), "ood_both": ("train", "validation")}
"""By split: those before it in time."""


def clusters_of(drops: pl.DataFrame) -> dict[str, str]:
    """Cluster of each document that curation ever dropped in another's favour: the doc_id at the end of its survivors.

    A document without an entry is a cluster of its own. A dropped document may still be shown, in a later revision that
    was kept; it then belongs to the cluster of the text that it repeated. Only a document's first drop counts, so that
    what comes later moves nothing from one cluster to another.

    Args:
        drops: Schema ``DROPS_SCHEMA``.
    """
    first = drops.drop_nulls("survivor").sort("doc_id", "revision").unique("doc_id", keep="first", maintain_order=True)
    survivor = dict(first.select("doc_id", "survivor").rows())
    clusters = {}
    for document in survivor:
        end, seen = document, {document}
        while (following := survivor.get(end)) is not None and following not in seen:
            end = following
            seen.add(end)
        clusters[document] = end
    return clusters


def keep_clusters_apart(name: NDArray[np.str_], shown: Sequence[Sequence[str]], rule: ClusterRule) -> NDArray[np.str_]:
    """Take samples out of their split where the cluster of one of their documents stands in another split too.

    Which sample goes: with ``drop_later`` the one of the later split, which past documents alone decide, so that prefix
    invariance holds; with ``drop_earlier`` the earlier one, so that the evaluation set is the same whatever is trained
    on. Samples of held-out tickers at the training dates (``ood_stock``) always stay, and what is trained on goes.

    Args:
        name: Split of each sample, or the reason for none.
        shown: Clusters of each sample's documents.
        rule: Which side stays.

    Returns:
        A copy of ``name``, with ``SHARED_CLUSTER`` for what goes.
    """
    name = name.copy()
    for split in ("train", "validation"):
        _remove(name, shown, split, ("ood_stock",))
    if rule == "drop_later":
        for split, before in _LATER.items():
            _remove(name, shown, split, before)
    else:
        _remove(name, shown, "validation", ("test", "ood_both"))
        _remove(name, shown, "train", ("validation", "test", "ood_both"))
    return name


def _remove(name: NDArray[np.str_], shown: Sequence[Sequence[str]], split: str, others: Sequence[str]) -> None:
    elsewhere = {cluster for at in np.flatnonzero(np.isin(name, others)) for cluster in shown[at]}
    for at in np.flatnonzero(name == split):
        if not elsewhere.isdisjoint(shown[at]):
            name[at] = SHARED_CLUSTER
