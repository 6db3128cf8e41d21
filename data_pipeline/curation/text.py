"""What two texts are compared by: the words, without what a repost changes."""

import re

import polars as pl

_LINK = re.compile(r"(?:https?://|www\.|\bt\.co/)\S*", re.IGNORECASE)
_REPOST = re.compile(r"^\W*(?:(?:rt|mt|via)\b:?\s*@\w+:?\s*|@\w+:\s*)", re.IGNORECASE)
_CUT = ("...", "\u2026")
_WORD = re.compile(r"[$#@]?\w+(?:[.,'&/-]\w+)*%?")
_ATTRIBUTION = re.compile(
    r"^(?P<lead>\([^()$\d]{2,40}\)|[^:|$\d]{2,40}:)\s|\s(?:\||-|\u2013|\u2014)\s(?P<trail>[^|:$\d]{2,40})$",
)
_NUMBER = re.compile(r"[$]?\d")


def repost_key(text: str) -> list[str]:
    """Return the lower-case words of a text, without links, leading ``RT @name:`` and a last word cut by "...".

    Numbers keep their point, cashtags their ``$``; they are what tells two template texts apart.
    """
    bare = _LINK.sub(" ", text.casefold())
    while (shorter := _REPOST.sub("", bare.lstrip(), count=1)) != bare:
        bare = shorter
    return _WORD.findall(_without_cut_word(bare))


def _without_cut_word(text: str) -> str:
    """Return ``text`` without its last word where that ends in "...".

    A pattern would search from every character of a long run without spaces to its end: quadratic time.
    """
    if not text.rstrip().endswith(_CUT):
        return text
    return "".join(text.rsplit(maxsplit=1)[:-1])


def without_attribution(title: str) -> str:
    """Return a title without an outlet or a label that punctuation sets off at one of its ends.

    "(Harbor Post) X", "Reuters: X", "X | Meridian Press" and "X - update" become "X". What goes has at most
    three words and no cashtag or number, what stays at least four words; else the title stays as it is.
    """
    for match in _ATTRIBUTION.finditer(title):
        rest = (title[: match.start()] + " " + title[match.end() :]).strip()
        if len(_WORD.findall(match.group())) <= 3 and len(_WORD.findall(rest)) >= 4:
            return rest
    return title


def facts_of(words: list[str]) -> frozenset[str]:
    """Return the cashtags and numbers among the words: what a template fills in."""
    return frozenset(word for word in words if word.startswith("$") or _NUMBER.match(word))


def full_text() -> pl.Expr:
    """Title and body of a ``Document`` as one string."""
    return pl.concat_str("title", "body", separator="\n").str.strip_chars()
