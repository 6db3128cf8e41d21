"""Names are gone, the same letter stands for the same company."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.samples.anonymise import Anonymiser, read_aliases
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Instrument, NameSpan
from tickertune.core.table import frame_of

DAY = date(2020, 5, 4)


def instrument(symbol: str, name: str, *spans: NameSpan) -> Instrument:
    return Instrument(
        instrument_id=f"I:{symbol}", symbol=symbol, exchange="XNYS", currency="USD", name=name, names=list(spans)
    )


def table() -> pl.DataFrame:
    facebook = [
        NameSpan(name="Facebook, Inc.", valid_to=date(2021, 10, 28)),
        NameSpan(name="Meta Platforms, Inc.", valid_from=date(2021, 10, 28)),
    ]
    rows = [instrument("AAPL", "Apple Inc."), instrument("FB", "Meta Platforms, Inc.", *facebook)]
    rows += [instrument("A", "Agilent Technologies, Inc."), instrument("XOM", "Exxon Mobil Corporation")]
    return frame_of(Instrument, rows)


ALIASES = {"AAPL": {"product": ["iPhone", "Apple Watch"], "person": ["Tim Cook"]}}


def masked(text: str, subject: str = "I:AAPL", day: date = DAY) -> str:
    return Anonymiser(table(), ALIASES).mask(subject, day).text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Apple Inc. beats, says APPLE INC", "Company A beats, says Company A"),
        ("Apple's iPhone and Apple Watch; Tim  Cook on iPhone", "Company A's Product A1 and Product A2; Person A1 on Product A1"),
        ("$AAPL up, $aapl too, AAPL shares", "$A up, $A too, Company A shares"),
        ("Exxon Mobil sues Apple; $XOM falls, $FB too", "Company B sues Company A; $B falls, $C too"),
        ("Exxon's shares fall, Agilent gains", "Company B's shares fall, Company C gains"),
        ("Pineapple, applesauce and aapls stay", "Pineapple, applesauce and aapls stay"),
        ("A deal (NYSE: A) with $A and Agilent Technologies", "A deal (NYSE: Company B) with $B and Company B"),
        ("In 2020 Meta Platforms was a phrase, Facebook a company", "In 2020 Meta Platforms was a phrase, Company B a company"),
    ],
)  # fmt: skip
def test_names_symbols_and_aliases_become_letters(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_a_name_is_replaced_once_it_is_known() -> None:
    assert masked("Meta Platforms and Facebook", "I:FB", date(2022, 1, 3)) == "Company A and Company A"


ORIGINALS = ["Apple", "AAPL", "iPhone", "Tim Cook", "Facebook", "Exxon Mobil", "XOM", "Agilent Technologies"]


@settings(deadline=None)
@given(st.lists(st.sampled_from([*ORIGINALS, "$AAPL", "Apple Inc.", "shares", "of", "-", "'s"]), max_size=12))
def test_no_original_is_left(words: list[str]) -> None:
    text = masked(" ".join(words))
    assert not [name for name in ORIGINALS if name in text]


def test_letters_are_kept_across_the_texts_of_a_prompt() -> None:
    mask = Anonymiser(table(), ALIASES).mask("I:AAPL", DAY)
    assert mask.text("Facebook") == "Company B"
    assert mask.text("Exxon Mobil and Facebook") == "Company C and Company B"
    assert (mask.company, mask.symbol) == ("Company A", "A")


def test_aliases_are_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "aliases.yaml"
    path.write_text("AAPL: {product: [iPhone], person: [Tim Cook]}\n")
    assert read_aliases(path) == {"AAPL": {"product": ["iPhone"], "person": ["Tim Cook"]}}
    path.write_text("AAPL: {gadget: [iPhone]}\n")
    with pytest.raises(TickerTuneError, match="unknown kind gadget"):
        read_aliases(path)
    path.write_text("[1]\n")
    with pytest.raises(TickerTuneError, match="holds no aliases"):
        read_aliases(path)
    with pytest.raises(TickerTuneError, match="'NONE', which no instrument is called"):
        Anonymiser(table(), {"NONE": {"product": ["x"]}})
