"""One form for the same text: Unicode, mojibake, entities, invisible characters and white space.

ftfy repairs text that was decoded with the wrong code page ("â€™" for an apostrophe). The rest is folding, which
Unicode defines: NFKC, and taking out what no reader sees.
"""

import html
import re
import unicodedata

import ftfy
import polars as pl

_LINE_BREAK = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
"""Control characters, zero-width and bidirectional marks, soft hyphens, variation selectors, tags."""

TYPOGRAPHY = "\u00a0\u2018\u2019\u201c\u201d\u2013\u2014\u2026"
"""No-break space, quotes, dashes and the ellipsis: in no code page is one of them a leading and another a continuing
byte of UTF-8, so that they alone are no mojibake."""
_MOJIBAKE = re.compile(
    f"[\x80-\x9f\ufffd]|[^\x00-\x7f{TYPOGRAPHY}][^\x00-\x7f]|[^\x00-\x7f][^\x00-\x7f{TYPOGRAPHY}]|[\xc0-\xff][ ?\x1a]"
)
"""What ftfy repairs has a control character of Latin-1, two foreign characters in a row, or an accented letter before a
blank that was one. Looking for these first is ten times faster than asking ftfy about every text."""
_PLAIN = f"^[\\n\\x20-\\x7e{TYPOGRAPHY}]*$"
_ENTITY = "&(?:#|[A-Za-z]{2})"


def normalise_text(text: str) -> str:
    """Return ``text`` repaired, in NFKC, without entities and invisible characters, one space between words.

    Lines are kept, empty ones are not. The function is idempotent: it repeats until nothing changes, since an
    entity may hide another one or a character that NFKC folds (``&amp;lt;``), and one repair may uncover the next.
    Each round but the last shortens the text or decodes it, so it ends.
    """
    while (result := _once(text)) != text:
        text = result
    return text


def _once(text: str) -> str:
    whole = decoded(html.unescape(text))
    if not whole.isascii():
        whole = unicodedata.normalize("NFKC", whole)
    visible = _INVISIBLE.sub("", _LINE_BREAK.sub("\n", whole))
    lines = (" ".join(line.split()) for line in visible.split("\n"))
    return "\n".join(line for line in lines if line)


def decoded(text: str) -> str:
    """Return ``text`` with mojibake repaired."""
    return ftfy.fix_encoding(text) if _MOJIBAKE.search(text) else text


def normalise_documents(documents: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Normalise title (one line) and body of a ``Document`` table; nothing else changes.

    Returns:
        The documents, and in how many of them mojibake was repaired.
    """
    titles, repaired_titles = _normalised(documents["title"].str.replace_all("\n", " ", literal=True))
    bodies, repaired_bodies = _normalised(documents["body"])
    result = documents.with_columns(title=titles.str.replace_all("\n", " ", literal=True), body=bodies)
    return result, int((repaired_titles | repaired_bodies).sum())


def _normalised(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """``normalise_text`` of each, and whether mojibake was repaired.

    Most texts need their white space folded and little else, which Polars does for all at once.
    """
    plain = texts.str.contains(_PLAIN) & ~texts.str.contains(_ENTITY)
    hard = texts.filter(~plain).to_list()
    repaired = [decoded(text) != text for text in hard]
    at = plain.not_().arg_true()
    folded = (
        texts.str.replace_all("\u00a0", " ", literal=True)
        .str.replace_all("\u2026", "...", literal=True)
        .str.replace_all(" {2,}", " ")
        .str.replace_all(" ?\n[ \n]*", "\n")
        .str.strip_chars(" \n")
    )
    return (
        folded.scatter(at, [normalise_text(text) for text in hard]),
        pl.repeat(False, len(texts), eager=True).scatter(at, repaired),
    )
