"""How often the guards are wrong, and how often right: many simulated markets, judged with the guards' own code."""

import sys
from datetime import timedelta
from pathlib import Path

import exchange_calendars
import pytest

from data_pipeline.dataset import read_info
from eval.guards import stale_news
from eval.guards.case import Case, Subject
from eval.guards.chance import stale_decisions, stale_replay
from tickertune.core.recipe import EvalConfig, GuardsConfig
from tickertune.core.tasks import label_task

WORLDS, LATE = 60, 5


@pytest.fixture
def judge_worlds(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "scripts"))
    import judge_worlds

    yield judge_worlds
    sys.modules.pop("judge_worlds")


def flags(judge_worlds, data, signal):
    """Worlds in which a guard flags a predictor. News readers answer old news as they answered it then."""
    start = judge_worlds.START
    calendar = exchange_calendars.get_calendar("XNYS", start=start, end=start + timedelta(days=160))
    sessions = [stamp.date() for stamp in calendar.sessions[:80]]
    counted = {}
    for seed in range(WORLDS):
        frames, _ = judge_worlds.world(seed, sessions, signal)
        for name in ("tone", "coin", judge_worlds.LOOK_AHEAD):
            frame = frames[name].sort("cluster", "sample_id")
            case = Case(
                read_info(data), label_task("movement"), frame, frame, data, EvalConfig(resamples=400),
                GuardsConfig(stale_sessions=[LATE]),
            )  # fmt: skip
            stale = stale_decisions(frame, LATE)
            again = (
                stale
                if name != judge_worlds.LOOK_AHEAD
                else frame.join(stale.select("sample_id"), on="sample_id", how="semi")
            )
            subject = Subject(name, "m", frame)
            verdicts = {"stale_news": stale_news.judge(case, subject, again).verdict}
            verdicts["stale_replay"] = stale_replay(case, subject)[0].verdict
            for guard, verdict in verdicts.items():
                counted[name, guard, verdict] = counted.get((name, guard, verdict), 0) + 1
    print(signal, counted)
    return lambda name, guard, verdict: counted.get((name, guard, verdict), 0) / WORLDS


@pytest.mark.slow
def test_readers_are_rarely_flagged_and_who_looks_ahead_always(judge_worlds, movement_data: Path):
    planted = flags(judge_worlds, movement_data, 1.6)
    assert planted("tone", "stale_news", "pass") >= 0.9
    assert planted("tone", "stale_news", "flag") <= 0.1
    assert planted("tone", "stale_replay", "pass") >= 0.9
    assert planted(judge_worlds.LOOK_AHEAD, "stale_news", "flag") == 1.0
    placebo = flags(judge_worlds, movement_data, 0.0)
    for name in ("tone", "coin"):
        assert placebo(name, "stale_news", "flag") <= 0.1
        assert placebo(name, "stale_replay", "remark") >= 0.85
