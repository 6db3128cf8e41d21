import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation.filters.pii import MASKS, luhn, mask

ALL = list(MASKS)


def masked(text: str) -> str:
    return mask(pl.Series([text]), ALL)[0][0]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Write to jane.doe+ir@mail.example.com, please", "Write to [EMAIL], please"),
        ("jane@example.com;bob@example.com", "[EMAIL];[EMAIL]"),
        ("Call (212) 555-0100 or 212-555-0100 now", "Call [PHONE] or [PHONE] now"),
        ("Call +1 800 555 0199.", "Call [PHONE]."),
        ("London +44 20 7946 0958, Delhi +91 98765 43210", "London [PHONE], Delhi [PHONE]"),
        ("Card 4111 1111 1111 1111 was charged", "Card [CARD] was charged"),
        ("Card 4111111111111111, amex 3782 822463 10005", "Card [CARD], amex [CARD]"),
        ("IBAN DE89 3704 0044 0532 0130 00 or GB82WEST12345698765432", "IBAN [IBAN] or [IBAN]"),
    ],
)
def test_personal_data_is_masked(text: str, clean: str) -> None:
    assert masked(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "1,234,567 shares", "2015-08-03", "$1,200.50", "0000320193", "0000320193-15-000105", "+1,234,567 shares",
        "Volume 123456789012", "up +12.5% to 1234.5678", "2015-08-03T13:30:00Z", "http://x.example/status/4182298602100572",
        "EUR 1.234.567,89", "10-12-2015 to 11-12-2015", "$4111111111111111", "4111 1111 1111 1112", "3Q15-4Q16",
        "S&P 500 at 2,098.04", "@elonmusk $TSLA 212-214", "ISIN US0378331005", "CUSIP 037833100", "1438610400000",
        "options 150117C00100000", "DE89 3704 0044 0532 0130 01", "change of +12 345 678",
    ],
)  # fmt: skip
def test_numbers_of_finance_stay(text: str) -> None:
    assert masked(text) == text


numbers = st.one_of(
    st.integers(0, 10**15).map("{:,}".format),
    st.decimals(0, 10**9, places=2).map("${:,}".format),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.integers(0, 10**10 - 1).map("{:010d}".format),
    st.tuples(st.integers(0, 10**10 - 1), st.integers(0, 99), st.integers(0, 10**6 - 1)).map(
        lambda parts: "{:010d}-{:02d}-{:06d}".format(*parts)
    ),
    st.integers(-9999, 9999).map(lambda value: f"{value / 100:+.2f}%"),
    st.from_regex(r"\A\$[A-Z]{1,5}(?:\.[AB])?\Z"),
)


@settings(deadline=None)
@given(st.lists(numbers, min_size=1, max_size=6))
def test_no_ticker_price_date_cik_or_volume_is_masked(parts: list[str]) -> None:
    text = "Shares: " + " and ".join(parts) + " in all"
    assert masked(text) == text


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789-+() .@abDE"), max_size=60))
def test_masking_twice_changes_nothing(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


def test_only_the_kinds_asked_for_are_masked_and_counted() -> None:
    texts = pl.Series(["a@example.com b@example.com", "212-555-0100", "none"])
    assert mask(texts, ["email"])[0].to_list() == ["[EMAIL] [EMAIL]", "212-555-0100", "none"]
    assert mask(texts, ALL)[1] == {"masked_email": 2, "masked_phone": 1}
    assert mask(texts, [])[1] == {}


@settings(deadline=None)
@given(st.integers(0, 10**15 - 1))
def test_luhn_accepts_one_check_digit_of_ten(number: int) -> None:
    assert sum(luhn(f"{number}{digit}") for digit in range(10)) == 1
