"""One form for the same text: Unicode, entities, invisible characters and white space."""

import html
import re
import unicodedata

import polars as pl

_LINE_BREAK = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
"""Control characters, zero-width and bidirectional marks, soft hyphens, variation selectors, tags."""


def normalise_text(text: str) -> str:
    """Return ``text`` in NFKC, without entities and invisible characters, one space between words.

    Lines are kept, empty ones are not. The function is idempotent: it repeats until nothing changes, since an
    entity may hide another one or a character that NFKC folds (``&amp;lt;``). Each round that unescapes
    shortens the nesting, so it ends.
    """
    while True:
        folded = unicodedata.normalize("NFKC", _LINE_BREAK.sub("\n", html.unescape(text)))
        visible = _INVISIBLE.sub("", folded)
        lines = (" ".join(line.split()) for line in visible.split("\n"))
        result = "\n".join(line for line in lines if line)
        if result == text:
            return result
        text = result


def normalise_documents(documents: pl.DataFrame) -> pl.DataFrame:
    """Normalise title (one line) and body of a ``Document`` table; nothing else changes."""
    return documents.with_columns(
        title=pl.Series([normalise_text(text.replace("\n", " ")) for text in documents["title"]], dtype=pl.String),
        body=pl.Series([normalise_text(text) for text in documents["body"]], dtype=pl.String),
    ).with_columns(pl.col("title").str.replace_all("\n", " ", literal=True))
