"""The text of a document as one column."""

import polars as pl


def full_text() -> pl.Expr:
    """Title and body of a ``Document`` as one string."""
    return pl.concat_str("title", "body", separator="\n").str.strip_chars()
