"""Company names in English texts: spellings, neighbours, longer names, brokers, dates."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.linking.names import NameIndex
from data_pipeline.linking.spellings import Grade, cleaned, derive
from tests.data_pipeline.nouns import instrument, instruments
from tickertune.core.market import Alias, NameSpan

DAY = date(2019, 6, 3)
COMPANIES = instruments(
    instrument("AAPL", "APPLE INC"),
    instrument("XOM", "EXXON MOBIL CORP"),
    instrument("JPM", "JPMORGAN CHASE & CO", cik="0000019617"),
    instrument("JPM-PD", "JPMORGAN CHASE & CO", cik="0000019617"),
    instrument("GS", "GOLDMAN SACHS GROUP INC"),
    instrument("PG", "PROCTER & GAMBLE Co"),
    instrument("GE", "GENERAL ELECTRIC CO"),
    instrument("KO", "COCA COLA CO"),
    instrument("F", "FORD MOTOR CO"),
    instrument("GPS", "GAP INC"),
    instrument("V", "VISA INC."),
    instrument("TGT", "TARGET CORP"),
    instrument("BBY", "BEST BUY CO INC"),
    instrument("BAC", "BANK OF AMERICA CORP /DE/"),
    instrument("NFLX", "NETFLIX INC"),
    instrument("HR", "HEALTHCARE REALTY TRUST INC"),
    instrument("EBAY", "eBay Inc."),
)
INDEX = NameIndex(COMPANIES.to_dicts())


def found(text: str, day: date = DAY) -> set[str]:
    return {key.removeprefix("US:") for key in INDEX.find(text, day)}


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Exxon Mobil drills", "XOM"),
        ("EXXON MOBIL CORPORATION DRILLS", "XOM"),
        ("Exxon shares fall", "XOM"),
        ("JPMorgan to hire 400", "JPM"),
        ("Coca-Cola raises prices", "KO"),
        ("P&G's razors sell", "PG"),
        ("Procter and Gamble sells a brand", "PG"),
        ("GE cuts its dividend", "GE"),
        ("Goldman Sachs hires", "GS"),
        ("Apple Inc. opens a shop", "AAPL"),
        ("Why Apple (AAPL) Fell Today", "AAPL"),
        ("Apple's quarterly profit rises", "AAPL"),
        ("Shares of Gap fell 4%", "GPS"),
        ("Ford Motor recalls trucks", "F"),
        ("Ford stock slides", "F"),
        ("Retailer Target raises its dividend", "TGT"),
        ("Best Buy to close 40 stores", "BBY"),
        ("Bank of America-led group lends", "BAC"),
        ("exxon mobil shares climb", "XOM"),
        ("eBay Inc. buys a start-up; eBay shares rise", "EBAY"),
        ("Some said that Apple led the pack. And then Apple itself spoke", "AAPL"),
    ],
)
def test_names_link_as_texts_write_them(text: str, symbols: str) -> None:
    assert found(text) == set(symbols.split())


@pytest.mark.parametrize(
    "text",
    [
        "An apple a day", "Apple harvest is late", "Big Apple Inc. opens", "Apple Hospitality REIT pays", "Apple Corps Ltd. sues",
        "Apple (APLE) pays a dividend", "Price target cut", "Target date funds grow", "Visa rules tighten", "Mind the Gap",
        "The gap widens", "Gap Between Rich and Poor Widens", "Harrison Ford shares his view", "Gerald Ford Stock Show",
        "Is Acme a Best Buy Now?", "Bank of America Stadium sells out", "Exxon Mobil Chemical Ltd is wound up", "exxon mobil",
        "#Netflix and @Netflix", "non-Exxon Mobil", "ExxonMobilize", "CROSS COUNTRY HEALTHCARE INC", "In GE we trust",
        "R&D and M&A", "KO in the third round", "Netflixed", "General rules", "Jane Netflix, 30, was last seen",
        "A Target Shares His Story", "Visa.com is down",
    ],
)  # fmt: skip
def test_look_alikes_of_names_do_not_link(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Goldman Sachs upgrades Apple Inc. to buy", "AAPL"),
        ("Bank of America cuts Exxon Mobil price target", "XOM"),
        ("Exxon Mobil downgraded at Goldman Sachs", "XOM"),
        ("Buy Exxon Mobil, Goldman Sachs says", "XOM"),
        ("Goldman Sachs analyst sees gold at 2,000", ""),
        ("Acme is upgraded to buy at Goldman Sachs", ""),
        ("Goldman Sachs sues Exxon Mobil", "GS XOM"),
        ("Goose falls after Goldman Sachs cut its rating on the stock", ""),
        ("Bank of America cuts 3,000 jobs", "BAC"),
        ("Goldman Sachs upgrades its systems", "GS"),
    ],
)
def test_a_broker_is_no_subject_where_it_rates_another(text: str, symbols: str) -> None:
    assert found(text) == set(symbols.split())


def test_names_of_the_title_leave_out_those_of_the_body_alone() -> None:
    title, body = "Exxon Mobil drills", "Netflix Inc. does not."
    assert set(INDEX.find(f"{title}\n{body}", DAY, len(title))) == {"US:XOM"}
    assert set(INDEX.find(f"Oil rises\n{body}", DAY, 9)) == {"US:NFLX"}


def test_a_body_names_its_subject_early_or_often() -> None:
    title, filler = "Oil rises", "Nothing of note was said here. " * 20
    late = f"{title}\n{filler} Netflix Inc. was there."
    assert INDEX.find(late, DAY, len(title)) == {}
    assert set(INDEX.find(late, DAY)) == {"US:NFLX"}
    assert set(INDEX.find(f"{late} Netflix Inc. spoke. Netflix Inc. left.", DAY, len(title))) == {"US:NFLX"}


def test_one_company_with_several_classes_links_its_shortest_symbol() -> None:
    assert found("JPMorgan Chase & Co. reports") == {"JPM"}


def test_aliases_hold_for_their_days() -> None:
    alias = Alias(instrument_id="US:KO", alias="Big Red", valid_from=date(2018, 1, 1), valid_to=date(2019, 1, 1))
    index = NameIndex(COMPANIES.to_dicts(), [alias.model_dump()])
    assert set(index.find("Big Red cuts jobs", date(2018, 12, 31))) == {"US:KO"}
    assert index.find("Big Red cuts jobs", date(2019, 1, 1)) == {}
    assert index.find("Big Red cuts jobs", date(2017, 12, 31)) == {}
    assert index.find("A big red bus", date(2018, 12, 31)) == {}


def test_a_name_that_comes_later_changes_nothing_before() -> None:
    plain = instrument("MOB", "Mobius Inc.")
    later = instrument("MOBX", "Other Inc.", names=[NameSpan(name="Mobius Foods Inc.", valid_from=date(2020, 1, 1))])
    text = "Mobius Foods shares rise; Mobius Inc. pays"
    before = NameIndex(instruments(plain).to_dicts())
    after = NameIndex(instruments(plain, later).to_dicts())
    assert after.find(text, DAY) == before.find(text, DAY)
    assert set(after.find("Mobius Foods rises", date(2020, 1, 1))) == {"US:MOBX"}


def test_without_name_spans_a_name_holds_as_long_as_its_symbol() -> None:
    rows = instruments(
        instrument("FB", "Facebook Inc", instrument_id="US:M", valid_to=date(2022, 6, 9)),
        instrument("META", "Meta Platforms Inc", instrument_id="US:M", valid_from=date(2022, 6, 9)),
    ).to_dicts()
    index = NameIndex(rows)
    assert index.find("Meta Platforms Inc. hires", date(2021, 1, 4)) == {}
    assert set(index.find("Facebook Inc. hires", date(2021, 1, 4))) == {"US:M"}
    assert set(index.find("Meta Platforms Inc. hires", date(2023, 1, 4))) == {"US:M"}
    assert index.find("Facebook Inc. hires", date(2023, 1, 4)) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("QUILLMARK INC /DE/", "QUILLMARK INC"),
        ("APPLE COMPUTER INC/ FA", "APPLE COMPUTER INC"),
        ("COSTCO WHOLESALE CORP /NEW", "COSTCO WHOLESALE CORP"),
        ("WALT DISNEY CO/", "WALT DISNEY CO"),
        ("Anheuser-Busch InBev SA/NV", "Anheuser-Busch InBev SA/NV"),
        ("Acme Inc", "Acme Inc"),
    ],
)
def test_marks_of_the_register_are_no_part_of_a_name(name: str, expected: str) -> None:
    assert cleaned(name) == expected


@pytest.mark.parametrize(
    ("name", "symbol", "spelled"),
    [
        ("EXXON MOBIL CORP", "XOM", {"exxon mobil": Grade.SURE, "exxon": Grade.FIRST}),
        ("GENERAL ELECTRIC CO", "GE", {"general electric": Grade.PHRASE, "ge": Grade.PLAIN}),
        ("GENERAL MILLS INC", "GIS", {"general mills": Grade.SURE}),
        ("GOLDMAN SACHS GROUP INC", "GS", {"goldman sachs group": Grade.SURE, "goldman sachs": Grade.SURE, "goldman": Grade.FIRST}),
        ("Apple Inc.", "AAPL", {"apple": Grade.WORD}),
        ("HEALTHCARE REALTY TRUST INC", "HR", {"healthcare realty trust": Grade.SURE}),
    ],
)  # fmt: skip
def test_short_forms_follow_from_the_registered_name(name: str, symbol: str, spelled: dict[str, Grade]) -> None:
    assert {" ".join(form.words): form.grade for form in derive(name, frozenset({symbol}))} == spelled


@given(st.text(alphabet="Aap le.IncX&-'$(\n", max_size=40), st.text(alphabet="Aap le.IncX&-'$(\n", max_size=40))
def test_what_is_found_stands_in_the_text_and_any_text_can_be_read(before: str, after: str) -> None:
    text = f"{before} Exxon Mobil Corp. {after}"
    for spelling in INDEX.find(text, DAY).values():
        assert spelling in text
