"""Text around the news: web addresses, disclaimers, share buttons, and footers that an outlet repeats.

A footer is a line that several earlier documents of one source held under different titles. Earlier: a line counts
only from the moment on at which the last of them became available, so that later documents change no earlier text.
Different titles: the copies of one story share all their lines.
"""

import polars as pl

from data_pipeline.curation.filters.words import LINKS

MAX_LINE = 400
"""Longer lines are paragraphs of the text, which may quote such words."""
MIN_LINE = 20
"""Shorter lines are no footers: "NEW YORK", "Reuters", a heading."""

STOCK_LINES = (
    r"(?:please )?(?:click|tap) here (?:to|for)\b.*",
    r"(?:continue reading|read (?:more|next|also|the (?:full|original|entire) (?:story|article|report)))\b.*",
    r"(?:see|read) (?:also|more)(?: on .*)?:.*",
    r"(?:related|recommended|more) (?:stories|articles|links|reading|news|content|posts)?:?",
    r"(?:(?:share|tweet|facebook|twitter|linkedin|pinterest|whatsapp|reddit|flipboard|e-?mail|print|copy link|save|more)\b[ |/,\u2022\u00b7:]*)+",
    r"(?:follow|find|like) (?:us|me|him|her|[A-Z][\w' ]*) (?:on|at) (?:twitter|facebook|linkedin|instagram|@).*",
    r"(?:sign up|subscribe|register)(?: now| here| today)? (?:for|to) (?:our|the|my|its)\b.*",
    r"(?:to read|view) (?:this|the full|the original) (?:article|story|report)\b.*",
    r"to contact the (?:reporter|editor|author)s?\b.*",
    r"for more articles like this\b.*",
    r"want the latest recommendations from .*",
    r"(?:click to )?get (?:this|your|the) free (?:report|stock analysis).*",
    r"(?:[\w.,&' -]+ \([A-Z.-]{1,6}\)|[\w.,&' -]+)\s?:? free stock analysis report",
    r"[\w.,&' ]*\bfree stock analysis report\b.*",
    r"\(?(?:(?:additional |further )?(?:reporting|editing|writing|compiled|edited|written)) (?:and (?:reporting|writing|editing) )?by [^.]+\)?\.?",
    r"(?:\u00a9|\(c\)|copyright)[\s\d].*",
    r".*\ball rights reserved\b.*",
    r"the (?:views|opinions)(?: and opinions)? expressed (?:in this|herein|here|are)\b.*",
    r".*\b(?:has|have) (?:a |the following )?disclosure policy\b.*",
    r".*\b(?:does not|doesn't|do not) (?:provide|constitute|offer) (?:investment|financial) advice\b.*",
    r".*\bfor informational purposes only\b.*",
    r"disclos(?:ure|aimer)s?: .*",
    r"disclaimer\b.*",
)
"""A line of the body of at most ``MAX_LINE`` characters that is one of these from end to end goes."""
STOCK_TAILS = (
    r"this (?:press )?(?:release|document|announcement) (?:may )?contains? (?:certain )?forward-looking statements",
    r"(?:certain )?statements (?:contained )?in this (?:press )?release (?:that are not|which are not|may be|are) ",
)
"""From these words on, the rest of the line goes."""
_LINE = f"(?im)^(?:{'|'.join(STOCK_LINES)})$"
_TAILS = f"(?im) ?(?:{'|'.join(STOCK_TAILS)}).*$"


def without_links(texts: pl.Series) -> tuple[pl.Series, int]:
    """Remove web addresses; returns the texts and how many addresses went."""
    found = int(texts.str.count_matches(LINKS).sum())
    if not found:
        return texts, 0
    bare = texts.str.replace_all(LINKS, "").str.replace_all(" {2,}", " ").str.replace_all(" ?\n[ \n]*", "\n")
    return bare.str.strip_chars(" \n"), found


def without_stock_lines(bodies: pl.Series) -> tuple[pl.Series, int]:
    """Remove stock lines and tails from bodies; returns the bodies and how many places went."""
    tails = int(bodies.str.count_matches(_TAILS).sum())
    bodies = bodies.str.replace_all(_TAILS, "").str.replace_all("\n{2,}", "\n") if tails else bodies
    at = bodies.str.contains(_LINE).arg_true()
    lines = pl.element()
    stock = (lines.str.len_chars() <= MAX_LINE) & lines.str.contains(_LINE)
    before = bodies.gather(at).str.split("\n")
    after = before.list.eval(lines.filter(~stock & (lines != "")))
    gone = int(before.list.len().sum()) - int(after.list.len().sum()) if len(at) else 0
    return (bodies.clone().scatter(at, after.list.join("\n")) if gone else bodies).str.strip_chars(" \n"), tails + gone


def footers(documents: pl.DataFrame, titles: int) -> pl.DataFrame:
    """Lines that ``titles`` documents of one source held under different titles, and from when on that was known.

    Args:
        documents: Schema ``Document``, normalised; those without ``available_at`` say nothing.
        titles: Different titles that make a line a footer.

    Returns:
        ``source``, ``line`` and ``known_at``: when the last of the first ``titles`` documents became available.
    """
    times = (
        _lines(documents)
        .drop_nulls("available_at")
        .group_by("source", "line", "title")
        .agg(pl.col("available_at").min())
        .group_by("source", "line")
        .agg(known_at=pl.col("available_at").sort().get(titles - 1, null_on_oob=True))
    )
    return times.drop_nulls("known_at").sort("source", "line")


def without_footers(documents: pl.DataFrame, known: pl.DataFrame) -> tuple[pl.Series, int]:
    """Remove the footers that were known before each document.

    Args:
        documents: Schema ``Document``, normalised.
        known: What ``footers`` gave.

    Returns:
        The bodies, and how many lines went.
    """
    lines = _lines(documents, least=0).join(known, on=["source", "line"], how="left", maintain_order="left")
    old = (pl.col("known_at") < pl.col("available_at")).fill_null(False)
    gone = int(lines.select(old.sum()).item() or 0)
    if not gone:
        return documents["body"], 0
    bodies = lines.filter(~old).group_by("row", maintain_order=True).agg(body=pl.col("line").str.join("\n"))
    rows = pl.DataFrame({"row": pl.arange(0, len(documents), eager=True).cast(pl.UInt32)})
    return rows.join(bodies, on="row", how="left", maintain_order="left")["body"].fill_null(""), gone


def _lines(documents: pl.DataFrame, least: int = MIN_LINE) -> pl.DataFrame:
    lines = documents.select("source", "title", "available_at", line=pl.col("body").str.split("\n")).with_row_index(
        "row"
    )
    return lines.explode("line", empty_as_null=False).filter(pl.col("line").str.len_chars() >= least)
