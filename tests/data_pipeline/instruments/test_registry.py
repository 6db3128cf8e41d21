"""What a symbol meant on a day: renames, reuse, delistings, share classes, ambiguity."""

import json
from datetime import date

import pytest

from data_pipeline.instruments import Registry, build_registry
from tests.data_pipeline.instruments.made import BALL, FACEBOOK, GOOGLE, META, NEW_FB, day, edgar, event, row
from tickertune.core.errors import TickerTuneError

FB = f"CIK{META}:FB"


def resolve(registry, symbol, moment, market="US"):
    return registry.resolve(symbol, market, day(moment))


@pytest.mark.parametrize("order", [1, -1])
def test_fb_became_meta_and_both_symbols_meant_others_too(order):
    registry = build_registry(instruments=[*FACEBOOK, BALL, NEW_FB][::order])
    assert resolve(registry, "FB", "2015-01-02") == resolve(registry, "META", "2023-01-03") == FB
    assert resolve(registry, "FB", "2022-06-08") == FB
    assert resolve(registry, "FB", "2022-06-09") is None
    assert resolve(registry, "META", "2022-06-09") == FB
    assert resolve(registry, "META", "2021-07-01") == "CIK0001683471:META"
    assert resolve(registry, "META", "2022-03-01") is None
    assert resolve(registry, "US:FB", "2025-07-01") == "CIK0001174610:FB"


def test_renaming_event_ties_the_symbols_and_extends_what_edgar_saw():
    seen = [edgar(META, "FB", "2020-01-15"), edgar(META, "META", "2026-02-03")]
    apart = build_registry(instruments=seen)
    assert resolve(apart, "FB", "2021-01-04") != resolve(apart, "META", "2026-03-02")
    tied = build_registry(instruments=seen, actions=[event("FB", "2022-06-09", "symbol_change", detail="FB to META")])
    assert resolve(tied, "FB", "2021-01-04") == resolve(tied, "META", "2022-06-09") == FB
    assert resolve(tied, "META", "2026-03-02") == FB
    assert resolve(tied, "FB", "2022-06-09") is None


@pytest.mark.parametrize(
    "old",
    [row("FB", "2012-05-18"), row("FB", "2012-05-18", identity="mine"), edgar(META, "FB", "2012-05-18")],
    ids=["provisional", "own id", "edgar"],
)
def test_renaming_event_keeps_the_instrument_whatever_its_id(old):
    registry = build_registry(
        instruments=[old], actions=[event("META", "2022-06-09", "symbol_change", 0, "FB to META")]
    )
    assert resolve(registry, "FB", "2022-06-08") == resolve(registry, "META", "2022-06-09") is not None


def test_delisting_ends_the_span_and_a_reused_ticker_is_another_instrument():
    rows = [row("XYZ", "2001-02-01", cik="0000000001"), row("XYZ", "2019-05-01", cik="0000000002")]
    registry = build_registry(instruments=rows, actions=[event("XYZ", "2008-03-17", "delisting", 2.0)])
    assert resolve(registry, "XYZ", "2008-03-14") == "CIK0000000001:XYZ"
    assert registry.explain("XYZ", "US", day("2008-03-17")).reason == "not_on_that_day"
    assert resolve(registry, "XYZ", "2019-05-01") == "CIK0000000002:XYZ"


def test_open_span_ends_where_the_symbol_passes_to_another():
    registry = build_registry(
        instruments=[row("XYZ", "2001-02-01", cik="0000000001"), row("XYZ", "2019-05-01", cik="2")]
    )
    assert resolve(registry, "XYZ", "2019-04-30") == "CIK0000000001:XYZ"
    assert resolve(registry, "XYZ", "2019-05-01") == "CIK0000000002:XYZ"


def test_two_share_classes_of_one_company_are_two_instruments():
    classes = [row("GOOGL", "2004-08-19", cik=GOOGLE), row("GOOG", "2014-04-03", cik=GOOGLE)]
    registry = build_registry(
        instruments=[*classes, edgar(GOOGLE, "GOOG", "2026-02-03"), edgar(GOOGLE, "GOOGL", "2026-02-03")]
    )
    assert resolve(registry, "GOOG", "2026-03-02") == f"CIK{GOOGLE}:GOOG"
    assert resolve(registry, "GOOGL", "2026-03-02") == f"CIK{GOOGLE}:GOOGL"
    assert resolve(registry, f"CIK{GOOGLE}", "2010-01-04") == f"CIK{GOOGLE}:GOOGL"
    assert registry.explain(f"US:CIK{GOOGLE}", "US", day("2015-01-05")).reason == "several_classes"


def test_closed_spans_that_contradict_each_other_are_not_guessed():
    registry = build_registry(
        instruments=[row("AB", "2000-01-03", "2010-01-04", cik="1"), row("AB", "2005-01-03", "2012-01-03", cik="2")]
    )
    assert registry.explain("AB", "US", day("2007-01-03")).reason == "ambiguous"
    assert resolve(registry, "AB", "2003-01-03") == "CIK0000000001:AB"
    assert resolve(registry, "AB", "2011-01-03") == "CIK0000000002:AB"


def test_unknown_symbol_and_other_market():
    registry = build_registry(instruments=[row("AB", "2000-01-03")])
    assert registry.explain("ZZ", "US", day("2007-01-03")).reason == "unknown_symbol"
    assert registry.explain("AB", "CN", day("2007-01-03")).reason == "unknown_symbol"
    assert registry.explain("US:AB", "CN", day("2007-01-03")).instrument_id == "US.AB.2000-01-03"


def test_sources_without_company_number_join_by_symbol_and_day():
    registry = build_registry(instruments=[row("AAPL", "1980-12-12"), edgar("0000320193", "AAPL", "2026-02-03")])
    assert len({span.instrument_id for span in registry.spans}) == 1
    assert resolve(registry, "CIK0000320193", "1990-01-02") == resolve(registry, "AAPL", "2026-02-03")


def test_ticker_of_today_does_not_reach_back_unless_that_is_assumed():
    seen = [edgar("0000320193", "AAPL", "2026-02-03"), edgar(META, "META", "2026-02-03"), BALL]
    assert resolve(build_registry(instruments=seen), "AAPL", "2015-01-02") is None
    assumed = build_registry(instruments=seen, assume_since=date(2010, 1, 1))
    assert resolve(assumed, "AAPL", "2015-01-02") == "CIK0000320193:AAPL"
    assert resolve(assumed, "META", "2015-01-02") is None
    assert assumed.counts["assumed_starts"] == 1


def test_row_of_a_source_without_start_is_counted_and_does_not_overrule_dates():
    registry = build_registry(instruments=[*FACEBOOK, row("META", None, None, "US:META", META)])
    assert resolve(registry, "META", "2015-01-02") is None
    assert registry.counts["rows_without_start"] == 1


def test_rows_that_cannot_be_right_are_set_aside():
    registry = build_registry(
        instruments=[row("AB", "2010-01-04", "2009-01-02"), row("CD", "2010-01-04", exchange="Nasdaq")]
    )
    assert registry.spans == []
    assert sorted(registry.quarantine["reason"].to_list()) == [
        "exchange 'Nasdaq' is no ISO 10383 code, such as XNYS",
        "the span 2010-01-04 to 2009-01-02 is empty",
    ]


def test_files_of_the_user(tmp_path):
    csv, jsonl = tmp_path / "mine.csv", tmp_path / "more.jsonl"
    csv.write_text(
        "instrument_id,symbol,name,exchange,valid_from,valid_to,cik\n"
        "meta,FB,Facebook,XNAS,2012-05-18,2022-06-09,1326801\n"
        "meta,META,Meta Platforms,XNAS,2022-06-09,,1326801\n"
        ",AAPL,Apple,XNAS,,,320193\n",
        encoding="utf-8",
    )
    named = {"name": "Old", "valid_from": "2001-01-02", "valid_to": "2005-01-03"}
    jsonl.write_text(
        json.dumps({"symbol": "QQ", "name": "New", "exchange": "XNYS", "valid_from": "2001-01-02", "names": [named]})
        + '\n{"symbol": "BAD", "name": "x", "exchange": "XNYS", "cik": "no"}\n',
        encoding="utf-8",
    )
    registry = build_registry(files=[csv, jsonl], instruments=[edgar("0000320193", "AAPL", "2026-02-03")])
    assert resolve(registry, "FB", "2015-01-02") == resolve(registry, "META", "2023-01-03") == "meta"
    assert resolve(registry, "AAPL", "1990-01-02") == resolve(registry, "AAPL", "2026-03-02") == "US.AAPL"
    assert resolve(registry, "QQ", "2003-01-02") == "US.QQ.2001-01-02"
    assert [name.name for span in registry.spans if span.symbol == "QQ" for name in span.names] == ["Old"]
    assert len(registry.quarantine) == 1


def test_missing_file_is_told(tmp_path):
    with pytest.raises(TickerTuneError, match="does not exist"):
        build_registry(files=[tmp_path / "none.csv"])


def test_table_of_the_registry_gives_the_registry_back():
    registry = build_registry(instruments=[*FACEBOOK, BALL, NEW_FB])
    again = Registry.from_frame(registry.frame())
    assert again.frame().equals(registry.frame())
    assert again.resolve("FB", "US", date(2015, 1, 2)) == FB
    assert build_registry().frame().is_empty()
