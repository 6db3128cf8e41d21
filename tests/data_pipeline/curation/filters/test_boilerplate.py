from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.curation.filters import apply_filters, fit_filters
from data_pipeline.curation.filters.boilerplate import without_links, without_stock_lines
from tests.data_pipeline.nouns import START, document, documents
from tickertune.core.recipe import CurationConfig

NEWS = "Profit rose by a tenth, the company said."
FOOTER = "Northwire is the leading service for market news."


@pytest.mark.parametrize(
    "line",
    [
        "Click here to read the full story",
        "Read more: why the market fell",
        "Share | Tweet | Facebook | LinkedIn",
        "Follow us on Twitter @northwire",
        "(Reporting by Jane Doe in New York; Editing by John Roe)",
        "To contact the reporter on this story: Jane Doe at jdoe@example.com",
        "\u00a92019 Northwire L.P.",
        "Sign up for our newsletter",
        "This article is for informational purposes only and is no advice.",
        "Want the latest recommendations from Some Research? Today, you can download 7 Best Stocks",
        "This press release contains forward-looking statements that involve risks.",
    ],
)
def test_stock_lines_go_and_the_news_stays(line: str) -> None:
    bodies, found = without_stock_lines(pl.Series([f"{NEWS}\n{line}\n{NEWS}", line, NEWS]))
    assert bodies.to_list() == [f"{NEWS}\n{NEWS}", "", NEWS]
    assert found == 2


@pytest.mark.parametrize(
    "line",
    [
        "Shares of Facebook and Twitter fell.",
        "Readers of the report were told that profit rose.",
        "The company said it will share more details next week.",
        "Email sales rose 4%.",
        "The disclaimer in its filing says that risks remain.",
    ],
)
def test_news_that_looks_like_a_stock_line_stays(line: str) -> None:
    assert without_stock_lines(pl.Series([f"{NEWS}\n{line}"]))[0][0] == f"{NEWS}\n{line}"


def test_a_long_paragraph_is_no_stock_line() -> None:
    paragraph = "Click here to read. " + "Profit rose in every market. " * 20
    assert without_stock_lines(pl.Series([paragraph]))[1] == 0


def test_links_go_with_the_space_before_them() -> None:
    bare, found = without_links(
        pl.Series(["Apple up http://t.co/x $AAPL https://a.example/b", "www.a.example", "none"])
    )
    assert bare.to_list() == ["Apple up $AAPL", "", "none"]
    assert found == 3


def wire(number: int, hours: float, footer: str = FOOTER, source: str = "northwire"):
    return document(
        f"d{number}", f"Story {'abcdefghij'[number]} of the day", hours, body=f"{NEWS}\n{footer}", source=source
    )


CONFIG = CurationConfig.model_validate({"normalise": {"repeated_line_titles": 3}})


def bodies_of(table: pl.DataFrame) -> dict[str, str]:
    kept, _, _ = apply_filters(table, CONFIG)
    return dict(kept.select("doc_id", "body").iter_rows())


def test_a_line_is_a_footer_once_enough_earlier_titles_held_it() -> None:
    found = bodies_of(documents(*(wire(number, number) for number in range(5))))
    assert [FOOTER in found[f"d{number}"] for number in range(5)] == [True, True, True, False, False]
    assert all(NEWS in body for body in list(found.values())[:3])


def test_copies_of_one_story_and_other_sources_make_no_footer() -> None:
    copies = [document(f"d{n}", "The same story", n, body=f"{NEWS}\n{FOOTER}", source="northwire") for n in range(6)]
    assert all(FOOTER in body for body in bodies_of(documents(*copies)).values())
    spread = [wire(number, number, source=f"s{number}") for number in range(6)]
    assert all(FOOTER in body for body in bodies_of(documents(*spread)).values())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 48), min_size=1, max_size=10), st.integers(0, 48))
def test_later_documents_change_no_earlier_text(hours: list[int], cut: int) -> None:
    records = [wire(number, hour) for number, hour in enumerate(hours)]
    early = [record for record in records if record.available_at <= START + timedelta(hours=cut)]
    whole = bodies_of(documents(*records))
    assert bodies_of(documents(*early)) == {record.doc_id: whole[record.doc_id] for record in early}


def test_parts_with_what_was_fitted_on_the_whole_are_as_the_whole() -> None:
    table = documents(*(wire(number, number) for number in range(6)))
    fitted = fit_filters(table, CONFIG)
    parts = [apply_filters(table[at : at + 2], CONFIG, fitted)[0] for at in (0, 2, 4)]
    assert pl.concat(parts).equals(apply_filters(table, CONFIG)[0])


def test_everything_rewritten_is_counted() -> None:
    config = CurationConfig.model_validate(
        {"normalise": {"urls": "remove", "boilerplate": "remove"}, "mask": ["email"], "spam": []}
    )
    text = f"{NEWS} Write to a@example.com or see http://a.example/x\nClick here to read more"
    kept, drops, counts = apply_filters(documents(document("a", "Apple\u00e2\u20ac\u2122s profit", body=text)), config)
    assert kept["body"][0] == f"{NEWS} Write to [EMAIL] or see"
    assert drops.is_empty()
    assert counts == {"texts_repaired": 1, "boilerplate_lines_removed": 1, "links_removed": 1, "masked_email": 1}
