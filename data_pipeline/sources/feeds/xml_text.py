"""The text of an XML answer: decoded, and repaired where it is not well formed. Linear in the size of the answer."""

import html.entities
import re
from collections.abc import Iterator
from xml.parsers import expat

import lxml.etree

from data_pipeline.sources.parsing import clean_text
from data_pipeline.sources.protocol import RefusedResponse, Response

_DECLARED = (
    re.compile(rb"""charset\s*=\s*["']?([\w.:-]{2,20})""", re.IGNORECASE),
    re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{2,20})""", re.IGNORECASE),
)
_CHARSETS = re.compile(
    r"us-ascii|iso-8859-\d{1,2}|windows-\d{3,4}|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-(?:jp|kr)|iso-2022-jp",
    re.IGNORECASE,
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_CHARACTER = re.compile(r"&#(?:[xX]([0-9A-Fa-f]{1,20})|([0-9]{1,20}));")
_AMPERSAND = re.compile(r"&(?!#[0-9]{1,7};|#x[0-9A-Fa-f]{1,6};)(?:([A-Za-z][A-Za-z0-9]{1,31});)?")
_XML_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_PREFIX = re.compile(r"[<\s]([A-Za-z][\w.-]{0,40}):(?=[A-Za-z_][\w.-]{0,60}[\s=/>])", re.ASCII)
_CDATA = ("<![CDATA[", "]]>")


def decoded(response: Response) -> str:
    """Decode by the byte order mark, as UTF-8 where the bytes are that, else as declared, else as Windows-1252.

    Text in another character set is practically never valid UTF-8, while UTF-8 is often declared as Latin-1. Only
    known names are taken: Python has codecs that are no character sets. Characters that XML forbids are left out, or
    replaced where they are written as references: some feeds write halves of surrogate pairs.
    """
    text = _DECLARATION.sub("", clean_text(_characters(response)))
    return _CHARACTER.sub(_allowed_character, text)


def _characters(response: Response) -> str:
    body = response.body
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    header = response.headers.get("content-type", "").encode("utf-8", "replace")
    found = [pattern.search(where) for pattern, where in zip(_DECLARED, (header, body[:1000]), strict=True)]
    names = [match[1].decode("ascii", "replace").lower() for match in found if match is not None]
    names = ["gb18030" if name in ("gb2312", "gbk") else name for name in names if _CHARSETS.fullmatch(name)]
    seven_bit = [name for name in names if name == "iso-2022-jp"]
    for name in (*seven_bit, "utf-8-sig", *names):
        try:
            return body.decode(name)
        except (UnicodeError, LookupError):
            continue
    return body.decode("windows-1252", "replace")


def _allowed_character(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    allowed = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return found[0] if allowed else "\ufffd"


def well_formed(text: str) -> bool:
    """Whether ``text`` is XML with all its name spaces declared."""
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError:
        return False
    return True


def repaired(text: str) -> str:
    """Return ``text`` made well formed: stray ampersands, HTML's entities, undeclared prefixes, tags left open.

    Raises:
        RefusedResponse: It is past repair.
    """
    pieces = [piece if inside else _AMPERSAND.sub(_ampersand, piece) for piece, inside in _cdata_pieces(text)]
    parser = lxml.etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = lxml.etree.fromstring("".join(pieces).encode(), parser)
    except (lxml.etree.LxmlError, ValueError) as error:
        raise RefusedResponse(f"the feed cannot be read: {clean_text(str(error))[:100]}") from None
    if root is None:
        raise RefusedResponse("the feed cannot be read: it has no element")
    written = _declared(lxml.etree.tostring(root, encoding="unicode", with_tail=False))
    if not well_formed(written):
        raise RefusedResponse("the feed cannot be read: its markup is past repair")
    return written


def _ampersand(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    if name in _XML_ENTITIES:
        return found[0]
    return html.entities.html5.get(f"{name};", f"&amp;{name};")


def _declared(text: str) -> str:
    """Declare the prefixes that the text uses without saying what they mean."""
    used = {prefix for prefix in _PREFIX.findall(text) if f"xmlns:{prefix}=" not in text}
    names = "".join(f' xmlns:{prefix}="urn:undeclared:{prefix}"' for prefix in sorted(used - {"xml", "xmlns"}))
    return re.sub(r"^<[^\s/>]+", lambda root: root[0] + names, text, count=1)


def _cdata_pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces with whether each is a CDATA section."""
    position = 0
    while (start := text.find(_CDATA[0], position)) >= 0 and (end := text.find(_CDATA[1], start)) >= 0:
        yield text[position:start], False
        position = end + len(_CDATA[1])
        yield text[start:position], True
    yield text[position:], False


def without(text: str, opening: str, closing: str) -> str:
    """Return the text outside of what ``opening`` and ``closing`` enclose."""
    kept, position = [], 0
    while (start := text.find(opening, position)) >= 0 and (end := text.find(closing, start)) >= 0:
        kept.append(text[position:start])
        position = end + len(closing)
    return "".join((*kept, text[position:]))
