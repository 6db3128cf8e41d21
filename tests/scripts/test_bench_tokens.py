"""The bound of the evaluation's bench: the prefix tree counts what a set of beginnings counts."""

from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def tokens(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("bench.jobs.bench_tokens")


@given(prompts=st.lists(st.lists(st.integers(0, 2), max_size=6), max_size=12))
def test_the_tree_has_a_node_for_each_beginning(tokens: ModuleType, prompts: list[list[int]]) -> None:
    beginnings = {tuple(prompt[: length + 1]) for prompt in prompts for length in range(len(prompt))}
    assert tokens.tree_tokens(prompts) == len(beginnings)


def test_bounds_are_told_beside_the_ratio(tokens: ModuleType) -> None:
    """Two prompts of 10 tokens that share 5, two labels: the harness reads 44 tokens and asks for the vocabulary at each."""
    ours = {
        "scores": [[0, 0], [0, 0]], "weights": {"layers": 100, "vocabulary": 50}, "tree": 15, "tokens": 20, "read": 16,
        "labels": 2, "whole_file": {"prompts": 4, "tokens": 40, "tree": 20},
    }  # fmt: skip
    told = tokens.bounds_told(
        "set", {"set ours": 6.0, "set lm_eval_vllm": 2.0}, {"ours": ours, "lm_eval_vllm": {"read": 44}}
    )
    assert "their prefix tree has 15, ours ran 16 through the model" in told[0]
    # 44 / 15 tokens; 44 * 150 multiply-adds over 15 * 100 + 2 * 50
    assert "3.0 times as fast, at most possible by tokens 2.9, by multiply-adds 4.1" in told[1]
    assert "(4 prompts, 2 labels): every label with its whole prompt 4.0 times" in told[2]
