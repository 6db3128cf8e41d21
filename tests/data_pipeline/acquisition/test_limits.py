"""Rate limits and budgets, also between processes."""

import asyncio
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.acquisition.answers import retry_after
from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.failures import PausedError
from data_pipeline.acquisition.limits import Limiter, Unlimited, tolerance
from data_pipeline.sources.protocol import RateLimit

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp()


class Clock:
    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@settings(max_examples=20, deadline=None)
@given(calls=st.integers(1, 50), seconds=st.floats(0.1, 100), waits=st.lists(st.floats(0, 5), max_size=40))
def test_no_window_of_the_limit_holds_more_than_its_calls(tmp_path_factory, calls, seconds, waits):
    clock, rate = Clock(), RateLimit(calls=calls, seconds=seconds)
    limiter = Limiter(tmp_path_factory.mktemp("limits") / "limits.sqlite", clock)
    slots = []
    for wait in waits:
        clock.now += wait
        slots.append(clock.now + limiter.reserve("host", rate))
    assert slots == sorted(slots)
    sent = [slot + (tolerance(rate) if turn % 3 else 0) for turn, slot in enumerate(slots)]
    for start in sent:
        assert sum(start <= moment < start + seconds * (1 - 1e-6) for moment in sent) <= calls


def test_names_do_not_share_a_limit(tmp_path):
    limiter = Limiter(tmp_path / "limits.sqlite", Clock())
    rate = RateLimit(calls=1, seconds=10)
    assert [limiter.reserve("a", rate), limiter.reserve("b", rate), limiter.reserve("a", rate)] == [0, 0, 12.5]


def test_budget_ends_and_comes_back_at_midnight_utc(tmp_path):
    clock = Clock()
    limiter = Limiter(tmp_path / "limits.sqlite", clock)
    rate = RateLimit(calls=1000, seconds=1, per_day=2)
    limiter.reserve("vendor", rate)
    limiter.reserve("vendor", rate)
    with pytest.raises(PausedError) as paused:
        limiter.reserve("vendor", rate)
    assert paused.value.until == datetime(2026, 11, 3, tzinfo=UTC)
    assert limiter.used_today("vendor") == 2
    clock.now += 12 * 3600
    assert limiter.reserve("vendor", rate) == 0
    assert limiter.used_today("vendor") == 1


def test_wait_beyond_patience_reserves_and_spends_nothing(tmp_path):
    clock = Clock()
    limiter = Limiter(tmp_path / "limits.sqlite", clock)
    rate = RateLimit(calls=1, seconds=1, per_day=5)
    limiter.block("vendor", 3600)
    for _ in range(10):
        with pytest.raises(PausedError, match="asked again in 3600 s"):
            limiter.reserve("vendor", rate, patience=300)
    assert limiter.used_today("vendor") == 0
    clock.now += 3600
    assert limiter.reserve("vendor", rate, patience=300) == 0
    limiter.reserve("vendor", rate, charge=False)
    assert limiter.used_today("vendor") == 1


def test_pause_of_a_host_holds_for_every_process(tmp_path):
    clock = Clock()
    Limiter(tmp_path / "limits.sqlite", clock).block("host", 30)
    assert Limiter(tmp_path / "limits.sqlite", clock).reserve("host", RateLimit()) == 30


def test_a_server_of_ones_own_has_no_limit_but_its_pauses_hold():
    clock = Clock()
    limiter = Unlimited(clock)
    assert [limiter.reserve("host", RateLimit(calls=1, seconds=60)) for _ in range(5)] == [0] * 5
    limiter.block("host", 30)
    limiter.block("host", 10)
    assert limiter.reserve("host", RateLimit()) == 30
    assert limiter.reserve("other", RateLimit()) == 0
    with pytest.raises(PausedError, match="host is to be asked again in 30 s"):
        limiter.reserve("host", RateLimit(), patience=29)
    clock.now += 31
    assert limiter.reserve("host", RateLimit()) == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("0", 0), ("Mon, 02 Nov 2026 12:01:30 GMT", 90), ("Mon, 02 Nov 2026 11:00:00 GMT", 0), ("soon", None), ("", None)],
)  # fmt: skip
def test_retry_after_in_both_of_its_forms(value, seconds):
    assert retry_after(value, datetime(2026, 11, 2, 12, tzinfo=UTC)) == seconds


COLLECTOR = """
import asyncio, sys, time
from pathlib import Path
from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.settings import ClientSettings
from data_pipeline.sources.protocol import RateLimit
from tests.data_pipeline.acquisition.server import LocalSource

async def main(url, limits):
    source = LocalSource(url, rate=RateLimit(calls=10, seconds=1))
    settings = ClientSettings(own_hosts=frozenset(["127.0.0.1"]), limits=Path(limits))
    async def tell(request):
        print(time.time(), flush=True)

    async with PoliteClient(settings) as client:
        client._http.event_hooks = {"request": [tell]}
        for page in range(15):
            await client.fetch(source.info, source.request(page % 5), "range")

asyncio.run(main(*sys.argv[1:]))
"""


def test_two_processes_stay_under_the_rate_limit_together(server, tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(COLLECTOR), server.url, str(tmp_path / "limits.sqlite")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    sent = sorted(float(line) for text in printed for line in text.split())
    assert len(sent) == len(server.log) == 30
    for (
        start
    ) in sent:  # 0.1 s short of the window: a busy machine may hold a process back between its slot and the print
        assert sum(start <= moment < start + 0.9 for moment in sent) <= 10
    assert sent[-1] - sent[0] > 2.7


def test_wait_is_bounded_by_patience(server, settings, source):
    async def ask():
        async with PoliteClient(settings) as client:
            client._limiter.block(server.url.removeprefix("http://"), timedelta(hours=1).total_seconds())
            await client.fetch(source.info, source.request(0), "range")

    with pytest.raises(PausedError, match="is to be asked again in"):
        asyncio.run(ask())
    assert server.log == []


def test_slots_closer_than_a_timer_is_accurate_can_be_met():
    assert tolerance(RateLimit(calls=1000, seconds=1.0)) >= 0.05, "a sleeper on a busy machine is late by that"
