"""The answer in the prompt: the label's word, the return's number, or the direction of the shares."""

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import binom, norm

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "target_in_text"
REMEDY = "Take the answer out of the text, or the text out of the data set: build prompts from what was known alone"
SOME, MUCH = 0.02, 0.2
"""Share of rows that name their own label beyond what other rows' labels would: reported, and an error."""
CHANCE = 1e-6
NUMBERS = 0.01
LIKELY, CERTAIN = 0.65, 0.85
"""Lower bounds of the share of texts whose direction word is the outcome's: news of a past move has about half."""
FEWEST = 30
_TAG = re.compile(r"\(\s*sentiment\s*:\s*\w+\s*\)", re.IGNORECASE)
_SUBJECT = r"(?:shares?|stock(?: price)?|share price|price)\W+(?:\w+\W+){0,3}?"
_UP = re.compile(
    _SUBJECT
    + r"(?:rose|rises?|risen|jump\w*|gain\w*|surg\w+|climb\w*|soar\w*|rall(?:y|ied|ies)|higher|increas\w+|up)\b",
    re.I,
)
_DOWN = re.compile(
    _SUBJECT
    + r"(?:fell|falls?|fallen|drop\w*|slid\w*|slump\w*|plung\w+|tumbl\w+|declin\w+|sank|lower|decreas\w+|down)\b",
    re.I,
)
RISES = {"up", "rise", "buy", "bullish", "long", "soaring", "u"}
FALLS = {"down", "fall", "sell", "bearish", "short", "crashing", "d"}


def check(view: View) -> list[Finding]:
    """Search the texts for their own outcome, against what the outcomes of other rows would give."""
    rows = view.with_text.filter(pl.col("text").str.len_chars() > 0)
    if rows.is_empty():
        return []
    return [*_labels(view, rows), *_values(view, rows), *_directions(view, rows), *_tags(view, rows)]


def _labels(view: View, rows: pl.DataFrame) -> list[Finding]:
    if not view.has("label"):
        return []
    rows = rows.drop_nulls("label")
    classes = [label for label in rows["label"].unique().sort() if len(label) > 1 and not label.lstrip("-.").isdigit()]
    if len(rows) < FEWEST or not 1 < len(classes) <= 50:
        return []
    own, expected = np.zeros(len(rows), dtype=bool), 0.0
    for label in classes:
        named = rows["text"].str.contains(rf"(?i)(?:^|\W){re.escape(label)}(?:\W|$)").to_numpy()
        is_label = (rows["label"] == label).to_numpy()
        own |= named & is_label
        expected += float(is_label.mean() * named.mean())
    beyond = float(own.mean()) - expected
    z = beyond / np.sqrt(max(expected * (1 - expected), 1 / len(rows)) / len(rows))
    if beyond < SOME or norm.sf(z) > CHANCE:
        return []
    shown = rows.filter(pl.Series(own)).select("row", "label", "text")
    return [
        view.finding(
            NAME, "error" if beyond >= MUCH else "warning", int(own.sum()), len(rows),
            f"{own.mean():.1%} of the texts name their own label; {expected:.1%} would by chance", REMEDY, rows=shown,
        )
    ]  # fmt: skip


def _values(view: View, rows: pl.DataFrame) -> list[Finding]:
    found = []
    places = rows.select("row").join(
        view.frame.select("row").with_row_index("place"), on="row", how="left", maintain_order="left"
    )["place"]
    if places.null_count() or len(rows) < FEWEST:
        return []
    texts = rows["text"].to_list()
    for name in view.targets.columns:
        values = view.targets[name].gather(places).fill_null(np.nan).to_numpy()
        own = _tells(texts, values)
        other = _tells(texts, np.roll(values, len(values) // 2))
        hits, chance = int(own.sum()), max(float(other.mean()), 1 / len(rows))
        if hits < 5 or hits < 2 * other.sum() or binom.sf(hits - 1, len(rows), chance) > CHANCE:
            continue
        share = hits / len(rows)
        shown = rows.filter(pl.Series(own)).select("row", "text").with_columns(pl.Series(name, values[own]))
        found.append(
            view.finding(
                NAME, "error" if share >= NUMBERS else "warning", hits, len(rows),
                f"{hits:,} texts state the value of {name} ({int(other.sum()):,} would by chance)", REMEDY, rows=shown,
            )
        )  # fmt: skip
    return found


def _tells(texts: list[str], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each text holds its value, as a fraction or in per cent, to one decimal or more."""
    found = np.zeros(len(texts), dtype=bool)
    for at, (text, value) in enumerate(zip(texts, np.abs(values).tolist(), strict=True)):
        if value >= 0.001 and value < 100:
            found[at] = any(_stands(text, form) for form in _forms(value))
    return found


def _forms(value: float) -> tuple[str, ...]:
    percent = 100 * value
    return (f"{percent:.1f}%", f"{percent:.2f}", f"{percent:.3f}", f"{value:.4f}", f"{value:.5f}")


def _stands(text: str, number: str) -> bool:
    """Whether a number stands in a text on its own, and not as the end or the beginning of a longer one."""
    at = text.find(number)
    while at >= 0:
        after = text[at + len(number) : at + len(number) + 1]
        if not (at and (text[at - 1].isdigit() or text[at - 1] == ".")) and not after.isdigit():
            return True
        at = text.find(number, at + 1)
    return False


def _directions(view: View, rows: pl.DataFrame) -> list[Finding]:
    """Texts that say where the shares went, against where they went after the entry."""
    outcome = _outcome(rows)
    said = np.array([_said(text) for text in rows["text"]])
    both = (said != 0) & (outcome != 0)
    count, agree = int(both.sum()), int((said == outcome)[both].sum())
    if count < FEWEST:
        return []
    # Against the commoner of saying: a text that always says "up" agrees with every rising market.
    base = max(float((outcome[both] > 0).mean()) * float((said[both] > 0).mean())
               + float((outcome[both] < 0).mean()) * float((said[both] < 0).mean()), 0.5)  # fmt: skip
    share = agree / count
    lower = share - 3 * float(np.sqrt(share * (1 - share) / count + 1 / count**2))
    if lower < max(LIKELY, base + 0.05):
        return []
    shown = rows.filter(pl.Series(both & (said == outcome))).select("row", "text", *_outcome_columns(rows))
    return [
        view.finding(
            NAME, "error" if lower >= CERTAIN else "warning", agree, count,
            f"of {count:,} texts that say where the shares went {share:.0%} say what followed ({base:.0%} by chance): "
            "the move may be in the text already", REMEDY, rows=shown,
        )
    ]  # fmt: skip


def _outcome_columns(rows: pl.DataFrame) -> list[str]:
    return [name for name in ("target", "label") if name in rows.columns]


def _outcome(rows: pl.DataFrame) -> NDArray[np.int64]:
    """1 where the outcome is a rise, -1 where it is a fall, 0 where neither is told."""
    if "target" in rows.columns:
        signs: NDArray[np.int64] = np.sign(rows["target"].fill_null(0).fill_nan(0).to_numpy()).astype(np.int64)
        return signs
    if "label" not in rows.columns:
        return np.zeros(len(rows), dtype=np.int64)
    words = [re.split(r"\W+", label.lower())[0] if label else "" for label in rows["label"]]
    return np.array([1 if word in RISES else -1 if word in FALLS else 0 for word in words], dtype=np.int64)


def _said(text: str) -> int:
    up, down = _UP.search(text), _DOWN.search(text)
    return 1 if up and not down else -1 if down and not up else 0


def _tags(view: View, rows: pl.DataFrame) -> list[Finding]:
    """Answers that a machine has put into the text itself."""
    tagged = rows.filter(pl.col("text").str.contains(rf"(?i){_TAG.pattern}"))
    if tagged.height < NUMBERS * rows.height:
        return []
    return [
        view.finding(
            NAME, "warning", tagged.height, rows.height,
            f"{tagged.height:,} texts carry a tag such as '{(_TAG.search(tagged['text'][0]) or [''])[0]}'",
            "Strip the tag: it is a machine's answer, made when nobody knows", rows=tagged.select("row", "text"),
        )
    ]  # fmt: skip
