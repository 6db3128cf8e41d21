"""Text of a filing's document: its items by edgartools, or all that is visible."""

import html
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from tempfile import TemporaryDirectory
from typing import Any

import lxml.etree
import lxml.html

from data_pipeline.sources.markup import element_text
from data_pipeline.sources.parsing import clean_text

SECTION_FORMS = ("8-K", "10-K", "10-Q")
"""Forms whose items edgartools knows; of others the whole text is taken."""
MAX_MARKUP = 60_000_000
"""Characters of the longest page whose items are looked for."""
COMPLETE = 0.5
"""Share of the visible text that the items of a 10-K or 10-Q hold at least, else some of them were not found."""
_FOLDER = "EDGAR_LOCAL_DATA_DIR"
"""Environment variable that tells edgartools where its caches go."""
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_MARKUP = re.compile(r"<(?:html|body|div|p|table|span|font|!doctype)\b", re.IGNORECASE)
_KEY = re.compile(r"(?:part_(?P<part>[ivx]+)_)?item_(?P<item>\d+[a-z]?)")
_SYMBOL = re.compile(r"[A-Z][A-Z0-9]{0,5}(?:[.\-/][A-Z]{1,3})?")
_NO_SYMBOL = {"NONE", "N/A", "NA"}


@dataclass(frozen=True)
class Text:
    """The text of one document."""

    body: str
    items: tuple[str, ...] = ()
    """Items found, such as ``2.02`` or ``Part I Item 1A``; empty where the whole text was taken."""
    symbols: tuple[str, ...] = ()
    """Values of ``dei:TradingSymbol`` on an inline XBRL cover page."""


def read_text(text: str, form: str, expected_items: int = 0) -> Text:
    """Return the text of a document: the items of an 8-K, 10-K or 10-Q without cover, contents and signatures.

    Where edgartools does not find all of them, the whole visible text is taken instead: nothing is lost.

    Args:
        text: HTML or plain text.
        form: Form of the filing; an amendment is read like the form that it amends.
        expected_items: Number of items that the filing's header names, 0 where it names none.
    """
    if _MARKUP.search(text[:100_000]) is None:
        return Text(_folded(text))
    try:
        root = lxml.html.document_fromstring(clean_text(_DECLARATION.sub("", text)))
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        return Text(_without_tags(text))
    symbols = _symbols(root)
    _drop_hidden(root)
    whole = element_text(root)
    if not whole:  # libxml2 leaves out what is nested deeper than it reads
        return Text(_without_tags(text), (), symbols)
    kind = form.removesuffix("/A")
    if kind not in SECTION_FORMS or len(text) > MAX_MARKUP:
        return Text(whole, (), symbols)
    found = _items(text, kind)
    body = "\n\n".join(found.values())
    complete = len(found) >= max(expected_items, 1) if kind == "8-K" else len(body) >= COMPLETE * len(whole)
    return Text(body, tuple(found), symbols) if complete else Text(whole, (), symbols)


def _items(markup: str, form: str) -> dict[str, str]:
    """Return the text of each item by edgartools; empty where it cannot read the page."""
    parse_html, config, error = _edgartools()
    try:
        sections = parse_html(markup, config(form=form)).sections
        texts = [(str(key), section.text()) for key, section in sections.items()]
    except (error, lxml.etree.LxmlError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}  # edgartools does not promise anything on damaged pages; the caller takes the whole text
    found: dict[str, str] = {}
    for key, text in texts:
        match, folded = _KEY.fullmatch(key), _folded(text)
        if match is None or not folded:
            continue
        number = match["item"].upper()
        name = f"{number[0]}.{number[1:]}" if form == "8-K" and len(number) == 3 else f"Item {number}"
        name = f"Part {match['part'].upper()} {name}" if match["part"] else name
        found[name] = f"{found[name]}\n{folded}" if name in found else folded
    return found


@lru_cache(maxsize=1)
def _edgartools() -> tuple[Any, Any, type[Exception]]:
    """Import edgartools when it is first needed: it is heavy, and makes folders for its caches when imported.

    Those go to a folder that is removed at once, not to the user's home; reading given bytes needs none of them.
    """
    before = os.environ.get(_FOLDER)
    with TemporaryDirectory() as folder:
        os.environ[_FOLDER] = folder
        try:
            from edgar.documents import ParserConfig, parse_html
            from edgar.exceptions import EdgarError
        finally:
            os.environ.pop(_FOLDER)
            if before is not None:
                os.environ[_FOLDER] = before
    return parse_html, ParserConfig, EdgarError


def _without_tags(text: str) -> str:
    return _folded(html.unescape(re.sub(r"<[^<>]{0,2000}>", " ", text)))


def _folded(text: str) -> str:
    lines = [" ".join(line.strip("─ ").split()) for line in clean_text(text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _symbols(root: Any) -> tuple[str, ...]:
    """Return the trading symbols of the cover page, in order."""
    found: dict[str, None] = {}
    for node in root.iter("ix:nonnumeric"):
        if node.get("name") == "dei:TradingSymbol":
            symbol = element_text(node).strip().upper()
            if _SYMBOL.fullmatch(symbol) and symbol not in _NO_SYMBOL:
                found[symbol] = None
    return tuple(found)


def _drop_hidden(root: Any) -> None:
    """Remove what a reader does not see: XBRL headers and boxes that are not displayed."""
    for node in list(root.iter("ix:header", "div")):
        hidden = node.tag == "ix:header" or "display:none" in (node.get("style") or "").replace(" ", "").lower()
        if hidden and node.getparent() is not None:
            node.drop_tree()
