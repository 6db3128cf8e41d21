"""The page as a reader without a mouse, without eyes, without a network or with thirty checkpoints meets it."""

import re
from base64 import b64decode
from collections import Counter
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from eval.report import write_report
from tests.eval.made_run import make_run
from tests.eval.page import Page, page_of

MOST_BYTES = 5_000_000
PAGES = ["one", "many", "texts", "swept", "board"]


@pytest.fixture(params=PAGES)
def page(reported_runs: dict[str, Path], request: pytest.FixtureRequest) -> Page:
    return page_of(reported_runs, request.param)


def test_the_page_is_small_and_asks_nobody(page: Page) -> None:
    assert len(page.html.encode()) < MOST_BYTES
    for tag, attributes, _ in page.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "form", "base", "audio", "video", "source"}
        for name, value in attributes.items():
            assert not name.startswith("on"), f"{tag} {name}"
            if name in ("src", "href", "srcset", "action", "poster", "data"):
                assert value.startswith(("#", "data:image/svg+xml;base64,", "data:text/csv;", "data:application/")), (
                    value[:60]
                )
    assert not re.search(r"@import|url\(", "".join(page.texts("style")))
    (policy,) = (meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_plots_ask_nobody_either(page: Page) -> None:
    for image in page.all("img"):
        svg = b64decode(image["src"].partition(",")[2]).decode()
        assert not re.search(r"(?:href|src)=\"(?!#|data:image/png;base64,)", svg)
        assert "url(http" not in svg
        assert "<script" not in svg


def test_the_page_says_its_language_and_title_and_fits_any_width(page: Page) -> None:
    assert [html["lang"] for html in page.all("html")] == ["en"]
    assert len(page.texts("title")[0]) > 10
    assert any(meta.get("name") == "viewport" for meta in page.all("meta"))


def test_landmarks_and_the_way_past_them(page: Page) -> None:
    tags = Counter(tag for tag, _, _ in page.elements)
    assert (tags["main"], tags["h1"]) == (1, 1)
    assert tags["header"] == tags["footer"] == 1
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    first = page.all("a")[0]
    assert first["class"] == "skip"
    for link in page.all("a"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in ids
    for section in page.all("section"):
        assert section["aria-labelledby"] in ids


def test_headings_skip_no_level(page: Page) -> None:
    levels = [int(tag[1]) for tag, _, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_plots_have_words_and_no_two_the_same_in_a_section(page: Page) -> None:
    seen: set[str] = set()
    for tag, attributes, around in page.elements:
        if tag == "section":
            seen = set()
        if tag == "img":
            assert len(attributes["alt"]) > 10
            assert attributes["alt"] not in seen
            seen.add(attributes["alt"])
            assert around[-2:] == ("figure", "div")
            assert "onerror" not in attributes


def test_tables_name_their_rows_and_columns_and_can_be_scrolled_by_keyboard(page: Page) -> None:
    for tag, attributes, around in page.elements:
        if tag == "th":
            assert attributes.get("scope") in ("row", "col", "rowgroup"), attributes
        if tag == "div" and attributes.get("class", "") in ("scroll", "drawn"):
            assert attributes["tabindex"] == "0"
            assert attributes["role"] == "region"
            assert attributes["aria-label"]
        if tag == "table":
            assert around[-1] == "div"
    assert not any(int(attributes.get("tabindex", 0)) > 0 for _, attributes, _ in page.elements)


def test_focus_is_seen_and_colour_is_not_alone(page: Page) -> None:
    css = page.texts("style")[0]
    assert re.search(r":focus-visible \{ outline: 3px", css)
    assert "outline: none" not in css
    for at, (tag, attributes, _) in enumerate(page.elements):
        if tag == "td" and {"good", "bad"} & set(attributes.get("class", "").split()):
            assert re.search(r"better|worse|passes|flagged", page.text_at(at)), page.text_at(at)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_stands_out_in_light_and_dark(page: Page) -> None:
    """WCAG AA: 4.5 to 1 on paper and on the cards."""
    themes = re.findall(r":root \{([^}]*)\}", page.texts("style")[0])
    assert len(themes) == 3  # light, dark, print
    for theme in themes:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", theme))
        for back in ("paper", "wash"):
            for front in ("ink", "soft", "link", "good", "bad"):
                light, dark = sorted((_luminance(colours[back]), _luminance(colours[front])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (front, back)
    assert _luminance(dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", themes[1]))["paper"]) < 0.02


def test_prompts_of_the_internet_are_text(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"planted": ("movement", 0.9)}, ["sft"])
    path = run / "planted/data/dataset/data/test.parquet"
    hostile = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\u202e{{ 7 * 7 }}" + "x" * 9000
    turns = pl.lit(
        [{"role": "user", "content": hostile}], pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
    )
    pl.read_parquet(path).with_columns(messages=turns).write_parquet(path)
    page = Page(write_report(run).read_text())
    assert page.all("script") == []
    shown = page.texts("pre")
    assert shown
    for text in shown:
        assert "</pre><script>alert(1)</script>" in text
        assert "\\u202e{{ 7 * 7 }}" in text
        assert len(text) < 4100
