"""RSS 0.9x, 1.0, 2.0 and Atom: the bytes of a feed to its entries.

The reader decides what is a feed at all: another kind of page, a feed that declares entities and one that is cut are
refused as a whole. Markup that is not well formed is read as far as it goes, and what it lost is counted.
"""

import io
import re
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urljoin

import feedparser

from data_pipeline.sources.feeds.xml_text import decoded, repaired, well_formed, without
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload, clean_text
from data_pipeline.sources.protocol import RefusedResponse, Response

_FEED_ROOTS = frozenset(("rss", "feed", "rdf"))
_ROOT = re.compile(r"<((?:[A-Za-z][\w.-]{0,40}:)?([A-Za-z][\w.-]{0,40}))([^<>]*)>")
_PROLOG_CHARACTERS = 20_000
_ENTRY = re.compile(r"<(?:[A-Za-z][\w.-]{0,40}:)?(?:item|entry)[\s/>]")
_XML_BASE = re.compile(r"""\sxml:base\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')""")
_PARSER_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, RuntimeError)
"""What feedparser lets through where elements stand in places that make no sense."""
_TEXT_TYPES = frozenset(("text/plain", "text/html", "application/xhtml+xml"))


class Tag(Payload):
    """A category: its name and the vocabulary that it comes from."""

    term: str | None = None
    scheme: str | None = None
    label: str | None = None


class Entry(Payload):
    """One item, by the names that feedparser gives to the elements of all formats."""

    id: str = ""
    link: str = ""
    feedburner_origlink: str = ""
    title: str = ""
    title_detail: dict[str, Any] = {}
    summary: str = ""
    summary_detail: dict[str, Any] = {}
    content: list[dict[str, Any]] = []
    published: str = ""
    updated: str = ""
    dc_modified: str = ""
    """GlobeNewswire's own name space has it."""
    language: str = ""
    tags: list[Tag] = []
    metadata_sponsored: str = ""
    """CNBC: ``true`` for advertising."""

    unused: ClassVar[frozenset[str]] = frozenset(
        ("author", "author_detail", "authors", "comments", "contributors", "created", "created_parsed", "credit",
         "dc_identifier", "dc_keyword", "dc_references", "expired", "expired_parsed", "gd_image", "georss_featurename",
         "georss_point", "guidislink", "height", "href", "image", "license", "links", "media_content", "media_credit",
         "media_keywords", "media_player", "media_rating", "media_restriction", "media_statistics", "media_text",
         "media_thumbnail", "media_title", "metadata_id", "metadata_type", "post-id", "published_parsed", "publisher",
         "publisher_detail", "rights", "rights_detail", "sa_author_name", "sa_company_name", "sa_picture", "sa_stock",
         "sa_symbol", "slash_comments", "source", "subtitle", "subtitle_detail", "thr_total", "updated_parsed", "url",
         "wfw_comment", "wfw_commentrss", "where", "width")
    )  # fmt: skip


@dataclass(frozen=True)
class Feed:
    """The entries of a feed in its order, not yet validated."""

    entries: list[dict[str, Any]]
    atom: bool
    language: str
    base: str
    """Address against which the links of the feed are relative."""
    well_formed: bool
    lost: int
    """Items that the text opens and that could not be read."""


def read_feed(response: Response, symbol_elements: tuple[str, ...] = ()) -> Feed:
    """Read a feed.

    Args:
        response: The answer.
        symbol_elements: Names of elements that hold a ticker, such as ``sa:symbol``; each becomes a category of that
            scheme, because feedparser keeps only the last of several equal elements.

    Raises:
        RefusedResponse: It is no feed, declares entities, is cut, or cannot be read.
    """
    text = decoded(response)
    base = _check(text, response)
    for name in symbol_elements:
        element = re.compile(rf"<{re.escape(name)}>([^<>]{{1,60}})</{re.escape(name)}>")
        text = element.sub(rf'<category domain="{name}">\1</category>', text)
    text = _XML_BASE.sub("", text)  # an entry's own base would turn its id into an address
    sound, opened = well_formed(text), 0
    if not sound:
        opened = len(_ENTRY.findall(without(without(text, "<!--", "-->"), "<![CDATA[", "]]>")))
        text = repaired(text)
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        found = feedparser.parse(
            io.BytesIO(text.encode()), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except _PARSER_FAULTS as fault:
        raise RefusedResponse(
            f"the feed cannot be read: {type(fault).__name__}: {clean_text(str(fault))[:100]}"
        ) from None
    entries = [dict(entry) for entry in found.entries]
    return Feed(
        entries=entries,
        atom=str(found.version).startswith("atom"),
        language=str(found.feed.get("language") or ""),
        base=base,
        well_formed=sound,
        lost=max(0, opened - len(entries)),
    )


def entry_text(entry: Entry, atom: bool) -> tuple[str, str]:
    """Return title and body without markup; the body is the full text where the feed has it, else the summary."""
    title = " ".join(_visible(entry.title, entry.title_detail, atom).split())
    texts = [_visible(str(part.get("value") or ""), part, atom) for part in entry.content if _is_text(part)]
    if not entry.summary_detail or _is_text(entry.summary_detail):
        texts.append(_visible(entry.summary, entry.summary_detail, atom))
    return title, next((text for text in texts if text), "")


def _is_text(detail: dict[str, Any]) -> bool:
    return detail.get("type", "text/html") in _TEXT_TYPES


def _visible(value: str, detail: dict[str, Any], atom: bool) -> str:
    """RSS does not say whether a text is markup; Atom does, and its plain text may speak of tags."""
    return clean_text(value) if atom and detail.get("type") == "text/plain" else plain_text(value)


def _check(text: str, response: Response) -> str:
    """Refuse what is no whole feed; return the address against which its links are relative."""
    head = without(text[:_PROLOG_CHARACTERS], "<!--", "-->")
    root = _ROOT.search(head)
    if root is None or root[2].lower() not in _FEED_ROOTS:
        shown = f"<{root[1]}>" if root is not None else repr(text[:60])
        raise RefusedResponse(f"expected a feed, got {shown} ({response.content_type or 'no content type'})")
    if "<!ENTITY" in head[: root.start()].upper():
        raise RefusedResponse("the feed declares entities, which no feed needs")
    if not root[3].endswith("/") and f"</{root[1]}" not in text:
        raise RefusedResponse(f"the feed is cut: <{root[1]}> is not closed")
    base = _XML_BASE.search(root[3])
    return _joined(response.url, (base[1] or base[2] or "") if base is not None else "")


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address.strip())
    except ValueError:  # such as a bracket that opens no IPv6 address
        return base


def entry_link(entry: Entry, base: str) -> str | None:
    """Return the publisher's own address of an entry, not that of a counting redirect; None where it has none."""
    link = entry.feedburner_origlink or entry.link
    address = _joined(base, link) if link.strip() else ""
    return address if address.startswith(("https://", "http://")) else None
