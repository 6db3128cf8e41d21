"""Simple guards for what nobody should read: no time, no words, spam, a foreign language.

Each rule looks at one document alone, so decisions never depend on later ones. The rules are few and prefer to
let a bad text through rather than to drop a good one: a model learns little from noise, but a silent filter that favours
one kind of news biases every number after it. Every drop is counted with its reason and the rule.
"""

import re

import polars as pl

from data_pipeline.curation.drops import split_by_reason
from data_pipeline.curation.text import full_text

EXPECTED_LANGUAGE = {"US": "en"}
"""Language of a market's documents; documents of other markets are not judged."""

MAX_LINKS = 2
MAX_HASHTAGS = 7

PROMOTION = {
    "offer": r"\b(?:free (?:trial|membership|chat ?room|trading (?:room|course|alerts|signals|newsletter))|limited[- ]time offer|"
    r"act now|order now|promo code|coupon code|money[- ]back guarantee|risk[- ]free)\b",
    "invitation": r"\b(?:(?:sign|signed) up (?:now|today|here|for (?:our|my|free|the free))|click (?:here|the link|on the link)|"
    r"join (?:our|my) (?:free |vip |private |premium )*(?:chat ?room|trading room|chat|group|newsletter|discord|telegram|club|team)|"
    r"subscribe (?:now|today|to (?:our|my))|follow (?:me|us) (?:for|and)|dm (?:me|us) (?:for|to)|whats ?app (?:me|us))\b",
    "riches": r"\b(?:guaranteed (?:profits?|returns?|gains?|winners?|income)|"
    r"(?:make|earn|made) (?:easy |quick |fast |extra |big |huge )*(?:money|cash|income|\$\s?\d[\d,.]*k?) "
    r"(?:fast|online|from home|at home|a day|per day|daily|now|today|every day|weekly)|"
    r"get rich|double your (?:money|account|investment)|work from home|turn(?:ed)? \$\d[\d,.]*k? into \$?\d|"
    r"secret (?:formula|strategy|system)|next (?:monster|huge|big) (?:runner|penny|winner)|"
    r"(?:hot|free|explosive|awesome) (?:penny )?(?:stock )?(?:picks?|alerts?|signals?)|"
    r"(?:penny|pennystock) ?(?:stock)? (?:picks?|alerts?|newsletter|list))\b",
    "giveaway": r"\b(?:give ?away|(?:rt|retweet) (?:to|and|&) (?:win|enter)|chance to win|win a free|you (?:have|'ve) won)\b",
}
"""Kind of promotion -> pattern of its stock phrases. They sell a service to traders; none reports a fact."""

_FUNCTION_WORDS = {
    "en": "the of and to is are was were for with that this it its by from at as on be has have will after before "
    "than up down over not you i we your my our they he she what how why new out if but just now more who can "
    "about into says said could should would all in no or so do me",
    "es": "el la los las de del que y en un una por para con se es su al lo como más pero sus le ya este esta "
    "entre cuando muy sin sobre también hasta hay donde desde nos durante fue",
    "fr": "le la les de des du et en un une est pour que qui dans sur au aux avec ce cette ne pas par plus son sa "
    "ses ont sont mais ou il elle nous vous leur été entre après",
    "de": "der die das und ist von mit den dem des ein eine einen einer für auf nicht im zu sich auch nach bei aus "
    "wie über wird werden hat sind oder aber noch nur zum zur",
    "pt": "o os de da do das dos e em um uma para com não que se por mais como mas ao na no nas nos foi são está "
    "pelo pela seu sua já após entre",
    "it": "il lo la gli le di del della dei delle che e è un una per con non sono nel nella da dal alla più anche "
    "come ma si ha al tra dopo",
    "nl": "de het een en van is op te dat voor niet met zijn aan er ook als bij naar om uit maar nog wordt over "
    "heeft deze door na",
    "in": "yang dan di ke dari untuk dengan ini itu pada tidak akan juga atau saya bisa ada oleh dalam karena "
    "lebih sudah",
    "tr": "ve bir bu için ile de da çok daha olarak olan ne gibi sonra kadar var değil ama",
}
"""Language code -> its commonest words that decide little else ("in" is the platform's old code of Indonesian)."""
_WORD_SETS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}
_WORDS = re.compile(r"(?<![$#@\w])[^\W\d_]+(?:'[^\W\d_]+)?")
_NOT_WORDS = r"(?i)(?:https?://|www\.|\bt\.co/)\S*|[$#@]\w+"


def quality(documents: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Drop documents without a time or words, spam, and those in another language than their market's.

    - ``no_time``: ``available_at`` is unknown, so no one can say who could have read it when.
    - ``empty``: no word besides links, cashtags, hashtags and mentions; there is nothing to learn from.
    - ``spam``: a stock phrase of promotion, more than two links, or more than seven hashtags.
    - ``language``: see ``is_foreign``.

    Returns:
        Kept documents in the order given, and drops; the first rule that applies names the reason.
    """
    text = pl.col("_text")
    promotion = pl.coalesce(
        pl.when(text.str.contains(f"(?i){pattern}")).then(pl.lit(kind)) for kind, pattern in PROMOTION.items()
    )
    links = text.str.count_matches(r"(?i)https?://") > MAX_LINKS
    hashtags = text.str.count_matches(r"#\w") > MAX_HASHTAGS
    spam = pl.coalesce(
        promotion, pl.when(links).then(pl.lit("many links")), pl.when(hashtags).then(pl.lit("many hashtags"))
    )
    judged = documents.with_columns(_text=full_text())
    judged = judged.with_columns(_spam=spam, _empty=~text.str.replace_all(_NOT_WORDS, " ").str.contains(r"\p{L}"))
    judged = judged.with_columns(_foreign=_foreign(judged))
    reason = (
        pl.when(pl.col("available_at").is_null())
        .then(pl.lit("no_time"))
        .when("_empty")
        .then(pl.lit("empty"))
        .when(pl.col("_spam").is_not_null())
        .then(pl.lit("spam"))
        .when("_foreign")
        .then(pl.lit("language"))
    )
    detail = (
        pl.when(pl.col("_reason") == "spam")
        .then("_spam")
        .when(pl.col("_reason") == "language")
        .then(pl.format("declared {}", pl.col("language").fill_null("none")))
        .otherwise(pl.lit(""))
    )
    kept, drops = split_by_reason(judged, reason, detail)
    return kept.select(documents.columns), drops


def is_foreign(text: str, declared: str | None, expected: str) -> bool:
    """Whether a text is in another language than ``expected``, by its letters and its function words.

    A declared language is not enough: the platform's detector calls many short English tweets Indonesian or
    Haitian ("$AAPL bullish"). So the text itself must speak against the expected language: most letters are of
    another script, or the function words of another language outnumber the expected one's by two. One is
    enough where that language is the declared one.

    Args:
        text: Title and body.
        declared: Language code that the source gave, if any.
        expected: A language of the function-word table.
    """
    bare = re.sub(_NOT_WORDS, " ", text)
    letters = [character for character in bare if character.isalpha()]
    if sum(character > "\u024f" for character in letters) * 2 > len(letters):
        return True
    words = [word.lower() for word in _WORDS.findall(bare)]
    found = {language: sum(word in known for word in words) for language, known in _WORD_SETS.items()}
    home = found.pop(expected)
    return any(count >= home + (1 if language == declared else 2) for language, count in found.items())


def _foreign(judged: pl.DataFrame) -> pl.Series:
    columns = judged.select("_text", "language", pl.col("market").replace_strict(EXPECTED_LANGUAGE, default=None))
    return pl.Series(
        [expected is not None and is_foreign(text, declared, expected) for text, declared, expected in columns.rows()],
        dtype=pl.Boolean,
    )
