"""Text of a row in any usual form, and without what all rows share."""

from collections import Counter

import polars as pl

TEMPLATE = 0.9
"""A line that so many texts have is the template's."""
FEWEST = 20
"""Texts from which a template is looked for."""
_TURNS = (("role", "content"), ("from", "value"))
_REPLIES = ("assistant", "gpt", "model")


def text_of(columns: tuple[str, ...], schema: pl.Schema) -> pl.Expr:
    """Expression for the text: strings, lists of strings or chat turns (without replies), columns joined by a line."""
    return pl.concat_str([_column(name, schema[name]) for name in columns], separator="\n", ignore_nulls=True)


def _column(name: str, dtype: pl.DataType) -> pl.Expr:
    if not isinstance(dtype, pl.List):
        return pl.col(name).cast(pl.String)
    inner = dtype.inner
    element = pl.element()
    if isinstance(inner, pl.Struct):
        fields = {entry.name for entry in inner.fields}
        role, content = next(((a, b) for a, b in _TURNS if {a, b} <= fields), (None, None))
        if role is None or content is None:
            return pl.lit(None, dtype=pl.String)
        said = ~element.struct.field(role).is_in(_REPLIES)
        element = pl.when(said).then(element.struct.field(content))
    return pl.col(name).list.eval(element.cast(pl.String)).list.drop_nulls().list.join("\n")


def digest(text: pl.Expr) -> pl.Expr:
    """A number that equal texts share, whatever their case and white space; null for an empty text."""
    plain = text.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.when(plain.str.len_bytes() > 0).then(plain.hash(seed=0))


def without_template(texts: pl.Series) -> pl.Series:
    """Take off what nearly all texts share: their beginning, their end, and lines in between."""
    known = [text for text in texts.to_list() if text]
    if len(known) < FEWEST or len(set(known)) == 1:
        return texts
    start, end = _shared_start(known), _shared_start([text[::-1] for text in known])
    lines = Counter(line for text in known for line in set(text.splitlines()))
    shared = {line for line, count in lines.items() if count >= TEMPLATE * len(known)}

    def bare(text: str) -> str:
        inner = text[start : len(text) - end] if len(text) > start + end else ""
        return "\n".join(line for line in inner.splitlines() if line not in shared)

    return pl.Series(texts.name, [None if text is None else bare(text) for text in texts], dtype=pl.String)


def _shared_start(texts: list[str]) -> int:
    """Length of what all texts begin with, back to its last white space, so that no word is cut."""
    # Of all texts the first and the last in order differ soonest.
    first, last = min(texts), max(texts)
    end = 0
    for at, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            break
        end = at + 1 if one.isspace() else end
    return end
