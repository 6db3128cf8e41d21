from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.backends import Backend, choose_backend, factory, open_backend
from eval.backends.fake import FakeBackend
from eval.backends.prefixes import shared_prefix
from tickertune.core.errors import TickerTuneError

LABELS = [1022, 7011, 350]
PREFIX = list(range(1000, 1060))


def prompts(count: int = 12) -> list[list[int]]:
    """Prompts of different lengths behind a shared prefix of 60 tokens."""
    generator = np.random.default_rng(0)
    return [PREFIX + generator.integers(100, 40_000, size=1 + 7 * place % 50).tolist() for place in range(count)]


@pytest.fixture(scope="module")
def hf(tiny_base: str) -> Backend:
    from eval.backends.transformers import TransformersBackend

    return TransformersBackend(tiny_base, tiny_base, "float32", batch_size=5)


def plain_forward(base: str, adapter: Path | None) -> np.ndarray:
    """One prompt at a time, no padding, no cache."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, adapter)
    with torch.no_grad():
        rows = [model(torch.tensor([prompt])).logits[0, -1].log_softmax(-1)[LABELS] for prompt in prompts()]
    return torch.stack(rows).double().numpy()


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1, max_size=5))
def test_shared_prefix_is_the_longest_that_leaves_every_prompt_a_token(made: list[list[int]]) -> None:
    length = shared_prefix(made)
    assert all(prompt[:length] == made[0][:length] and len(prompt) > length for prompt in made)
    longer = length + 1
    assert any(len(prompt) == longer for prompt in made) or len({tuple(prompt[:longer]) for prompt in made}) > 1


@pytest.mark.parametrize("tuned", [False, True])
def test_prefix_cache_and_padding_change_nothing(hf: Backend, tiny_base: str, tiny_adapter: Path, tuned: bool) -> None:
    adapter = tiny_adapter / "adapter" if tuned else None
    scores = hf.score(prompts(), LABELS, adapter)
    np.testing.assert_allclose(scores, plain_forward(tiny_base, adapter), atol=1e-5)


def test_base_answers_as_before_after_an_adapter_was_in_force(hf: Backend, tiny_adapter: Path) -> None:
    before = hf.score(prompts(), LABELS)
    tuned = hf.score(prompts(), LABELS, tiny_adapter / "adapter")
    assert np.abs(tuned - before).max() > 0.01
    np.testing.assert_array_equal(hf.score(prompts(), LABELS), before)


def test_progress_counts_every_prompt_once(hf: Backend) -> None:
    done: list[int] = []
    hf.score(prompts(), LABELS, on_done=done.append)
    assert sum(done) == 12


def test_prompts_without_a_shared_prefix_are_scored(hf: Backend) -> None:
    alone = [[5, 6, 7], [9], [8, 7]]
    together = hf.score(alone, LABELS)
    apart = np.concatenate([hf.score([prompt], LABELS) for prompt in alone])
    np.testing.assert_allclose(together, apart, atol=1e-5)


def test_greedy_replies_do_not_depend_on_the_batch(hf: Backend) -> None:
    together = hf.generate(prompts(), 4)
    assert together == [hf.generate([prompt], 4)[0] for prompt in prompts()]
    assert not together[0][0].finished


def test_sampled_replies_repeat_with_the_seed(hf: Backend) -> None:
    first, again, other = (hf.generate(prompts(3), 5, n=2, temperature=1.0, seed=seed) for seed in (1, 1, 2))
    assert [len(replies) for replies in first] == [2, 2, 2]
    assert first == again != other


@pytest.mark.vllm
@pytest.mark.parametrize("tuned", [False, True])
def test_vllm_equals_transformers_in_fp32(vllm_engine: Backend, hf: Backend, tiny_adapter: Path, tuned: bool) -> None:
    adapter = tiny_adapter / "adapter" if tuned else None
    ours, theirs = hf.score(prompts(), LABELS, adapter), vllm_engine.score(prompts(), LABELS, adapter)
    assert np.abs(ours - theirs).max() < 1e-3
    np.testing.assert_array_equal(ours.argmax(axis=1), theirs.argmax(axis=1))


@pytest.mark.vllm
def test_vllm_reads_a_shared_prefix_once_in_a_single_call(
    vllm_engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No prompt goes ahead in a step of its own: the prefix is shared within the step."""
    calls, run = [], vllm_engine._run  # type: ignore[attr-defined]

    def noted(*asked: object) -> object:
        outputs = run(*asked)
        calls.append([output.num_cached_tokens for output in outputs])
        return outputs

    monkeypatch.setattr(vllm_engine, "_run", noted)
    vllm_engine.score(prompts(8), LABELS)
    (cached,) = calls
    assert cached[0] == 0
    assert min(cached[1:]) >= len(PREFIX) // 2  # whole blocks of the cache alone


@pytest.mark.vllm
def test_vllm_and_transformers_give_the_same_greedy_replies(vllm_engine: Backend, hf: Backend) -> None:
    assert vllm_engine.generate(prompts(4), 4, n=2) == hf.generate(prompts(4), 4, n=2)


def test_fake_scores_are_log_probabilities_that_depend_on_the_adapter(tiny_adapter: Path) -> None:
    backend = FakeBackend()
    base, tuned = backend.score(prompts(), LABELS), backend.score(prompts(), LABELS, tiny_adapter / "adapter")
    assert (np.exp(base).sum(axis=1) < 1).all()
    np.testing.assert_array_equal(base, backend.score(prompts(), LABELS))
    assert np.abs(base - tuned).max() > 0.01


def test_auto_falls_back_to_transformers_with_a_note(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(factory, "find_spec", lambda _: None)
    assert choose_backend("auto") == "transformers"
    assert "not installed" in capsys.readouterr().err


def test_vllm_that_is_not_installed_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factory, "find_spec", lambda _: None)
    with pytest.raises(TickerTuneError, match=r"vLLM is not installed\. Run: make setup"):
        choose_backend("vllm")


def test_prompt_longer_than_the_context_is_refused(tiny_base: str) -> None:
    opened = open_backend("transformers", tiny_base, tiny_base, dtype="float32", batch_size=1, max_length=5000)
    with pytest.raises(TickerTuneError, match=r"5000 tokens, but .* reads 2048"), opened:
        pass
