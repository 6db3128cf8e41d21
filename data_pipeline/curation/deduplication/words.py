"""The words that two texts are compared by, as columns: without what a repost changes."""

import re

import numpy as np
import polars as pl

_LINK = r"(?:https?://|www\.|\bt\.co/)\S*"
_REPOST = r"^(?:\W*(?:(?:rt|mt|via)\b:?\s*@\w+:?\s*|@\w+:\s*))+"
_CUT = r"(?:\.\.\.|\u2026)\s*$"
_WORD = r"[$#@]?\w+(?:[.,'&/-]\w+)*%?"
_OUTSIDE = r"[^\w\s$#@.,'&/%-]+"
_LOOSE_END = r"[.,'&/-]+(?:\s+|$)"
_REGULAR = rf"^{_WORD}(?: {_WORD})*$"
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


def words_of(texts: pl.Series) -> pl.Series:
    """Return the words of ``bare`` texts, a list each: numbers keep their point, cashtags their ``$``.

    Cutting at blanks is four times as fast as searching for words. So punctuation that is no part of a word goes first, and a text that
    then is words with one blank between them, as most are, is cut; the others are searched.
    """
    text = pl.col("text")
    table = texts.to_frame("text").select(bare(text)).with_columns(
        plain=text.str.replace_all(_OUTSIDE, " ")
        .str.replace_all(_LOOSE_END, " ")
        .str.replace_all("\n", " ", literal=True)
        .str.replace_all("  +", " ")
        .str.strip_chars(" ")
    )  # fmt: skip
    regular = table.select(pl.col("plain").str.contains(_REGULAR)).to_series()
    cut = table.filter(regular).select(pl.col("plain").str.split(" ")).to_series()
    if len(cut) == len(table):
        return cut.rename(texts.name)
    found = table.filter(~regular).select(text.str.extract_all(_WORD)).to_series()
    order = np.argsort(np.concatenate([np.flatnonzero(regular), np.flatnonzero(~regular)]))
    return pl.concat([cut, found.rename(cut.name)]).gather(order).rename(texts.name)


def word_parts(documents: pl.DataFrame) -> pl.DataFrame:
    """Return the words of ``title`` and ``body``."""
    return pl.DataFrame({"title": words_of(documents["title"]), "body": words_of(documents["body"])})


def repost_key(text: str) -> list[str]:
    """The words of one text, see ``words_of``."""
    found: list[str] = words_of(pl.Series([text]))[0].to_list()
    return found


def is_fact(word: pl.Expr) -> pl.Expr:
    """Whether a word is a cashtag or a number: what a template fills in."""
    first = word.str.head(1)
    return (first == "$") | first.is_between(pl.lit("0"), pl.lit("9"))


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
