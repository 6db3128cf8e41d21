"""Sessions and entries."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.labels.sessions import common_sessions, decision_times, entry_session, load_sessions
from tests.data_pipeline.made import new_york
from tickertune.core.errors import TickerTuneError


def times(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[us]")


def test_opens_follow_daylight_saving_and_not_the_clock_of_the_host() -> None:
    sessions = new_york()
    before, after = sessions.index_of(np.array(["2020-03-06", "2020-03-09"], dtype="datetime64[D]"))
    assert sessions.opens[before] == np.datetime64("2020-03-06T14:30")
    assert sessions.opens[after] == np.datetime64("2020-03-09T13:30")


def test_half_days_close_early_and_holidays_are_no_sessions() -> None:
    sessions = new_york()
    half, thanksgiving = sessions.index_of(np.array(["2019-11-29", "2019-11-28"], dtype="datetime64[D]"))
    assert sessions.closes[half] == np.datetime64("2019-11-29T18:00")
    assert thanksgiving == -1


def test_a_weekend_decision_enters_on_monday() -> None:
    sessions = new_york()
    entry = entry_session(times("2020-02-08T12:00"), sessions)
    assert sessions.dates[entry[0]] == np.datetime64("2020-02-10")


def test_a_decision_at_the_open_is_too_late_for_it() -> None:
    sessions = new_york()
    entry = entry_session(times("2020-02-10T14:29:59.999999", "2020-02-10T14:30"), sessions)
    assert sessions.dates[entry].tolist() == [date(2020, 2, 10), date(2020, 2, 11)]


def test_latency_moves_the_entry() -> None:
    sessions = new_york()
    decided = decision_times(sessions, "open", 30)
    assert (entry_session(decided, sessions, 29) == np.arange(len(sessions))).all()
    assert (entry_session(decided, sessions, 30) == np.arange(len(sessions)) + 1).all()


def test_an_entry_beyond_the_calendar_is_marked_by_its_length() -> None:
    sessions = new_york()
    assert entry_session(times("2030-01-01"), sessions)[0] == len(sessions)


@settings(deadline=None)
@given(
    st.datetimes(min_value=datetime(2019, 10, 2), max_value=datetime(2020, 6, 29)),
    st.integers(0, 3000),
)
def test_the_entry_is_the_first_open_strictly_after_the_decision(moment: datetime, latency: int) -> None:
    sessions = new_york()
    entry = int(entry_session(np.array([moment], dtype="datetime64[us]"), sessions, latency)[0])
    ready = np.datetime64(moment + timedelta(minutes=latency), "us")
    assert [bool(open_ > ready) for open_ in sessions.opens] == [number >= entry for number in range(len(sessions))]


def test_exchanges_of_one_market_share_sessions_and_others_are_refused() -> None:
    span = date(2020, 1, 2), date(2020, 3, 2)
    assert len(common_sessions(["XNYS", "XNAS"], *span)) == len(load_sessions("XNYS", *span))
    with pytest.raises(TickerTuneError, match="different sessions"):
        common_sessions(["XNYS", "XLON"], *span)


def test_an_unknown_exchange_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(TickerTuneError, match=r"XNYSE.*did you mean 'XNYS'"):
        load_sessions("XNYSE", date(2020, 1, 2), date(2020, 3, 2))


def test_markets_that_never_close_have_a_session_a_day() -> None:
    sessions = load_sessions("24/7", date(2020, 1, 1), date(2020, 1, 7))
    assert len(sessions) == 7
    assert sessions.zone == "UTC"
