"""The backtest's fill is the label's: what a decision earns is read off the bars at ``entry_session``."""

from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.sessions import entry_session
from eval.portfolio import backtest
from eval.prediction import predictions_of
from tests.data_pipeline.labels.made_labels import EVERY_LABEL, TRADABLE
from tests.data_pipeline.made import actions, bar, bars, config, market, new_york
from tests.data_pipeline.samples.test_movement import samples
from tickertune.core.decision import Decision
from tickertune.core.tasks import get_task

NAMES = ("A", "B", "C", "D")


@pytest.mark.parametrize("latency", [0, 45])  # 45 minutes miss the open that is 30 minutes ahead
def test_one_session_before_costs_is_the_excess_return_from_the_entry_session(latency: int) -> None:
    sessions, rng = new_york(), np.random.default_rng(1)
    opens = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (len(NAMES), len(sessions))), axis=1))
    rows = [
        bar(name, day.item(), float(opens[row, at]), float(opens[row, at]) * 1.01)
        for row, name in enumerate(NAMES)
        for at, day in enumerate(sessions.dates)
    ]
    source = replace(market(names=NAMES, posts=120), bars=bars(rows), actions=actions([]))
    frame = samples(source, config(latency_minutes=latency)).frame
    entry = entry_session(frame["as_of"].dt.replace_time_zone(None).to_numpy(), sessions, latency)
    assert frame.height > 50
    decided = predictions_of(frame, get_task("movement"), [Decision(outcome="label", label="up")] * frame.height)
    earned = opens[:, entry + 1] / opens[:, entry] - 1
    for at, name in enumerate(frame["instrument_id"]):
        mine = NAMES.index(name)
        expected = earned[mine, at] - np.delete(earned[:, at], mine).mean()
        book = backtest(decided[at : at + 1])
        assert book.sessions == (sessions.dates[entry[at]].item(),)
        assert book.gross.tolist() == pytest.approx([expected])
        assert book.gross[0] == frame["ret_excess"][at]


@pytest.mark.parametrize("label", TRADABLE)
@pytest.mark.parametrize("latency", [0, 45])
def test_one_purchase_before_costs_earns_each_label_s_raw_return(label: str, latency: int) -> None:
    sessions, rng = new_york(), np.random.default_rng(1)
    prices = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (len(NAMES), 2 * len(sessions))), axis=1))
    at = {"open": prices[:, ::2], "close": prices[:, 1::2]}
    rows = [
        bar(name, day.item(), float(at["open"][row, session]), float(at["close"][row, session]))
        for row, name in enumerate(NAMES)
        for session, day in enumerate(sessions.dates)
    ]
    source = replace(market(names=NAMES, posts=300), bars=bars(rows), actions=actions([]))
    recipe = config(label=EVERY_LABEL[label], latency_minutes=latency)
    spec, frame = label_spec(recipe.label), samples(source, recipe).frame
    entry = entry_session(frame["as_of"].dt.replace_time_zone(None).to_numpy(), sessions, latency, spec.event)
    ends = frame["exit"].dt.replace_time_zone(None).to_numpy()
    exits = sessions.last_known(spec.out, ends)
    assert frame.height > 10
    assert (sessions.times(spec.event)[entry] == frame["entry"].dt.replace_time_zone(None).to_numpy()).all()
    assert (sessions.times(spec.out)[exits] == ends).all()
    bought = predictions_of(frame, get_task("movement"), [Decision(outcome="label", label="up")] * frame.height)
    for sample, name in enumerate(frame["instrument_id"]):
        mine = NAMES.index(name)
        earned = at[spec.out][mine, exits[sample]] / at[spec.event][mine, entry[sample]] - 1
        book = backtest(bought[sample : sample + 1], hedged=False)
        assert book.sessions == (sessions.dates[entry[sample]].item(),)
        assert book.gross.tolist() == pytest.approx([earned], abs=1e-12)
        assert book.gross[0] == frame["ret_raw"][sample]
