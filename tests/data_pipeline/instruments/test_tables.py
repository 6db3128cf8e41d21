"""Tables rewritten from provisional ids to ids of the registry."""

from datetime import UTC, date, datetime

from data_pipeline.instruments import build_registry, rewrite_actions, rewrite_bars, rewrite_documents
from tests.data_pipeline.instruments.made import BALL, FACEBOOK, GOOGLE, META, NEW_FB, day, event, row
from tickertune.core.document import Document, SymbolLink
from tickertune.core.market import Bar, CorporateAction
from tickertune.core.table import frame_of

FB = f"CIK{META}:FB"
REGISTRY = build_registry(instruments=[*FACEBOOK, BALL, NEW_FB])


def bar(symbol, session, close=10.0):
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return Bar(instrument_id=f"US:{symbol}", session=day(session), volume=1, basis="traded", **prices)


def document(name, moment, *symbols):
    links = [SymbolLink(symbol=s, instrument_id=f"US:{s}", evidence="payload", detail="cik") for s in symbols]
    return Document(
        doc_id=f"made:{name}", source="made", category="news", market="US", licence="made", redistributable=True,
        title=name, published_at=moment, time_quality="exact", available_at=moment, symbols=links, raw_sha256="0",
        parser_version="made-1",
    )  # fmt: skip


def test_bars_of_two_symbols_become_one_series():
    bars = frame_of(Bar, [bar("FB", "2022-06-08", 196.0), bar("META", "2022-06-09", 184.0), bar("META", "2022-03-01")])
    rewritten = rewrite_bars(bars, REGISTRY)
    assert rewritten.frame.select("instrument_id", "close").rows() == [(FB, 196.0), (FB, 184.0)]
    assert rewritten.unresolved.rows() == [
        ("US:META", "not_on_that_day", 1, date(2022, 3, 1), date(2022, 3, 1)),
    ]
    assert rewritten.counts == {"not_on_that_day": 1}


def test_history_under_the_present_symbol_is_named_on_the_day_of_the_fetch():
    """Yahoo gives Facebook's bars of 2015 as META, which meant nothing then."""
    bars = frame_of(Bar, [bar("META", "2015-01-02"), bar("META", "2023-01-03")])
    assert rewrite_bars(bars, REGISTRY, named_on=date(2026, 2, 3)).frame["instrument_id"].to_list() == [FB, FB]


def test_rewriting_twice_changes_nothing():
    once = rewrite_bars(frame_of(Bar, [bar("FB", "2015-01-02")]), REGISTRY).frame
    assert rewrite_bars(once, REGISTRY).frame.equals(once)


def test_empty_tables_stay_empty():
    assert rewrite_bars(frame_of(Bar, []), REGISTRY).frame.is_empty()
    assert rewrite_actions(frame_of(CorporateAction, []), REGISTRY).frame.is_empty()
    assert rewrite_documents(frame_of(Document, []), REGISTRY).frame.is_empty()


def test_delisting_with_its_final_value_belongs_to_the_instrument_that_ended():
    actions = [event("XYZ", "2008-03-17", "delisting", 2.0), event("XYZ", "2007-05-01", "cash_dividend", 0.1)]
    rows = [row("XYZ", "2001-02-01", cik="1"), row("XYZ", "2008-03-17", cik="2")]
    registry = build_registry(instruments=rows, actions=actions)
    rewritten = rewrite_actions(frame_of(CorporateAction, actions), registry).frame
    assert rewritten.select("instrument_id", "kind", "value").rows() == [
        ("CIK0000000001:XYZ", "delisting", 2.0),
        ("CIK0000000001:XYZ", "cash_dividend", 0.1),
    ]


def test_renaming_is_found_under_either_symbol():
    actions = [event(symbol, "2022-06-09", "symbol_change", detail="FB to META") for symbol in ("FB", "META")]
    assert rewrite_actions(frame_of(CorporateAction, actions), REGISTRY).frame["instrument_id"].to_list() == [FB, FB]


def test_documents_by_day_of_new_york_with_the_symbol_of_the_day():
    documents = frame_of(
        Document,
        [
            document("by number", datetime(2015, 1, 2, 15, tzinfo=UTC), f"CIK{META}", "FB"),
            document("late on the last day", datetime(2022, 6, 9, 3, tzinfo=UTC), "FB"),
            document("unknown", datetime(2015, 1, 2, 15, tzinfo=UTC), "ZZZ", "META"),
        ],
    )
    rewritten = rewrite_documents(documents, REGISTRY)
    links = [[(link["symbol"], link["instrument_id"]) for link in row] for row in rewritten.frame["symbols"].to_list()]
    assert links == [[("FB", FB)], [("FB", FB)], []]
    assert rewritten.counts == {"not_on_that_day": 1, "unknown_symbol": 1}
    assert rewritten.frame.schema == documents.schema


def test_company_with_two_classes_is_not_guessed():
    registry = build_registry(
        instruments=[row("GOOGL", "2004-08-19", cik=GOOGLE), row("GOOG", "2014-04-03", cik=GOOGLE)]
    )
    documents = frame_of(Document, [document("filing", datetime(2015, 1, 5, 15, tzinfo=UTC), f"CIK{GOOGLE}")])
    assert rewrite_documents(documents, registry).counts == {"several_classes": 1}
