from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.linking.cashtags import SymbolIndex, cashtags
from tests.data_pipeline.nouns import UNIVERSE


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("$AAPL up", ["AAPL"]),
        ("buy ($AAPL), sell $T.", ["AAPL", "T"]),
        ("$aapl's chart", ["AAPL"]),
        ("$T's dividend; $C: up!", ["T", "C"]),
        ("$BRK.A $BRK-B $BRK/A", ["BRK-A", "BRK-B"]),
        ("RT:$AAPL/$MSFT|$V", ["AAPL", "MSFT", "V"]),
        ("$AAPL $AAPL $aapl", ["AAPL"]),
        ("\u201c$D\u201d rises", ["D"]),
    ],
)
def test_standalone_cashtags_are_found(text: str, tags: list[str]) -> None:
    assert cashtags(text) == tags


@pytest.mark.parametrize(
    "text",
    [
        "U$D 494.40", "104 mill U$D)", "A$AP Rocky - L$D", "US$5 or $5 or $5k", "310 ARFS$ a tonne", "HEI$T", "Holy S#$T!!!",
        "$T-Mobile", "$T\u2206RTERjones", "TOP A$$i$T", "$c $t $so much", "#$FB", "$$AAPL", "family $D... ", "movers $D... http://t.co/x", "$D->user = $D->name", "night $D...8)", "$BAC$", "$TÝLLO", "$V4", "cash $ T", "",
    ],
)  # fmt: skip
def test_look_alikes_are_not_cashtags(text: str) -> None:
    assert cashtags(text) == []


@given(st.text(alphabet="ab$U D.T-", max_size=12), st.text(alphabet="ab$U D.T-", max_size=12))
def test_a_tag_joined_to_letters_is_never_found(before: str, after: str) -> None:
    assert "QZX" not in cashtags(f"{before}a$QZX {after}")
    assert "QZX" in cashtags(f"{before} $QZX {after}")


def test_symbols_are_looked_up_as_of_the_day() -> None:
    index = SymbolIndex(UNIVERSE.to_dicts())
    assert index.find("FB", date(2022, 6, 8)) == ("US:META", "FB")
    assert index.find("FB", date(2022, 6, 9)) is None
    assert index.find("META", date(2022, 6, 8)) is None
    assert index.find("META", date(2022, 6, 9)) == ("US:META", "META")
    assert index.find("BRKA", date(2015, 1, 1)) == ("US:BRK-A", "BRK-A")
    assert index.symbol_on("US:META", date(2015, 1, 1)) == "FB"
