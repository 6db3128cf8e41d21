from typing import Any

import pytest

from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe.grpo import PnlConfig
from tickertune.core.tasks import get_task
from training.rewards.compose import Reward, compose
from training.rewards.trl import reward_functions

TASK = get_task("movement")
END = 2


def reward(**weights: float) -> Reward:
    return Reward(TASK, weights, PnlConfig(cost_bps=0))  # type: ignore[arg-type]


def call(function: Any, texts: list[str], ids: list[list[int]] | None = None, **columns: Any) -> Any:
    defaults: dict[str, Any] = {
        "label": ["up"] * len(texts),
        "ret_scaled": [1.0] * len(texts),
        "volatility": [0.02] * len(texts),
    }
    completions = [[{"role": "assistant", "content": text}] for text in texts]
    ids = ids or [[5, END]] * len(texts)
    return function(prompts=None, completions=completions, completion_ids=ids, **{**defaults, **columns})


def test_one_function_a_term_in_the_order_of_the_weights() -> None:
    functions = reward_functions(reward(pnl=1.0, format=0.5), {END})
    assert [function.__name__ for function in functions] == ["pnl", "format"]
    texts = [TASK.answer("up"), TASK.answer("down"), "who knows"]
    assert call(functions[0], texts) == [1.0, -1.0, -3.0]
    assert call(functions[1], texts) == [1.0, 1.0, -1.0]


def test_a_missing_outcome_makes_every_term_none() -> None:
    for function in reward_functions(reward(format=1.0, accuracy=1.0, pnl=1.0), {END}):
        values = call(function, [TASK.answer("up")] * 2, ret_scaled=[None, 1.0])
        assert values[0] is None
        assert values[1] is not None


def test_without_a_pnl_term_no_return_is_needed() -> None:
    (function,) = reward_functions(reward(accuracy=1.0), {END})
    assert call(function, [TASK.answer("up")], ret_scaled=[None], volatility=[None]) == [2.0]


def test_the_first_function_logs_what_was_answered() -> None:
    logged: dict[str, float] = {}
    first, second = reward_functions(reward(format=1.0, accuracy=1.0), {END})
    call(first, [TASK.answer("up"), TASK.answer("up"), "up or down", "down"], log_metric=logged.__setitem__)
    assert logged == {"share/up": 0.5, "share/down": 0.25, "share/unparsed": 0.25}
    logged.clear()
    call(second, ["up"], log_metric=logged.__setitem__)
    assert not logged


def test_an_exception_in_a_reward_propagates() -> None:
    (function,) = reward_functions(reward(accuracy=1.0), {END})
    with pytest.raises(ValueError, match="not in tuple"):
        call(function, [TASK.answer("up")], label=["sideways"])


def test_pnl_is_refused_for_a_task_without_positions(tmp_path: Any) -> None:
    from data_pipeline.dataset import read_info
    from tests.training.conftest import grpo_config, make_samples, write_samples

    samples = [sample.model_copy(update={"task": "sentiment", "label": "neutral"}) for sample in make_samples(4)]
    info = read_info(write_samples(tmp_path, samples))
    with pytest.raises(TickerTuneError, match="task sentiment takes no positions"):
        compose(grpo_config(tmp_path, tmp_path), info)
    assert compose(grpo_config(tmp_path, tmp_path, rewards={"accuracy": 1.0, "pnl": 0}), info).weights == {
        "accuracy": 1.0
    }
