"""Which words of two texts say the same and which say the opposite: tables, as data.

Both tables prefer to keep a copy over merging two stories. A word stands in a synonym row only where a
newswire may put it for any other of the row and report the same event of the same size and direction: "rises"
and "climbs", not "rises" and "soars".
"""

import polars as pl

SYNONYMS: tuple[str, ...] = (
    "says said states stated",
    "announces announced unveils unveiled",
    "reports reported posts posted",
    "expects expected anticipates anticipated",
    "wins won lands landed secures secured clinches clinched",
    "receives received",
    "raises raised lifts lifted hikes hiked boosts boosted increases increased",
    "rises rose climbs climbed gains gained advances advanced",
    "surges surged soars soared jumps jumped leaps leapt rallies rallied",
    "cuts lowers lowered reduces reduced trims trimmed slashes slashed",
    "falls fell drops dropped declines declined slips slipped",
    "plunges plunged tumbles tumbled slumps slumped sinks sank plummets plummeted",
    "beats tops topped exceeds exceeded surpasses surpassed",
    "misses missed undershoots undershot",
    "buys bought acquires acquired purchases purchased",
    "sells sold divests divested",
    "names named appoints appointed",
    "launches launched introduces introduced",
    "starts started begins began commences commenced",
    "ends ended concludes concluded",
    "halts halted suspends suspended pauses paused",
    "resumes resumed restarts restarted",
    "scraps scrapped abandons abandoned",
    "closes closed shuts shut",
    "plans planned intends intended",
    "agrees agreed",
    "sues sued",
    "warns warned cautions cautioned",
    "estimates forecasts projections",
    "outlook guidance",
    "profit earnings",
    "revenue sales turnover",
    "company firm",
    "deal agreement pact accord",
    "contract order",
    "large big sizeable sizable",
    "biggest largest",
    "quarterly quarter-on-quarter",
    "yearly annual",
    "shares stock",
    "buyback repurchase",
    "favourable favorable",
    "programme program",
    "probe investigation inquiry",
    "regulator watchdog",
    "factory plant",
    "staff employees workers",
    "customers clients",
    "quickly rapidly",
    "sharply steeply",
    "disappointing underwhelming",
    "encouraging promising",
    "record all-time",
)
"""Rows of words that may stand for each other in a headline."""

OPPOSITES: tuple[tuple[str, str], ...] = (
    (
        "rises rose rising rise climbs climbed gains gained gain advances advanced surges surged soars soared jumps jumped "
        "leaps leapt rallies rallied up higher grows grew growth increases increased increase raises raised lifts lifted "
        "hikes hiked boosts boosted widens expands expanded high",
        "falls fell falling fall drops dropped drop declines declined decline slips slipped plunges plunged tumbles tumbled "
        "slumps slumped sinks sank down lower shrinks shrank decreases decreased decrease cuts cut lowers lowered reduces "
        "reduced trims trimmed slashes slashed narrows contracts contracted low",
    ),
    ("beats beat tops topped exceeds exceeded surpasses surpassed", "misses missed miss undershoots trails lags"),
    ("wins won win lands secures prevails", "loses lost lose"),
    ("gains gained gain profit profits profitable", "loses lost loss losses unprofitable"),
    ("upgrades upgraded upgrade", "downgrades downgraded downgrade"),
    ("buy buys bought acquires outperform overweight bullish", "sell sells sold divests underperform underweight bearish"),
    ("strong stronger strength", "weak weaker weakness"),
    ("better best good positive", "worse worst bad negative"),
    ("more above over", "less below under fewer"),
    ("approves approved approval accepts accepted", "rejects rejected rejection refuses refused declines denied denies"),
    ("starts started begins resumes resumed restarts opens opened launches", "ends ended halts halted suspends suspended "
     "stops stopped closes closed scraps scrapped cancels cancelled canceled shuts"),
    ("hires hired", "fires fired lays"),
    ("joins joined enters", "leaves left quits exits"),
    ("confirms confirmed", "denies denied"),
    ("succeeds succeeded success", "fails failed failure"),
    ("bull bulls long", "bear bears short"),
    ("before", "after"),
    ("first", "last second third fourth"),
    ("guilty", "innocent cleared"),
)  # fmt: skip
"""Two rows of words of opposite direction each."""

QUALIFIERS = frozenset(
    [
        "no",
        "not",
        "never",
        "without",
        "nearly",
        "almost",
        "denies",
        "denied",
        "fails",
        "failed",
        "unlikely",
        "isn't",
        "wasn't",
        "won't",
        "doesn't",
        "didn't",
        "can't",
        "cannot",
        "neither",
        "nor",
        "none",
        "may",
        "might",
        "could",
        "would",
        "should",
        "if",
        "unless",
        "rumoured",
        "rumored",
        "rumour",
        "rumor",
        "considers",
        "weighs",
        "mulls",
    ]
)
"""Words that make a statement untrue or less than certain."""
DATES = frozenset(
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "q1",
        "q2",
        "q3",
        "q4",
        "h1",
        "h2",
        "first",
        "second",
        "third",
        "fourth",
        "today",
        "yesterday",
        "tomorrow",
    ]
)
FILLERS = frozenset(
    ["a", "an", "the", "its", "their", "his", "her", "today", "now", "just", "also", "update", "updated", "breaking"]
)
"""Words that a desk adds or leaves out while the headline says the same."""

_INFLECTED = r"^[a-z]{4,}$"
_SUFFIX = r"(?:ed|es|s|e)$"


def stem(word: pl.Expr) -> pl.Expr:
    """A word without the ending of number, person or tense, and without ``'s``; names and numbers pass unchanged."""
    word = word.str.replace("'s$", "")
    return pl.when(word.str.contains(_INFLECTED)).then(word.str.replace(_SUFFIX, "")).otherwise(word)


def _classes() -> dict[str, str]:
    pairs = [(word, row.split()[0]) for row in SYNONYMS for word in row.split()]
    table = pl.DataFrame(pairs, schema=["word", "first"], orient="row").with_columns(stem(pl.col("word")))
    return dict(table.iter_rows())


_CLASSES = _classes()
SIDES: dict[str, frozenset[tuple[int, bool]]] = {}
"""Word to the rows of ``OPPOSITES`` that it stands in, and whether on their first side."""
for _number, _pair in enumerate(OPPOSITES):
    for _up, _row in zip((True, False), _pair, strict=True):
        for _word in _row.split():
            SIDES[_word] = SIDES.get(_word, frozenset()) | {(_number, _up)}


def canonical(words: pl.Series) -> pl.Series:
    """Return the class of each word: the first of its synonym row, or its stem; null for a filler or a mention."""
    name = words.name
    stems = words.to_frame().select(stem(pl.col(name)).replace(_CLASSES)).to_series()
    return stems.set(words.is_in(list(FILLERS)) | words.str.starts_with("@"), None)


def opposed(some: frozenset[str], others: frozenset[str]) -> bool:
    """Whether a word of one set says the opposite of a word of the other."""
    sides = {side for word in some for side in SIDES.get(word, ())}
    against = {(number, not up) for word in others for number, up in SIDES.get(word, ())}
    return not sides.isdisjoint(against)
