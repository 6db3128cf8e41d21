"""Text out of bytes and markup: character sets, HTML fragments, JSONP. Total on hostile input."""

import html
import re
from typing import Any

import lxml.etree
import lxml.html

from data_pipeline.sources.parsing import clean_text, read_json
from data_pipeline.sources.protocol import RefusedResponse, Response

_TAG = re.compile(r"<[A-Za-z/!?][^<>]{0,2000}>")
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,30})""", re.IGNORECASE)
_LATIN = ("windows-1252", "iso-8859-1")
_MEANT = {
    **dict.fromkeys(("gb2312", "gbk"), ("gb18030",)),
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), _LATIN),
}
"""What pages mean by a name (encoding.spec.whatwg.org): those that say Latin-1 hold the quotes of Windows."""
_MAX_ATTRIBUTES = 1000
_BLOCKS = frozenset(
    ("p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section",
     "article", "header", "footer", "hr", "pre", "td", "th")
)  # fmt: skip
_SILENT = frozenset(("script", "style", "noscript", "template", "iframe", "object", "head"))
_JSONP = re.compile(rb"^[^({\[]{0,200}\((?P<json>.*)\)\s*;?\s*$", re.DOTALL)


def response_text(response: Response, fallback: str = "utf-8") -> str:
    """Decode a page by its byte order mark, header, or own statement, else as UTF-8, else as ``fallback``."""
    body = response.body
    declared = [
        found.group(1) for found in (_CHARSET.search(response.headers.get("content-type", "").encode()),) if found
    ]
    declared += [found.group(1) for found in (_CHARSET.search(body[:4096]),) if found]
    names = [name.decode("ascii") for name in declared]
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        names.insert(0, "utf-16")
    names = [meant for name in names for meant in _MEANT.get(name.lower(), (name,))]
    for name in (*names, "utf-8-sig", fallback):
        try:
            return body.decode(name)
        except (UnicodeError, LookupError):  # also what codecs such as idna raise
            continue
    return body.decode("utf-8", "replace")


class _AttributeBound:
    """A parser target that builds nothing, and refuses an element with too many attributes."""

    def start(self, tag: str, attributes: Any) -> None:
        if len(attributes) > _MAX_ATTRIBUTES:
            raise ValueError(f"an element has more than {_MAX_ATTRIBUTES:,} attributes")

    def close(self) -> None:
        """End; a target must have it."""


def _bound_attributes(markup: str) -> None:
    """Refuse what would take minutes: libxml2 walks through all attributes of an element to append one."""
    if len(markup) > 20 * _MAX_ATTRIBUTES:
        lxml.etree.fromstring(markup, lxml.etree.HTMLParser(target=_AttributeBound()))


def plain_text(markup: str) -> str:
    """Return the visible text of an HTML fragment, a line a block; text without tags only has its entities decoded."""
    if _TAG.search(markup) is None:
        return clean_text(html.unescape(markup))
    try:
        _bound_attributes(markup)
        root = lxml.html.fragment_fromstring(clean_text(markup), create_parent="div")
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        return clean_text(html.unescape(_TAG.sub(" ", markup)))
    return element_text(root)


def element_text(root: Any) -> str:
    """Return the visible text below an lxml element, a line a block, blanks folded."""
    pieces: list[str] = []
    hidden: Any = None
    for event, node in lxml.etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            if hidden is None and node is not root:
                pieces.append(node.tail or "")
        elif event == "start" and hidden is None:
            if node.tag in _SILENT and node is not root:
                hidden = node
                continue
            if node.tag in _BLOCKS:
                pieces.append("\n")
            pieces.append(node.text or "")
        elif event == "end" and hidden in (None, node):
            hidden = None
            if node.tag in _BLOCKS:
                pieces.append("\n")
            if node is not root:
                pieces.append(node.tail or "")
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return clean_text("\n".join(line for line in lines if line))


def read_jsonp(response: Response) -> Any:
    """Decode JSON that is wrapped in a call, ``name({...});``, or plain JSON.

    Raises:
        RefusedResponse: It is neither.
    """
    found = _JSONP.match(response.body.strip())
    if found is None:
        return read_json(response)
    inner = Response(
        response.request,
        response.url,
        response.status,
        response.headers,
        found["json"],
        response.fetched_at,
        response.mode,
    )
    return read_json(inner)


def html_root(response: Response, fallback: str = "utf-8") -> Any:
    """Parse a page with lxml.

    Raises:
        RefusedResponse: It is empty or no markup.
    """
    text = response_text(response, fallback)
    if "<" not in text:
        raise RefusedResponse(f"expected a page, got {text[:80]!r}")
    text = clean_text(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    try:
        _bound_attributes(text)
        return lxml.html.document_fromstring(text)
    except (lxml.etree.LxmlError, ValueError, AssertionError) as error:
        raise RefusedResponse(f"expected a page: {error}") from None
