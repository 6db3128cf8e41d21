import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.vllm


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=9), st.booleans())
def test_grouped_lora_equals_the_sum_written_out(slots: list[int], prefill: bool) -> None:
    """Each token gets its own adapter's change in each slice of the layer, base tokens none."""
    pytest.importorskip("vllm", reason="vLLM is not installed")
    import torch
    from vllm.lora.layers import LoRAMapping

    from eval.backends.cpu_lora import GroupedLora

    torch.manual_seed(len(slots))
    count, rank, width, slices = len(slots), 3, 5, (4, 2)
    wrapper = GroupedLora(64, 64, "cpu")
    ids = [slot + 1 if slot else 0 for slot in slots]  # id 2 sits in slot 1, id 0 is the base
    wrapper.update_metadata(LoRAMapping(tuple(ids), tuple(ids), is_prefill=prefill), [1, 2], 2, 100)
    x, y = torch.randn(count, width), torch.randn(count, sum(slices))
    a = tuple(torch.randn(2, 1, rank, width) for _ in slices)
    b = tuple(torch.randn(2, 1, size, rank) for size in slices)
    expected = y.clone()
    for row, slot in enumerate(slots):
        if slot:
            changes = [0.5 * b[part][slot, 0] @ (a[part][slot, 0] @ x[row]) for part in range(2)]
            expected[row] += torch.cat(changes)
    wrapper.add_lora_linear(y, x, a, b, 0.5, slices)
    torch.testing.assert_close(y, expected)
