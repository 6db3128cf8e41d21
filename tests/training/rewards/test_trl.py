from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.training.rewards.made import TWO, said
from tickertune.core.recipe import PnlConfig
from training.rewards.compose import Reward
from training.rewards.terms import Settings
from training.rewards.trl import StageWeights, reward_functions

END = 2
FREE = Settings(pnl=PnlConfig(cost_bps=0))


def reward(**weights: float) -> Reward:
    return Reward(TWO, weights, FREE)


def call(function: Any, texts: list[str], ids: list[list[int]] | None = None, **columns: Any) -> Any:
    return function(**arguments(texts, ids, **columns))


def arguments(texts: list[str], ids: list[list[int]] | None = None, **columns: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "label": ["up"] * len(texts),
        "ret_scaled": [1.0] * len(texts),
        "volatility": [0.02] * len(texts),
        "sample_id": [f"s{number // 2}" for number in range(len(texts))],
    }
    completions = [[{"role": "assistant", "content": text}] for text in texts]
    prompts = [[{"role": "system", "content": "Say"}, {"role": "user", "content": "News"}]] * len(texts)
    return (
        {"prompts": prompts, "completions": completions, "completion_ids": ids or [[5, END]] * len(texts)}
        | defaults
        | columns
    )


def test_one_function_a_term_in_the_order_of_the_weights() -> None:
    functions = reward_functions([reward(pnl=1.0, format=0.5)], {END})
    assert [function.__name__ for function in functions] == ["pnl", "format"]
    texts = [TWO.answer("up"), TWO.answer("down"), "who knows"]
    assert call(functions[0], texts) == [1.0, -1.0, -3.0]
    assert call(functions[1], texts) == [1.0, 1.0, -1.0]


def test_a_missing_outcome_makes_every_term_none() -> None:
    for function in reward_functions([reward(format=1.0, accuracy=1.0, pnl=1.0)], {END}):
        values = call(function, [TWO.answer("up")] * 2, ret_scaled=[None, 1.0])
        assert values[0] is None
        assert values[1] is not None


def test_without_a_pnl_term_no_return_is_needed() -> None:
    (function,) = reward_functions([reward(accuracy=1.0)], {END})
    assert call(function, [TWO.answer("up")], ret_scaled=[None], volatility=[None]) == [2.0]


def test_the_first_function_logs_what_was_answered() -> None:
    logged: dict[str, float] = {}
    first, second = reward_functions([reward(format=1.0, accuracy=1.0)], {END})
    call(first, [TWO.answer("up"), TWO.answer("up"), "up or down", "down"], log_metric=logged.__setitem__)
    assert logged == {
        "share/up": 0.5, "share/down": 0.25, "share/unparsed": 0.25, "right": 0.5, "stage": 0,
        "decided/up": 0.5, "decided/down": 0.5,
    }  # fmt: skip
    logged.clear()
    call(second, ["up"], log_metric=logged.__setitem__)
    assert not logged


def test_a_batch_is_read_once_for_all_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = Reward.read

    def counted(self: Reward, text: str, *, finished: bool = True) -> Any:
        read.append(text)
        return real(self, text, finished=finished)

    monkeypatch.setattr(Reward, "read", counted)
    functions = reward_functions([reward(format=1.0, accuracy=1.0, pnl=1.0)], {END})
    batch = arguments([TWO.answer("up"), TWO.answer("down"), TWO.answer("up")])
    values = [function(**batch) for function in functions]
    assert sorted(read) == [TWO.answer("down"), TWO.answer("up")]
    assert values == [[1, 1, 1], [2, -1.5, 2], [1, -1, 1]]
    assert [function(**arguments(["nothing"])) for function in functions] == [[-1], [-2], [-3]], "another batch"


def test_a_reply_that_was_cut_is_not_read_as_finished() -> None:
    logged: dict[str, float] = {}
    (function,) = reward_functions([Reward(TWO, {"accuracy": 1.0}, FREE, tagged=True)], {END})
    texts = ["<think>so"] * 2
    assert call(function, texts, [[5, 7], [5, END]], log_metric=logged.__setitem__) == [-2, -2]
    assert logged["share/unparsed"] == 1


def test_an_exception_in_a_reward_propagates() -> None:
    (function,) = reward_functions([reward(accuracy=1.0)], {END})
    with pytest.raises(ValueError, match="label 'sideways' is none of task movement"):
        call(function, [TWO.answer("up")], label=["sideways"])


def test_evidence_reads_the_users_part_of_the_prompt() -> None:
    claim = '- A claim of mine "record orders of plants" (source: Reuters)'
    text = said(TWO, "up", reasoning=claim)
    (function,) = reward_functions([Reward(TWO, {"evidence": 1.0}, FREE, tagged=True)], {END})
    news = "Tue 09:00 Reuters: record orders of plants"
    prompts = [
        [{"role": "system", "content": "Say"}, {"role": "user", "content": news}],
        [{"role": "system", "content": news}, {"role": "user", "content": "Nothing"}],
    ]
    assert call(function, [text] * 2, prompts=prompts) == [1, 0]


TEXTS = [TWO.answer("up"), TWO.answer("down"), TWO.answer("up"), "nothing", TWO.answer("down"), TWO.answer("up")]
RETURNS = [1.0, 1.0, -0.5, -0.5, 2.0, 2.0]


def test_two_processes_score_a_portfolio_as_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a group is parted between them."""
    portfolio = reward(sharpe=1.0, cvar=1.0, utility=1.0)
    whole = [function(**arguments(TEXTS, ret_scaled=RETURNS)) for function in reward_functions([portfolio], {END})]
    batch = arguments(TEXTS, ret_scaled=RETURNS)
    halves = [
        {name: column[:3] for name, column in batch.items()},
        {name: column[3:] for name, column in batch.items()},
    ]
    sent: list[list[list[Any]]] = [[], []]

    def scored(rank: int, gather: Any) -> list[list[float]]:
        monkeypatch.setenv("RANK", str(rank))
        return [function(**halves[rank]) for function in reward_functions([portfolio], {END}, gather)]

    def recorder(rank: int) -> Any:
        return lambda rows: sent[rank].append(rows) or rows

    for rank in (0, 1):
        scored(rank, recorder(rank))
    parts = []
    for rank in (0, 1):
        calls = iter(zip(*sent, strict=True))
        parts.append(scored(rank, lambda rows, calls=calls: [row for part in next(calls) for row in part]))
    for term, (first, second) in enumerate(zip(*parts, strict=True)):
        assert first + second == pytest.approx(whole[term])


def test_a_stage_is_scored_and_weighed_by_its_own_numbers() -> None:
    late = Settings(pnl=PnlConfig(cost_bps=0, clip=1.0))
    stages = [
        Reward(TWO, {"format": 1.0, "pnl": 0.0}, FREE, stage="form", until=2),
        Reward(TWO, {"format": 0.0, "pnl": 2.0}, late, stage="bet", until=5),
    ]
    logged: dict[str, float] = {}
    form, bet = reward_functions(stages, {END})
    trainer = SimpleNamespace(reward_weights=np.zeros(2))
    callback = StageWeights(trainer, stages)
    seen: list[Sequence[float]] = []
    for step in range(5):
        state = SimpleNamespace(global_step=step)
        batch = arguments([TWO.answer("up")], ret_scaled=[2.5])
        form(**batch, trainer_state=state, log_metric=logged.__setitem__)
        callback.on_step_begin(None, state, None)
        seen.append([logged["stage"], bet(**batch, trainer_state=state)[0], *trainer.reward_weights])
    assert seen == [[0, 2.5, 1, 0]] * 2 + [[1, 1.0, 0, 2]] * 3
