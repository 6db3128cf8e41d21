"""Our stages lose what TRL alone loses with the same model, arguments, rows and seed."""

from pathlib import Path
from typing import Any

import pytest
from trl import GRPOTrainer, SFTTrainer

from data_pipeline.dataset import read_info, read_split
from tests.training.conftest import TINY, grpo_config, sft_config
from tickertune.core.models import resolve_model
from tickertune.core.recipe import ModelConfig
from tickertune.core.tasks import get_task
from training import grpo, sft
from training.examples import build_examples
from training.log import read_log
from training.models import add_adapter, load_base, load_tokenizer
from training.prompts import select_prompts
from training.rewards.compose import compose
from training.rewards.trl import reward_functions
from training.trainer_args import grpo_args, sft_args

KEYS = ("loss", "grad_norm", "entropy", "reward", "rewards/pnl/mean")


def history(lines: list[dict[str, Any]]) -> list[dict[str, float]]:
    """What both logs hold of each step."""
    return [{key: line[key] for key in KEYS if key in line} for line in lines if "loss" in line]


def test_sft_loses_what_trl_loses(dataset: Path, tmp_path: Path) -> None:
    config = sft_config(dataset, tmp_path / "ours")
    sft.train(config)
    base = resolve_model(TINY)
    tokenizer = load_tokenizer(base, TINY)
    examples = build_examples(read_split(dataset, "train"), tokenizer, get_task("movement"), config)
    alone = SFTTrainer(
        model=add_adapter(load_base(base, TINY, "lora"), config.lora, config.seed),
        args=sft_args(config, tmp_path / "trl"),
        train_dataset=examples.dataset(),
        processing_class=tokenizer,
    )
    alone.train()
    ours = history(read_log(tmp_path / "ours" / "log.jsonl"))
    assert len(ours) == 6
    assert [line["loss"] for line in ours] == [line["loss"] for line in history(alone.state.log_history)]


@pytest.fixture(scope="module")
def alone(dataset: Path, answering_model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, float]]:
    """TRL's own log of four steps."""
    folder = tmp_path_factory.mktemp("trl")
    model = ModelConfig(name=str(answering_model / "model"), dtype="float32")
    config = grpo_config(dataset, folder, model=model)
    base = resolve_model(model)
    tokenizer = load_tokenizer(base, model)
    rewards = compose(config, read_info(dataset))
    prompts, _ = select_prompts(read_split(dataset, "train"), tokenizer, rewards[0], config)
    policy = add_adapter(load_base(base, model, "lora"), config.lora, config.seed)
    trainer = GRPOTrainer(
        model=policy,
        reward_funcs=reward_functions(rewards, grpo._end_ids(policy, tokenizer.eos_token_id)),
        args=grpo_args(config, folder),
        train_dataset=prompts,
        processing_class=tokenizer,
    )
    trainer.train()
    return history(trainer.state.log_history)


@pytest.mark.parametrize("shared", [False, True])
def test_grpo_loses_what_trl_loses(
    shared: bool, alone: list[dict[str, float]], dataset: Path, answering_model: Path, tmp_path: Path
) -> None:
    model = ModelConfig(name=str(answering_model / "model"), dtype="float32")
    grpo.train(grpo_config(dataset, tmp_path, model=model, shared_prefix=shared))
    ours = history(read_log(tmp_path / "log.jsonl"))
    assert len(ours) == 4
    assert any(line["grad_norm"] > 0 for line in alone)
    if not shared:
        assert ours == alone  # to the last digit
    for own, theirs in zip(ours, alone, strict=True):
        assert own == pytest.approx(theirs, rel=1e-3, abs=1e-5)
