"""What preflight says of preference pairs: their lengths as training reads them, and what DPO or a reward model would refuse."""

from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerBase

from tests.training.conftest import TINY
from tests.training.rationales.scripted import made_pairs, write_made_pairs
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import DpoConfig, RewardModelConfig
from training.pairs import read_pairs, tokenise_pairs
from training.preflight.batches import pairs_shape
from training.preflight.pairs import look_at_pairs, pair_lengths


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
    found = pair_lengths(frame, "train", tokenizer, settings())
    assert (found.rows, found.least, found.most, found.tokens) == (12, min(read), max(read), sum(read))
    assert (found.over, found.policy) == (0, "drop")
    limit = max(read) - 1
    over = sum(size > limit for size in read)
    assert 0 < over < 12
    assert pair_lengths(frame, "train", tokenizer, settings(max_length=limit)).over == over
    assert tokenise_pairs(frame, tokenizer, settings(max_length=limit)).dropped["too_long"] == over


def test_a_step_holds_two_replies_a_pair() -> None:
    found = pairs_shape(settings(epochs=2), 12, 1)
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
        ({"trainer": {"max_grad_nrm": 1}}, "did you mean 'max_grad_norm'"),
        ({"trainer": {"f_divergence_type": "reverse"}}, "did you mean 'reverse_kl'"),
    ],
)
def test_what_dpo_would_refuse_is_refused_here(changes: dict[str, Any], said: str, folder: Path) -> None:
    with pytest.raises(TickerTuneError, match=said):
        look_at_pairs(settings(**changes), folder, 1, "lora")


def rater(**changes: Any) -> RewardModelConfig:
    return RewardModelConfig.model_validate({"model": TINY, "batch_size": 2, "held_out": 0.34, **changes})


def test_a_reward_models_pairs_are_split_as_it_splits_them(tmp_path: Path) -> None:
    """Of six days a third is held out; a reward model has no logits of a vocabulary."""
    found = look_at_pairs(rater(), write_made_pairs(tmp_path, made_pairs(24)), 1, "lora")
    assert [(row["split"], row["rows"]) for row in found["lengths"]] == [("train", 12), ("held out", 8)]
    assert found["dropped"] == {"too_long": 0, "equal": 0, "overlapping": 4}
    assert (found["batches"]["stage"], found["batches"]["steps"], found["batches"]["rows"]) == ("reward_model", 6, 4)
    assert (found["memory"]["stage"], found["memory"]["logits"]) == ("reward_model", 0)
    assert found["memory"]["total"] > found["memory"]["weights"] > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_length": 40}, "No pair is left of 8"),
        ({"trainer": {"loss_type": "sigmoid"}}, "unknown key 'trainer.loss_type'"),
        ({"trainer": {"log_level": "inof"}}, "did you mean 'info'"),
    ],
)
def test_what_a_reward_model_would_refuse_is_refused_here(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match=said):
        look_at_pairs(rater(**changes), write_made_pairs(tmp_path, made_pairs(24)), 1, "lora")


def test_a_reward_models_weights_are_those_of_the_model_with_its_head(tokenizer: PreTrainedTokenizerBase) -> None:
    from tickertune.core.models import resolve_model
    from training.models import add_adapter, load_rater
    from training.preflight.memory import estimate

    config = rater(lora={"r": 4, "alpha": 8})
    loaded = load_rater(resolve_model(TINY), TINY, "lora", tokenizer, 0)
    total = sum(weight.numel() for weight in loaded.parameters())
    found = estimate(config, resolve_model(TINY), "lora", 4, 100, 100)
    trained = sum(weight.numel() for weight in add_adapter(loaded, config.lora, 0).parameters() if weight.requires_grad)
    assert found.gradients == 4 * trained
    assert found.weights == 4 * (total + trained)
