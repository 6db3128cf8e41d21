"""Attention by samples: the same numbers as over whole packed rows, from the samples' blocks alone."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, MistralConfig, PreTrainedTokenizerBase
from transformers.models.llama import modeling_llama

from data_pipeline.dataset import read_split
from tests.training.conftest import TINY, sft_config
from tickertune.core.models import resolve_model
from tickertune.core.tasks import get_task
from training.document_attention import NAME, by_documents, document_attention, sample_lengths
from training.examples import build_examples
from training.packing import pack
from training.sft import train

LENGTH = 128
POSITIONS = torch.tensor([[0, 1, 2, 0, 1, 0], [0, 1, 2, 3, 4, 5], [0, 1, 0, 0, 0, 0]])
"""Rows of a batch: two samples and one token of padding; one sample; one sample and four of padding."""


def test_lengths_of_samples_are_read_off_their_positions() -> None:
    assert sample_lengths(POSITIONS) == [3, 2, 1, 6, 2, 4]
    assert sample_lengths(torch.tensor([[0, 1, 0, 1], [0, 1, 2, 3]])) == [2, 2, 4]


def logits_and_gradients(model: Any, ids: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    model.zero_grad()
    logits = model(input_ids=ids, position_ids=POSITIONS, use_cache=False).logits
    real = torch.tensor([[1, 1, 1, 1, 1, 0], [1] * 6, [1, 1, 0, 0, 0, 0]]).bool()
    torch.manual_seed(1)
    (logits[real] * torch.randn_like(logits[real])).sum().backward()
    return logits[real].detach(), {name: weight.grad.clone() for name, weight in model.named_parameters()}


@pytest.mark.parametrize("kind", ["llama", "sliding window and shared keys"])
def test_logits_and_gradients_are_those_of_whole_rows(kind: str) -> None:
    if kind == "llama":
        model = AutoModelForCausalLM.from_pretrained(
            resolve_model(TINY), dtype=torch.float32, attn_implementation="eager"
        )
    else:
        torch.manual_seed(0)
        shape = MistralConfig(
            vocab_size=64, hidden_size=32, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, sliding_window=3,
        )  # fmt: skip
        model = AutoModelForCausalLM.from_config(shape, attn_implementation="eager")
    ids = torch.randint(3, 60, POSITIONS.shape, generator=torch.Generator().manual_seed(0))
    rows = logits_and_gradients(model, ids)
    with by_documents(model):
        assert model.config._attn_implementation == NAME
        samples = logits_and_gradients(model, ids)
    assert model.config._attn_implementation == "eager"
    torch.testing.assert_close(samples[0], rows[0], rtol=1e-5, atol=1e-6)
    assert any(float(gradient.abs().max()) > 1e-3 for gradient in rows[1].values())
    for name, gradient in rows[1].items():
        torch.testing.assert_close(samples[1][name], gradient, rtol=1e-3, atol=1e-5 * float(gradient.abs().max()))


def test_other_attention_is_left_alone_and_rows_without_positions_are_read_whole() -> None:
    model = AutoModelForCausalLM.from_pretrained(resolve_model(TINY), dtype=torch.float32, attn_implementation="sdpa")
    with by_documents(model):
        assert model.config._attn_implementation == "sdpa"
    layer = model.model.layers[0].self_attn
    states = [torch.randn(2, 2, 5, 32) for _ in range(3)]
    mask = torch.zeros(2, 1, 5, 5)
    whole, _ = modeling_llama.eager_attention_forward(layer, *states, mask, scaling=0.2)
    found, _ = document_attention(layer, *states, mask, scaling=0.2)
    assert torch.equal(found, whole)


def test_packed_training_attends_to_no_block_larger_than_a_sample(
    dataset: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths: list[int] = []
    plain = modeling_llama.eager_attention_forward

    def watched(module: Any, query: torch.Tensor, *given: Any, **named: Any) -> Any:
        widths.append(query.shape[2])
        return plain(module, query, *given, **named)

    config = sft_config(dataset, tmp_path, packing=True, max_length=LENGTH, batch_size=4)
    examples = build_examples(read_split(dataset, "train"), tokenizer, get_task("movement"), config)
    two = 2 * min(map(len, examples.input_ids))
    assert max(map(len, pack(examples.input_ids, LENGTH))) >= two
    monkeypatch.setattr(modeling_llama, "eager_attention_forward", watched)
    train(config)
    assert 0 < max(widths) < two
