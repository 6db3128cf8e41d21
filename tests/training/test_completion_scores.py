"""Leaving out the positions without loss changes neither loss nor gradients."""

import pytest
import torch
from transformers import AutoModelForCausalLM
from trl.trainer.utils import add_fused_lm_head

from tickertune.core.models import resolve_model
from tickertune.core.recipe import ModelConfig
from training.completion_scores import completion_scores_only


def loss_and_gradient(model) -> tuple[float, torch.Tensor]:
    torch.manual_seed(0)
    ids = torch.randint(10, 1000, (3, 20))
    labels = ids.clone()
    labels[:, :-4] = -100
    model.zero_grad()
    outputs = model(input_ids=ids, labels=labels, fused_lm_head=True, use_cache=False)
    loss = -outputs.log_probs.sum()
    loss.backward()
    return loss.item(), model.model.layers[0].self_attn.q_proj.weight.grad.clone()


@pytest.fixture
def model(tiny_model):
    base = AutoModelForCausalLM.from_pretrained(resolve_model(ModelConfig(name=tiny_model)), dtype=torch.float32)
    add_fused_lm_head(base)
    return base


def test_loss_and_gradients_stay_the_same(model):
    loss, gradient = loss_and_gradient(model)
    with completion_scores_only():
        compact_loss, compact_gradient = loss_and_gradient(model)
    assert compact_loss == pytest.approx(loss, rel=1e-6)
    torch.testing.assert_close(compact_gradient, gradient, rtol=1e-4, atol=1e-7)


def test_the_switch_is_put_back():
    import trl.trainer.utils as utils

    before = utils._use_triton
    with completion_scores_only():
        assert utils._use_triton(torch.device("cpu"))
    assert utils._use_triton is before
