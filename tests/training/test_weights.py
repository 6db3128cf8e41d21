from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.training.conftest import make_samples, sft_config, weights, write_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe.sft import LossWeights
from training.sft import train
from training.weights import loss_weights


def samples(rows: list[tuple[str, float | None, float]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"label": pl.String, "ret_scaled": pl.Float64, "weight": pl.Float64}, orient="row")


def test_weights_by_hand() -> None:
    table = samples([("up", 2.0, 1.0), ("up", -1.0, 0.5), ("up", 9.0, 1.0), ("down", -0.5, 0.25)])
    # moves clipped at 3: 2, 1, 3, 0.5, their mean 1.625
    assert loss_weights(table, LossWeights(returns=1)) == pytest.approx(np.array([2, 1, 3, 0.5]) / 1.625)
    assert loss_weights(table, LossWeights(uniqueness=True)) == pytest.approx(np.array([1, 0.5, 1, 0.25]) / 0.6875)
    # two classes share four: 2 for three ups, 2 for one down
    assert loss_weights(table, LossWeights(classes=True)) == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    # within the class up 2, 1 and 3 of 6
    assert loss_weights(table, LossWeights(classes=True, returns=1)) == pytest.approx([2 / 3, 1 / 3, 1, 2])


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(-9, 9), st.floats(0.01, 1)), min_size=1, max_size=20),
    st.booleans(), st.sampled_from([0.0, 0.5, 1.0]), st.booleans(),
)  # fmt: skip
def test_weights_are_one_on_average_and_classes_balance(
    rows: list[tuple[str, float, float]], classes: bool, returns: float, uniqueness: bool
) -> None:
    table = samples([(label, move if abs(move) > 0.01 else 0.01, weight) for label, move, weight in rows])
    found = loss_weights(table, LossWeights(classes=classes, returns=returns, uniqueness=uniqueness))
    assert found.mean() == pytest.approx(1)
    if classes:
        sums = table.with_columns(found=found).group_by("label").agg(pl.col("found").sum())["found"]
        assert sums.max() == pytest.approx(sums.min())


@pytest.mark.parametrize("move", [None, float("nan"), float("inf")])
def test_a_move_that_is_not_known_is_refused_only_where_moves_count(move: float | None) -> None:
    table = samples([("up", move, 1.0), ("down", 1.0, 1.0)])
    assert loss_weights(table, LossWeights(uniqueness=True)) == pytest.approx([1, 1])
    with pytest.raises(TickerTuneError, match="1 of 2 training samples have no finite ret_scaled"):
        loss_weights(table, LossWeights(returns=1))


def test_weights_that_leave_nothing_are_refused() -> None:
    with pytest.raises(TickerTuneError, match="without a weight"):
        loss_weights(samples([("up", 0.0, 1.0)]), LossWeights(returns=1))


def test_weights_and_packing_exclude_each_other(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="set packing to false"):
        sft_config(dataset, tmp_path, packing=True, loss_weights={"classes": True})


PLAIN = {
    "trainer": {"optim": "sgd", "max_grad_norm": 1e9}, "learning_rate": 1.0, "warmup_ratio": 0.0, "scheduler": "constant",
    "batch_size": 8, "save_steps": 100,
}  # fmt: skip


def gradient(folder: Path) -> dict[str, torch.Tensor]:
    """What one step of plain gradient descent moved: the second matrices start at 0."""
    return {name: tensor for name, tensor in weights(folder / "adapter").items() if "lora_B" in name}


def test_a_sample_of_weight_three_counts_as_three(tmp_path: Path) -> None:
    first, second = make_samples(8)[0], next(s for s in make_samples(8) if s.label != make_samples(8)[0].label)
    first, second = (s.model_copy(update={"ret_scaled": move}) for s, move in ((first, 1.0), (second, -3.0)))
    weighed = write_samples(tmp_path / "weighed", [first, second])
    again = [second.model_copy(update={"sample_id": f"again-{number}"}) for number in range(2)]
    repeated = write_samples(tmp_path / "repeated", [first, second, *again])
    train(sft_config(weighed, tmp_path / "a", loss_weights={"returns": 1}, **PLAIN))
    train(sft_config(repeated, tmp_path / "b", **PLAIN))
    one, other = gradient(tmp_path / "a"), gradient(tmp_path / "b")
    assert max(float(tensor.abs().max()) for tensor in one.values()) > 1e-4
    for name in one:
        # both are the mean over tokens: weights 1 and 3 halved to be 1 on average, four samples of alike length
        torch.testing.assert_close(one[name], other[name], rtol=2e-2, atol=1e-6)


def test_accumulated_batches_equal_one_batch_with_weights(dataset: Path, tmp_path: Path) -> None:
    shared = {**PLAIN, "loss_weights": {"returns": 1, "classes": True}, "token_budget": 900}
    train(sft_config(dataset, tmp_path / "a", **shared))
    train(sft_config(dataset, tmp_path / "b", **{**shared, "batch_size": 1, "gradient_accumulation": 8}))
    one, other = gradient(tmp_path / "a"), gradient(tmp_path / "b")
    moved = max(float(tensor.abs().max()) for tensor in one.values())
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=1e-3, atol=1e-3 * moved)


def test_weights_of_one_leave_the_loss_as_it_is(dataset: Path, tmp_path: Path) -> None:
    train(sft_config(dataset, tmp_path / "a", loss_weights={"uniqueness": True}))  # every window is alone
    train(sft_config(dataset, tmp_path / "b"))
    assert all(
        torch.equal(t, weights(tmp_path / "b" / "adapter")[n]) for n, t in weights(tmp_path / "a" / "adapter").items()
    )
