"""Promotion: posts that sell a service to traders instead of telling news.

Each rule is a list of patterns; the first one that matches names the drop's ``detail``. The six classic rules are stock
phrases, links and hashtags. Three more read posts as a whole: ``hype`` (shouting that asks to buy), ``solicitation`` (an
offer to write, join, enrol or subscribe), ``symbol list`` (tags for reach beside a link or an offer of alerts).
"""

import polars as pl

from data_pipeline.curation.filters.verdict import verdicts
from tickertune.core.recipe.curation import SpamRule

MAX_LINKS = 2
MAX_HASHTAGS = 7
SHORT_CHARS = 600
"""Characters up to which a text that is no social post is judged too."""

_SHOUTS = (
    r"\b(?:to the moon|get in now|load up|buy buy|don'?t miss (?:the next|out|it)|about to explode|easy money|"
    r"before (?:it'?s|it is) too late|do(?:n'?t| not) sleep on|going to \d+x|\d+x potential|squeeze coming|bags packed)\b"
)
_MARKS = r"(?:!{2,}|\?{2,}|\U0001F680|\U0001F4B0|\U0001F48E|\U0001F911)"
"""Exclamation in a row, or a rocket, money bag, gem or money face: the phrase alone is an opinion."""

PHRASES: dict[str, str] = {
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
    "hype": rf"(?:{_SHOUTS}.{{0,60}}{_MARKS}|{_MARKS}.{{0,60}}{_SHOUTS})",
    "solicitation": r"\b(?:(?:dm|message|pm) (?:me|us|now|to join)\b|(?:text|email|whats ?app|telegram) (?:me\b|us\b|@|\+?\d{3})|message me on|link in (?:my )?bio|"
    r"(?:join|enter) (?:us|our|my|the #?1|\d[\d,]* (?:traders|members|subscribers))\b.{0,40}\b(?:room|group|chat|team|club|community|discord|telegram)|"
    r"(?:my|our) (?:\w+ )?(?:mentor|students|subscribers|members|signals?|bot|algo|premium|vip)\b"
    r".{0,60}(?:\bshows?\b|\bbanked\b|\bmade\b|\bcrush\w*|\bup \d+%|\bdoubles?\b|\bcalled\b|\benrol\w*|https?://|\bnext\b)|"
    r"(?:copy|see) (?:my|our|what we) (?:\S+ )?(?:trades?|buy|picks)|(?:free|live) (?:webinar|report|watch ?list|e?book|training|month)\b.{0,60}"
    r"(?:register|download|get|join|sign|https?://|how to)|get (?:the|my|our|your) (?:free )?(?:list|watch ?list|report|alerts?)|"
    r"get alerts? before|first month free|(?:half price|\d+% off|use code|discount)\b.{0,40}\b(?:course|service|alerts?|room|membership|week only|trading)|"
    r"(?:best|#1) (?:stock )?(?:alerts?|signals?|chat ?room) |trade alerts? in real time|\bvip\b.{0,20}\bsignals?|"
    r"(?:make|earn)\w* (?:\$?\w+ ){0,2}(?:while you sleep|passive income)|passive income|quit your (?:job|9)|"
    r"i make \$\d\S*|sure ?shot|(?:winning|\d+% accura\w+|guaranteed) (?:picks?|profit|signals?|tips)|"
    r"guaranteed profit|stop losing money|no experience needed|(?:like|follow|retweet)(?: and | & | \+ )(?:like|follow|retweet)\b.{0,40}\b(?:win|chance|gift)|"
    r"sign up for free|only \d+ spots|limited spots|subscribers made|members banked|no risk, all reward|system doubles|"
    r"(?:our|my) (?:\w+ ){0,2}(?:discord|telegram|whatsapp|readers|followers|scanner)\b.{0,40}(?:\bgives?\b|\bdoubled\b|\btripled\b|\bfor \$)|"
    r"want my (?:next )?(?:pick|alerts?|target|trades?)|account manager|(?:lifetime|full|instant) access\b|enrol\w* (?:here|now|today)|"
    r"free e-?book:|how (?:i|we) (?:made|turned|make) \S*[\d%]|we alerted\b|become a member|like and share|get paid (?:daily|weekly)|"
    r"bonus when you|trial (?:only|for) \$|\btext \w+ to \d{5}|"
    r"penny stocks? (?:alert|is about|to explode)|(?:huge|monster|massive) (?:gains? alert|runners?|winners,? want))",
}
"""Rule -> pattern of its phrases, case aside."""
_SYMBOLS = r"\$[A-Za-z]{1,6}\b"
_OFFERS = r"(?i)\b(?:get (?:the|our|my) |sign up|want more|join us|join our|subscribe\b|alerts? (?:before|sent)|must have\b|dm\b)"


def spam_filter(documents: pl.DataFrame, texts: pl.Series, rules: list[SpamRule]) -> pl.DataFrame:
    """Verdicts with reason ``spam`` on posts and short texts; ``detail`` is the first of ``rules`` that matches.

    Articles are not judged: one that quotes an offer, or ends in one, still tells news.

    Args:
        documents: Schema ``Document``.
        texts: Title and body of each.
        rules: The recipe's rules; without any nothing is spam.
    """
    detail = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    at = ((documents["category"] == "social") | (texts.str.len_chars() <= SHORT_CHARS)).arg_true()
    if not rules or not len(at):
        return verdicts("spam", detail)
    text = pl.col("text")
    checks = {rule: text.str.contains(f"(?i){pattern}") for rule, pattern in PHRASES.items()}
    checks["many links"] = text.str.count_matches(r"(?i)https?://") > MAX_LINKS
    checks["many hashtags"] = text.str.count_matches(r"#\w") > MAX_HASHTAGS
    checks["symbol list"] = (text.str.count_matches(_SYMBOLS) >= 3) & text.str.contains(_OFFERS)
    rule = pl.coalesce(pl.when(checks[rule]).then(pl.lit(rule)) for rule in rules)
    return verdicts("spam", detail.scatter(at, pl.DataFrame({"text": texts.gather(at)}).select(rule).to_series()))
