"""Symbols qualified by their exchange, and Chinese codes and names."""
# Chinese punctuation is full-width:
# ruff: noqa: RUF001

from datetime import date

import pytest

from data_pipeline.linking.chinese import ChineseIndex, normal_code
from data_pipeline.linking.exchanges import qualified
from tests.data_pipeline.nouns import instrument, instruments
from tickertune.core.market import NameSpan

DAY = date(2023, 3, 1)


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Coke (NYSE: KO) pays", ["KO"]),
        ("(NASDAQ:AAPL) and NYSE:BRK.A", ["AAPL", "BRK.A"]),
        ("(NYSE: KO; PEP)", ["KO", "PEP"]),
        ("(NYSE, TSX: ABX)", ["ABX"]),
        ("(NYSE - KO)", ["KO"]),
        ("(NYSE: ON)", ["ON"]),
        ("NYSE:ON rises", ["ON"]),
        ("NYSE: ON the floor", []),
        ("(TSX: ABX) (ASX:BHP) (Paris: MC)", []),
        ("Nasdaq: stocks fall", []),
        ("<KO.N> AAPL.O and AAPL US Equity", ["KO", "AAPL", "AAPL"]),
        ("U.N. meets; KO.N.", ["KO"]),
        ("KO", []),
    ],
)
def test_a_symbol_counts_with_its_exchange(text: str, symbols: list[str]) -> None:
    assert [symbol for _, symbol, _ in qualified(text)] == symbols


def test_the_market_goes_with_the_symbol() -> None:
    assert [found[:2] for found in qualified("(LSE: VOD) (HKEX: 0700) (SZSE：000001)")] == [
        ("UK", "VOD"), ("HK", "0700"), ("CN", "000001"),
    ]  # fmt: skip


def listed(symbol: str, exchange: str, *names: str | NameSpan):
    spans = [NameSpan(name=name) if isinstance(name, str) else name for name in names]
    return instrument(symbol, spans[0].name, instrument_id=symbol, exchange=exchange, names=spans)


COMPANIES = instruments(
    listed("600519.SH", "XSHG", "贵州茅台酒股份有限公司", "贵州茅台"),
    listed("601318.SH", "XSHG", "中国平安保险(集团)股份有限公司", "中国平安"),
    listed("000001.SZ", "XSHE", "平安银行股份有限公司", "平安银行"),
    listed("00700.HK", "XHKG", "腾讯控股有限公司", "腾讯控股"),
    listed("000876.SZ", "XSHE", "新希望六和股份有限公司", "新希望"),
    listed("600518.SH", "XSHG", NameSpan(name="康美药业", valid_to=date(2020, 1, 2)), NameSpan(name="*ST康美", valid_from=date(2020, 1, 2))),
    listed("600000.SH", "XSHG", "Shanghai Pudong Development Bank"),
)  # fmt: skip
INDEX = ChineseIndex(COMPANIES.to_dicts())


def linked(text: str, day: date = DAY) -> set[str]:
    return {found[0] for found in INDEX.codes(text, day)} | set(INDEX.names(text, day))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("SH600519涨停", "600519.SH"),
        ("600519.SH、sh600519、600519.XSHG", "600519.SH"),
        ("$贵州茅台(SH600519)$ 加仓", "600519.SH"),
        ("$平安银行 sz000001$", "000001.SZ"),
        ("贵州茅台（600519）分红", "600519.SH"),
        ("股票代码：600519", "600519.SH"),
        ("00700.HK 与 700.HK", "00700.HK"),
        ("0700.HK", "00700.HK"),
        ("HK00700", "00700.HK"),
        ("$腾讯控股(00700)$", "00700.HK"),
        ("贵州茅台股价", "600519.SH"),
        ("五只白酒股：贵州茅台市值第一", "600519.SH"),
        ("中国平安与平安银行", "601318.SH 000001.SZ"),
        ("中国平安银行", "000001.SZ"),
        ("平安银行行长", "000001.SZ"),
        ("腾讯控股投资游戏公司", "00700.HK"),
        ("新希望股价上涨", "000876.SZ"),
        ("新希望(000876)公告", "000876.SZ"),
        ("浦发银行(600000)公告", "600000.SH"),
        ("ＳＨ６００５１９", "600519.SH"),
    ],
)
def test_chinese_codes_and_names(text: str, ids: str) -> None:
    assert linked(text) == set(ids.split())


@pytest.mark.parametrize(
    "text",
    [
        "中标600519元", "电话：600519转8", "订单号000001已发货", "600519", "基金代码：000001", "华夏成长混合(000001)净值",
        "中国平安人寿上调", "中国平安证券研报", "贵州茅台集团董事长", "人们新希望", "点燃新希望", "贵州茅台镇", "600519.SZ",
        "公告(600519号)", "1600519.SH", "浦发成长混合A(600000)净值", "腾讯控股权变更",
    ],
)  # fmt: skip
def test_chinese_look_alikes(text: str) -> None:
    assert linked(text) == set()


def test_special_treatment_begins_on_its_day() -> None:
    assert linked("康美药业公告", date(2020, 1, 1)) == {"600518.SH"}
    assert linked("康美药业公告", date(2020, 1, 2)) == set()
    assert linked("*ST康美公告", date(2020, 1, 1)) == set()
    assert linked("*ST康美公告", date(2020, 1, 2)) == linked("ST康美跌停", date(2020, 1, 2)) == {"600518.SH"}


def test_every_spelling_of_a_code_is_one() -> None:
    assert {normal_code(text) for text in ("600519.SH", "sh600519", "600519.SS", "600519")} == {"600519.SH"}
    assert {normal_code(text) for text in ("700.HK", "0700.hk", "HK00700", "00700.XHKG")} == {"00700.HK"}
    assert normal_code("AAPL") is None
