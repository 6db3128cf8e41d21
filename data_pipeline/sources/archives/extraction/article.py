"""Page to article: title, text, stamps, language and address."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from data_pipeline.sources.archives.extraction.fallback import MIN_BODY, found_body, stated_body
from data_pipeline.sources.archives.extraction.publishers import Publisher, publisher_of
from data_pipeline.sources.archives.extraction.stamps import page_stamp
from data_pipeline.sources.archives.extraction.structured import Structured, read_structured
from data_pipeline.sources.markup import element_text, html_root
from data_pipeline.sources.parsing import clean_text
from data_pipeline.sources.protocol import Response
from data_pipeline.sources.times import UNKNOWN, Stamp

_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "dc.date.issued",
)
_MODIFIED = ("article:modified_time", "og:article:modified_time", "datemodified")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True)
class Article:
    """What was read from one page."""

    title: str
    body: str
    """Paragraphs, one a line; empty where no text was found."""
    published: Stamp
    updated: Stamp
    language: str | None
    """BCP 47 code that the page states."""
    url: str
    """The address that the page gives as its own, where it lies on the same site; else the address it was fetched from."""
    method: Literal["publisher", "json-ld", "trafilatura", "none"]
    """Where the body comes from."""


def extract(response: Response, url: str, seen: datetime) -> Article:
    """Read the article of a page; total on hostile pages.

    Args:
        response: The page.
        url: Address of the page.
        seen: When the page was captured: chooses among a publisher's dated layouts.

    Raises:
        RefusedResponse: The answer is no markup at all.
    """
    root = html_root(response)
    page = read_structured(root)
    publisher = publisher_of(host_of(url))
    body, method = _body(root, page, publisher, seen.astimezone(UTC).date())
    zone = publisher.zone if publisher is not None else None
    return Article(
        title=_title(root, page, publisher),
        body=body,
        published=_stamp((page.text("datePublished"), *(page.meta.get(name, "") for name in _PUBLISHED)), zone),
        updated=_stamp((page.text("dateModified"), *(page.meta.get(name, "") for name in _MODIFIED)), zone),
        language=_language((page.language, page.text("inLanguage"), page.meta.get("og:locale"))),
        url=_own_address(page.addresses(), url),
        method=method,
    )


def host_of(url: str) -> str:
    """Return the host name of an address, lower case and without ``www.``; empty where it has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _body(
    root: Any, page: Structured, publisher: Publisher | None, seen: date
) -> tuple[str, Literal["publisher", "json-ld", "trafilatura", "none"]]:
    if publisher is not None:
        for layout in publisher.layouts_for(seen):
            unwanted = set(layout.drop(root)) if layout.drop is not None else set()
            lines = [_line(element, unwanted) for element in layout.body(root)]
            if body := "\n".join(line for line in lines if line):
                return clean_text(body), "publisher"
    if body := stated_body(page):
        return body, "json-ld"
    # A log-in page or a notice has a little text too: that much is an article only where the page says it is one.
    if len(body := clean_text(found_body(root))) >= (1 if page.says_article else MIN_BODY):
        return body, "trafilatura"
    return "", "none"


def _line(element: Any, unwanted: set[Any]) -> str:
    """Return the text of one paragraph, blanks folded; a list gives a line an item."""
    if element in unwanted or any(above in unwanted for above in element.iterancestors()):
        return ""
    for inside in [inner for inner in element.iter() if inner in unwanted]:
        inside.drop_tree()
    if element.tag in ("ul", "ol", "blockquote"):
        return element_text(element)
    return " ".join(element.text_content().split())


def _title(root: Any, page: Structured, publisher: Publisher | None) -> str:
    printed = page.meta.get(publisher.title_meta, "") if publisher is not None and publisher.title_meta else ""
    if title := clean_text(printed) or page.text("headline") or clean_text(page.meta.get("og:title", "")):
        return title
    for tag in ("h1", "title"):
        for element in root.iter(tag):
            if title := " ".join(element.text_content().split()):
                return clean_text(title)
    return ""


def _stamp(texts: Iterable[str], zone: str | None) -> Stamp:
    """Return the first of the texts that is a stamp; an unknown one where none is."""
    for text in texts:
        try:
            return page_stamp(text, zone)
        except (ValueError, OverflowError):
            continue
    return UNKNOWN


def _language(codes: Iterable[str | None]) -> str | None:
    for code in codes:
        written = (code or "").strip().replace("_", "-")
        if _LANGUAGE.fullmatch(written):
            primary, _, rest = written.partition("-")
            return f"{primary.lower()}-{rest}" if rest else primary.lower()
    return None


def _own_address(stated: Iterable[str], fetched: str) -> str:
    """Return the first stated address that lies on the page's own site.

    Another site's address is not believed (a page could claim to be anybody's article), nor is a home page's, under
    which all articles of a site would be one.
    """
    for address in stated:
        try:
            absolute = urlsplit(urljoin(fetched, address.strip()))
            home = absolute.path in ("", "/") and not absolute.query
        except ValueError:
            continue
        if absolute.scheme in ("http", "https") and host_of(absolute.geturl()) == host_of(fetched) and not home:
            return clean_text(absolute._replace(fragment="").geturl())
    return clean_text(fetched)
