"""Rules on one document: what has no time or words, promotion, foreign languages."""

import polars as pl
import pytest

from data_pipeline.curation.filters import apply_filters
from data_pipeline.curation.filters.language import foreign, languages
from data_pipeline.curation.filters.words import words_of
from tests.data_pipeline.nouns import document, documents
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import CurationConfig

LANGID = CurationConfig.model_validate({"language": {"detector": "langid"}})


def reason_of(title: str, config: CurationConfig | None = None, **fields: object) -> tuple[str, str] | None:
    kept, drops, _ = apply_filters(documents(document("a", title, **fields)), config or CurationConfig())
    assert len(kept) + len(drops) == 1
    return None if len(kept) else (drops["reason"][0], drops["detail"][0])


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("$XYZ READY TO EXPLODE!!! 1000% gains, join our FREE chat room now http://t.example/a", "offer"),
        ("Make $5000 a day like me trading $XYZ!!! click http://win.example/a limited spots", "riches"),
        ("$A $B $C hot picks!!! free alerts http://alerts.example/1", "riches"),
        ("Join our VIP group $AAPL", "invitation"),
        ("Sign up now for our newsletter $AAPL", "invitation"),
        ("Get a free trial of our scanner $AAPL", "offer"),
        ("RT to win an iPad $AAPL", "giveaway"),
        ("$AAPL chart http://a.example http://b.example http://c.example", "many links"),
        ("$AAPL chart #a #b #c #d #e #f #g #h", "many hashtags"),
    ],
)
def test_promotion_is_spam(title: str, rule: str) -> None:
    assert reason_of(title) == ("spam", rule)


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("$XYZ to the moon, get in now!!", "hype"),
        ("Our members banked 300% on $XYZ, see what we buy next: http://t.example/a", "solicitation"),
        ("$A $B $C runners for Monday, sign up", "symbol list"),
    ],
)
def test_a_rule_that_the_recipe_does_not_name_drops_nothing(title: str, rule: str) -> None:
    assert reason_of(title) is None
    assert reason_of(title, CurationConfig.model_validate({"spam": [rule]})) == ("spam", rule)


def test_without_rules_nothing_is_spam() -> None:
    assert reason_of("Join our VIP group", CurationConfig.model_validate({"spam": []})) is None


def test_an_article_that_ends_in_an_offer_is_no_spam() -> None:
    article = "The company said that profit rose as sales of its phones grew in every market. " * 10
    assert reason_of("Profit rises", body=article + "Sign up now for our newsletter.") is None
    assert reason_of("Profit rises", body=article + "Sign up now.", category="social") == ("spam", "invitation")


@pytest.mark.parametrize(
    "title",
    [
        "Apple makes money again as iPhone sales rise $AAPL http://t.co/a",
        "Amazon Prime members get free shipping for a limited time",
        "Shareholders urged to vote by BlackRock, which made $4 billion last year",
        "Why $AAPL is a top pick at Citi http://t.co/a http://t.co/b",
        "Subscribers to Netflix follow the money",
        "$AAPL bullish",
    ],
)
def test_news_about_money_and_offers_is_kept(title: str) -> None:
    assert reason_of(title) is None


@pytest.mark.parametrize("title", ["", "$AAPL http://t.co/x", "#AAPL @someone $T", "12.5 % ..."])
def test_documents_without_words_are_empty(title: str) -> None:
    assert reason_of(title) == ("empty", "")


def test_documents_of_unknown_time_are_dropped() -> None:
    assert reason_of("News", published_at=None, available_at=None, time_quality="unknown") == ("no_time", "")


FOREIGN = [
    ("Acme lädt die Aktionäre zur ordentlichen Hauptversammlung nach Berlin ein", None),
    ("Acme convoque ses actionnaires à une assemblée générale à Paris", None),
    ("Alibaba ha perdido 70.000 millones de dólares desde su debut. $BABA", "es"),
    ("$AAPL معشوقة الجماهير تتوقعون تعطينا فرصة للدخول", "ar"),
    ("苹果公司股价上涨 $AAPL", None),
]
ENGLISH = [
    ("$AAPL bullish", "ht"),
    ("Rexam expands into Saudi Arabia $REX", "sk"),
    ("Banco de Chile beats estimates $BCH", "en"),
    ("Dutch brewer De Koninck is sold", None),
    ("EARNINGS ALERT: Intel Q4 EPS $0.74 vs. $0.66 Est.; Q4 Revs. $14.72B vs. $14.71B Est. $INTC", "en"),
    ("$MSFT Commercial Licensing Rev $10.89B vs $10.14B y/y", "en"),
    ("JPMorgan Chase & Co. Moves Higher, Bulls Dig In", "de"),
]


@pytest.mark.parametrize("config", [CurationConfig(), LANGID], ids=["words", "langid"])
@pytest.mark.parametrize(("title", "declared"), FOREIGN)
def test_foreign_text_is_dropped(title: str, declared: str | None, config: CurationConfig) -> None:
    reason = reason_of(title, config, language=declared)
    assert reason is not None
    assert reason[0] == "language"


@pytest.mark.parametrize("config", [CurationConfig(), LANGID], ids=["words", "langid"])
@pytest.mark.parametrize(("title", "declared"), ENGLISH)
def test_short_english_text_is_kept_whatever_was_declared(title: str, declared: str, config: CurationConfig) -> None:
    assert reason_of(title, config, language=declared) is None


def test_function_words_must_outnumber_those_of_the_expected_language() -> None:
    texts = pl.Series(["El Paso gas prices rise", "Las ventas de la empresa caen", "Las ventas de la empresa caen"])
    declared = pl.Series([None, None, None], dtype=pl.String)
    assert foreign(texts, words_of(texts), declared, [["en"], ["en"], ["en", "es"]]).to_list() == [False, True, False]


def test_the_language_found_is_stored() -> None:
    titles = ["The company said that it will cut its outlook", "$AAPL 12%"]
    kept, drops, _ = apply_filters(documents(*(document(f"d{i}", t) for i, t in enumerate(titles))), LANGID)
    assert kept["language"].to_list() == ["en"]
    assert drops["reason"].to_list() == ["empty"]


def test_a_long_foreign_text_with_some_english_words_is_foreign() -> None:
    sentence = "Der Vorstand der Gesellschaft will den Aktionären in diesem Jahr eine höhere Dividende zahlen. "
    texts = pl.Series([sentence * 20 + "Buy now, sell later, the market is open."])
    assert languages(texts, words_of(texts), [["en"]]) == ["de"]


def test_other_markets_are_not_judged_unless_the_recipe_says_so() -> None:
    assert reason_of("苹果公司股价上涨", market="CN") is None
    chinese = CurationConfig.model_validate({"language": {"detector": "langid", "keep": {"CN": ["zh"]}}})
    assert reason_of("苹果公司股价上涨", chinese, market="CN") is None
    english = "The company said that it will cut its outlook"
    assert reason_of(english, chinese, market="CN") == ("language", "found en")


def test_a_language_that_the_detector_does_not_know_is_refused() -> None:
    with pytest.raises(TickerTuneError, match="does not know zh"):
        reason_of("text", CurationConfig.model_validate({"language": {"keep": {"CN": ["zh"]}}}))
