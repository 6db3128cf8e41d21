"""What preflight says of preference pairs: their lengths as DPO reads them, and what DPO would refuse."""

from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerBase

from tests.training.conftest import TINY
from tests.training.rationales.scripted import made_pairs, write_made_pairs
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import DpoConfig
from training.pairs import read_pairs, tokenise_pairs
from training.preflight.pairs import dpo_lengths, dpo_shape, look_at_pairs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_made_pairs(tmp_path_factory.mktemp("pairs"), made_pairs(12))


def settings(**changes: Any) -> DpoConfig:
    return DpoConfig.model_validate(
        {"model": TINY, "batch_size": 2, "gradient_accumulation": 2, "save_steps": 2, **changes}
    )


def test_lengths_are_those_that_dpo_reads(folder: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    frame, _ = read_pairs(folder)
    pairs = tokenise_pairs(frame, tokenizer, settings())
    read = [
        len(prompt) + max(len(better), len(worse))
        for prompt, better, worse in zip(pairs.prompt_ids, pairs.chosen_ids, pairs.rejected_ids, strict=True)
    ]
    found = dpo_lengths(frame, tokenizer, settings())
    assert (found.rows, found.least, found.most, found.tokens) == (12, min(read), max(read), sum(read))
    assert (found.over, found.policy) == (0, "drop")
    limit = max(read) - 1
    over = sum(size > limit for size in read)
    assert 0 < over < 12
    assert dpo_lengths(frame, tokenizer, settings(max_length=limit)).over == over
    assert tokenise_pairs(frame, tokenizer, settings(max_length=limit)).dropped["too_long"] == over


def test_a_step_holds_two_replies_a_pair() -> None:
    found = dpo_shape(settings(epochs=2), 12, 1)
    assert (found.micro, found.rows, found.steps, found.checkpoints) == (4, 8, 6, 3)


def test_a_look_tells_lengths_batches_and_memory(folder: Path) -> None:
    found = look_at_pairs(settings(), folder, 1, "lora")
    assert found["lengths"][0]["rows"] == 12
    assert found["dropped"] == {"too_long": 0, "equal": 0}
    assert found["batches"]["steps"] == 3
    assert found["memory"]["stage"] == "dpo"
    assert found["memory"]["total"] > found["memory"]["weights"] > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_length": 40}, "No pair is left of 12"),
        ({"max_length": 40, "too_long": "raise"}, "12 of 12 pairs are longer than max_length 40"),
    ],
)
def test_what_dpo_would_refuse_is_refused_here(changes: dict[str, Any], said: str, folder: Path) -> None:
    with pytest.raises(TickerTuneError, match=said):
        look_at_pairs(settings(**changes), folder, 1, "lora")
