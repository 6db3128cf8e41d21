from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, GenerationConfig
from trl import GRPOTrainer
from trl.trainer.utils import add_fused_lm_head

from tests.training.conftest import TINY
from tickertune.core.models import resolve_model
from training.shared_prefix import Rows, SharedPrefixGRPOTrainer, equal_neighbours, shared_prompts


def adapted(base: Any) -> Any:
    """A base model with an adapter that moves its answers."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        tuned = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM"))
        for name, weight in tuned.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(weight, std=0.2)
    return tuned.train()


def tiny() -> Any:
    return AutoModelForCausalLM.from_pretrained(resolve_model(TINY), dtype=torch.float32, attn_implementation="eager")


@pytest.fixture(scope="module")
def model() -> Any:
    return adapted(tiny())


def prompts(lengths: list[int], copies: list[int]) -> dict[str, torch.Tensor]:
    """Left-padded random prompts, each so many times."""
    generator = torch.Generator().manual_seed(0)
    width = max(lengths)
    rows, masks = [], []
    for length, count in zip(lengths, copies, strict=True):
        ids = torch.randint(20, 40_000, (length,), generator=generator)
        row = torch.cat([torch.full((width - length,), 2), ids])
        mask = torch.cat([torch.zeros(width - length), torch.ones(length)]).long()
        rows += [row] * count
        masks += [mask] * count
    return {"input_ids": torch.stack(rows), "attention_mask": torch.stack(masks)}


def generated(model: Any, inputs: dict[str, torch.Tensor], *, shared: bool, sample: bool) -> torch.Tensor:
    config = GenerationConfig(
        max_new_tokens=9, do_sample=sample, temperature=1.0 if sample else None, top_k=0 if sample else None, pad_token_id=2,
        eos_token_id=2,
    )  # fmt: skip
    torch.manual_seed(7)
    if not shared:
        return model.generate(**inputs, generation_config=config)
    with shared_prompts(model):
        return model.generate(**inputs, generation_config=config)


@pytest.mark.parametrize("sample", [False, True])
@pytest.mark.parametrize(
    ("lengths", "copies"),
    [([30], [8]), ([30, 12, 21], [4, 4, 4]), ([9, 25], [1, 5]), ([2, 3], [3, 3]), ([11, 12], [1, 1])],
)
def test_the_same_tokens_are_drawn(model: Any, lengths: list[int], copies: list[int], sample: bool) -> None:
    inputs = prompts(lengths, copies)
    plain = generated(model, inputs, shared=False, sample=sample)
    assert torch.equal(plain, generated(model, inputs, shared=True, sample=sample))
    assert model.training


def test_copies_are_read_once(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    model.register_forward_pre_hook(lambda _, __, kwargs: read.append(kwargs["input_ids"].numel()), with_kwargs=True)
    inputs = prompts([30, 20], [4, 4])
    generated(model, inputs, shared=True, sample=False)
    assert read[0] == 2 * 29
    model._forward_pre_hooks.clear()


def test_the_model_is_left_as_it_was(model: Any) -> None:
    with pytest.raises(RuntimeError, match="halt"), shared_prompts(model):
        raise RuntimeError("halt")
    assert "generate" not in vars(model)


class Shared(SharedPrefixGRPOTrainer):
    """The trainer without what it needs to train: its scoring alone."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.accelerator = SimpleNamespace(autocast=nullcontext, is_main_process=True)


class Plain(GRPOTrainer):  # type: ignore[misc]
    """TRL's own scoring alone."""

    __init__ = Shared.__init__


@pytest.fixture(scope="module")
def scored() -> Any:
    """A model with TRL's head, as the trainer prepares it."""
    base = tiny()
    add_fused_lm_head(base, outputs=("log_probs", "entropy"))
    return adapted(base)


def batch(order: list[int], lengths: list[int], answers: list[int]) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Prompts in the given order, each with a random answer of its own; returns ids, mask, columns of answers."""
    inputs = prompts(lengths, [1] * len(lengths))
    generator, width = torch.Generator().manual_seed(1), max(answers)
    tail = torch.randint(20, 40_000, (len(order), width), generator=generator)
    mask = (torch.arange(width) < torch.tensor(answers)[:, None]).long()
    ids = torch.cat([inputs["input_ids"][order], tail * mask + 2 * (1 - mask)], dim=1)
    return ids, torch.cat([inputs["attention_mask"][order], mask], dim=1), width


@pytest.mark.parametrize(
    ("order", "lengths", "answers"),
    [
        ([0, 0, 0, 0], [30], [5, 1, 7, 3]),
        ([1, 0, 1, 0, 2, 1], [30, 8, 19], [4, 6, 2, 6, 1, 3]),  # shuffled, as TRL shuffles its groups
        ([0, 1, 1], [1, 12], [3, 2, 4]),
    ],
)
def test_log_probabilities_entropies_and_gradients_are_those_of_rows_of_their_own(
    scored: Any, order: list[int], lengths: list[int], answers: list[int]
) -> None:
    ids, mask, width = batch(order, lengths, answers)
    weight = torch.randn(len(order), width, generator=torch.Generator().manual_seed(2))
    found = []
    for kind in (Plain, Shared):
        scored.zero_grad()
        logps, entropy, _ = kind(scored)._get_per_token_logps_and_entropies(
            scored, ids, mask, width, compute_entropy=True
        )
        (logps * weight).sum().backward()
        found.append(
            (logps, entropy, {name: p.grad.clone() for name, p in scored.named_parameters() if p.requires_grad})
        )
    (logps, entropy, gradients), (own, own_entropy, own_gradients) = found
    torch.testing.assert_close(own, logps, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(own_entropy, entropy, rtol=1e-4, atol=1e-4)
    assert max(float(g.abs().max()) for g in gradients.values()) > 1e-3
    for name, gradient in gradients.items():
        torch.testing.assert_close(own_gradients[name], gradient, rtol=1e-3, atol=1e-5)


def test_a_completion_does_not_see_its_neighbours(scored: Any) -> None:
    ids, mask, width = batch([0, 0, 0], [20], [6, 6, 6])
    before, *_ = Shared(scored)._get_per_token_logps_and_entropies(scored, ids, mask, width)
    ids[1, -width:] = 77
    after, *_ = Shared(scored)._get_per_token_logps_and_entropies(scored, ids, mask, width)
    assert torch.equal(before[[0, 2]], after[[0, 2]])
    assert not torch.equal(before[1], after[1])


def test_fewer_tokens_are_read(scored: Any) -> None:
    ids, mask, width = batch([0] * 8, [100], [6] * 8)
    rows = Rows.of(ids, mask, width)
    assert rows is not None
    assert rows.ids.numel() == 99 + 8 * 6
    assert Rows.of(*batch([0, 1], [20, 21], [3, 3])) is None


def test_runs_of_equal_rows() -> None:
    first, group = equal_neighbours(torch.tensor([[1, 1], [1, 1], [2, 1], [1, 1]]))
    assert first.tolist() == [0, 2, 3]
    assert group.tolist() == [0, 0, 1, 2]
