"""Vendor spellings of mainland listings."""

import pytest

from data_pipeline.sources.china.symbols import Listing, exchange_of, listing, symbol_of


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("600519", "600519.SH"),
        ("600519.SH", "600519.SH"),
        ("600519.ss", "600519.SH"),
        ("600519.XSHG", "600519.SH"),
        ("SH600519", "600519.SH"),
        ("sh.600519", "600519.SH"),
        ("1.600519", "600519.SH"),
        (" sz000858 ", "000858.SZ"),
        ("0.000858", "000858.SZ"),
        ("000858.XSHE", "000858.SZ"),
        ("0.430047", "430047.BJ"),
        ("bj430047", "430047.BJ"),
        ("920819", "920819.BJ"),
        ("0.920819", "920819.BJ"),
        ("688256", "688256.SH"),
        ("300750", "300750.SZ"),
        ("900901", "900901.SH"),
        ("200012", "200012.SZ"),
        ("510300", "510300.SH"),
        ("162411", "162411.SZ"),
    ],
)
def test_spellings_of_one_listing_become_one_symbol(text, symbol):
    assert symbol_of(text) == symbol


def test_the_prefix_decides_where_a_code_is_used_on_two_exchanges():
    assert symbol_of("sh000001") == "000001.SH"  # the Shanghai composite index
    assert symbol_of("1.000001") == "000001.SH"
    assert symbol_of("sz000001") == symbol_of("000001") == "000001.SZ"  # Ping An Bank


@pytest.mark.parametrize(
    "text",
    ["", "AAPL", "00700", "HK00700", "00700.HK", "600519.HK", "90.BK0475", "110059", "400010", "60051", "6005199",
     "\uff16\uff10\uff10\uff15\uff11\uff19", "NF600519", "2.600519"],
)  # fmt: skip
def test_what_is_no_mainland_listing_or_open_gives_none(text):
    assert symbol_of(text) is None


def test_a_listing_is_spelled_for_each_vendor():
    assert listing("600519") == Listing("600519", "SH")
    assert listing("600519").prefixed == "sh600519"
    assert listing("600519").secid == "1.600519"
    assert listing("920819").secid == "0.920819"
    assert listing("000858").secid == "0.000858"


def test_exchange_of_refuses_what_is_no_code():
    assert exchange_of("600519.SH") is None
