"""Sina quotes as session bars."""

from datetime import date

import pytest

from data_pipeline.sources.china.sina_hq import SOURCE
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Request, Scope
from tests.data_pipeline.sources.china.helpers import answer

REQUEST = Request(url="https://hq.sinajs.cn/list=sh600519", expects="text")


def quote(code="sh600519", clock="15:00:00", opened="10.00", last="10.50", shares="1000000", turnover="10200000.000"):
    head = f"示例股份,{opened},9.90,{last},10.80,9.95,10.49,10.50,{shares},{turnover}"
    book = ",".join(["100,10.49"] * 5 + ["200,10.50"] * 5)
    return f'var hq_str_{code}="{head},{book},2025-06-03,{clock},00,";\n'


def parse(text):
    return SOURCE.parse(answer(REQUEST, text.encode("gb18030"), "stream"))


def test_a_closed_session_is_a_bar_as_traded():
    bar = parse(quote()).bars[0]
    assert (bar.instrument_id, bar.session, bar.basis) == ("CN:600519.SH", date(2025, 6, 3), "traded")
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (10.0, 10.8, 9.95, 10.5, 1_000_000)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (quote(clock="14:59:57"), "still open"),
        (quote(clock="11:30:00"), "still open"),
        (quote(code="sh688256", clock="15:00:03"), "still open"),  # trades at the closing price until 15:30
        (quote(code="sz300750", clock="15:29:59"), "still open"),
        (quote(opened="0.00", last="0.00", shares="0", turnover="0.000"), "no trade"),
        (quote(code="sh000001", shares="10000"), "turnover over volume"),  # an index counts lots
        (quote(last="11.50"), "outside low and high"),
        (quote(shares="nan"), "turnover over volume"),
        (quote(opened="x"), "quote:"),
        ('var hq_str_sh600519="";\n', "no quote"),
        ('var hq_str_hk00700x="";var hq_str_zz600519="1,2";\n', "no mainland listing"),
        ('var hq_str_sh600519="示例,1,2,3";\n', "no date"),
    ],
)
def test_what_is_no_finished_session_is_set_aside(text, reason):
    parsed = parse(text)
    assert parsed.bars == []
    assert [reason in item.reason for item in parsed.quarantine] == [True]


def test_growth_boards_close_half_an_hour_later():
    assert len(parse(quote(code="sh688256", clock="15:30:00")).bars) == 1


def test_listings_are_asked_for_a_hundred_at_a_time_with_the_site_as_referrer():
    symbols = tuple(f"6000{number:02d}.SH" for number in range(100))
    requests = SOURCE.stream(Cursor(), Scope(symbols=(*symbols, "000858")))
    assert [request.url.count(",") + 1 for request in requests] == [100, 1]
    assert requests[1].url == "https://hq.sinajs.cn/list=sz000858"
    assert requests[0].headers["Referer"] == "https://finance.sina.com.cn/"


def test_an_answer_without_quotes_is_refused():
    for body in ("Forbidden", "", "<html></html>"):
        with pytest.raises(RefusedResponse):
            SOURCE.parse(answer(REQUEST, body, "stream"))
