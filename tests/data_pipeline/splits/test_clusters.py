"""Near-duplicate clusters on one side."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.curation.drops import Drop, drops_frame
from data_pipeline.splits import clusters_of, keep_clusters_apart
from data_pipeline.splits.clusters import SHARED_CLUSTER

NAMES = ("train", "validation", "test", "ood_stock", "ood_both", "purged")
SAMPLES = st.lists(st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from("abcdefgh"), max_size=3)), max_size=30)


def apart(samples: list[tuple[str, list[str]]], rule: str) -> list[str]:
    name = np.array([split for split, _ in samples], dtype="U32")
    return keep_clusters_apart(name, [shown for _, shown in samples], rule).tolist()  # type: ignore[arg-type]


def test_the_survivor_of_a_survivor_names_the_cluster() -> None:
    drops = drops_frame(
        [
            Drop("c", 0, "near_duplicate", "b", ""),
            Drop("b", 0, "near_duplicate", "a", ""),
            Drop("x", 0, "spam", None, ""),
        ]
    )
    assert clusters_of(drops) == {"c": "a", "b": "a"}


def test_a_later_drop_moves_no_document_to_another_cluster() -> None:
    early = [Drop("c", 0, "near_duplicate", "a", "")]
    late = [*early, Drop("c", 2, "near_duplicate", "b", ""), Drop("d", 0, "near_duplicate", "c", "")]
    before, after = clusters_of(drops_frame(early)), clusters_of(drops_frame(late))
    assert before.items() <= after.items()


@given(SAMPLES, st.sampled_from(["drop_later", "drop_earlier"]))
def test_no_cluster_is_trained_on_and_scored(samples: list[tuple[str, list[str]]], rule: str) -> None:
    after = apart(samples, rule)
    shown: dict[str, set[str]] = {name: set() for name in (*NAMES, SHARED_CLUSTER)}
    for name, (_, clusters) in zip(after, samples, strict=True):
        shown[name] |= set(clusters)
    scored = shown["test"] | shown["ood_both"] | shown["ood_stock"]
    assert shown["train"].isdisjoint(shown["validation"] | scored)
    assert shown["validation"].isdisjoint(scored)
    assert all(new in (old, SHARED_CLUSTER) for new, (old, _) in zip(after, samples, strict=True))


@given(SAMPLES)
def test_evaluation_samples_stay_when_the_earlier_side_goes(samples: list[tuple[str, list[str]]]) -> None:
    after = apart(samples, "drop_earlier")
    for name, (split, _) in zip(after, samples, strict=True):
        if split in ("test", "ood_stock", "ood_both"):
            assert name == split


@given(SAMPLES, SAMPLES)
def test_later_samples_change_no_earlier_split_when_the_later_side_goes(
    samples: list[tuple[str, list[str]]], more: list[tuple[str, list[str]]]
) -> None:
    later = [(split, shown) for split, shown in more if split in ("test", "ood_both")]
    assert apart([*samples, *later], "drop_later")[: len(samples)] == apart(samples, "drop_later")
