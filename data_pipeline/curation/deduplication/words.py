"""The words that two texts are compared by, as columns: without what a repost changes."""

import re

import numpy as np
import polars as pl

_LINK = r"(?:https?://|www\.|\bt\.co/)\S*"
_REPOST = r"^(?:\W*(?:(?:rt|mt|via)\b:?\s*@\w+:?\s*|@\w+:\s*))+"
_CUT = r"(?:\.\.\.|\u2026)\s*$"
_WORD = r"[$#@]?\w+(?:[.,'&/-]\w+)*%?"
_FACT = r"^(?:\$|\d)"
_ATTRIBUTED = r"^\([^()$\d]{2,40}\)\s|^[^:|$\d]{2,40}:\s|\s[|\u2013\u2014-]\s"
_ATTRIBUTION = re.compile(
    r"^(?P<lead>\([^()$\d]{2,40}\)|[^:|$\d]{2,40}:)\s|\s(?:\||-|\u2013|\u2014)\s(?P<trail>[^|:$\d]{2,40})$",
)
_PLAIN_WORD = re.compile(_WORD)
LABEL_WORDS = 3
CORE_WORDS = 4


def bare(text: pl.Expr) -> pl.Expr:
    """A text in lower case, without links, leading ``RT @name:`` and a last word cut by "..."."""
    text = text.str.to_lowercase().str.replace_all(_LINK, " ").str.replace(_REPOST, "")
    return pl.when(text.str.contains(_CUT)).then(text.str.replace(r"\S+\s*$", "")).otherwise(text)


def words_of(text: pl.Expr) -> pl.Expr:
    """The words of ``bare(text)``: numbers keep their point, cashtags their ``$``; they tell template texts apart."""
    return bare(text).str.extract_all(_WORD)


def repost_key(text: str) -> list[str]:
    """The words of one text, see ``words_of``."""
    found: list[str] = pl.select(words_of(pl.lit(text))).to_series()[0].to_list()
    return found


def is_fact(word: pl.Expr) -> pl.Expr:
    """Whether a word is a cashtag or a number: what a template fills in."""
    return word.str.contains(_FACT)


def without_attribution(title: str) -> str:
    """Return a title without an outlet or a label that punctuation sets off at one of its ends.

    "(Harbor Post) X", "Reuters: X", "X | Meridian Press" and "X - update" become "X". What goes has at most
    three words and no cashtag or number, what stays at least four words; else the title stays as it is.
    """
    for match in _ATTRIBUTION.finditer(title):
        rest = (title[: match.start()] + " " + title[match.end() :]).strip()
        if len(_PLAIN_WORD.findall(match.group())) <= LABEL_WORDS and len(_PLAIN_WORD.findall(rest)) >= CORE_WORDS:
            return rest
    return title


def core_titles(titles: pl.Series) -> tuple[np.ndarray, pl.Series]:
    """Return the rows whose title has an attribution, and those titles without it."""
    rows = np.flatnonzero(titles.str.contains(_ATTRIBUTED).to_numpy())
    cores = [without_attribution(title) for title in titles.gather(rows)]
    return rows, pl.Series(cores, dtype=pl.String)
