import pytest

from data_pipeline.curation.quality import is_foreign, quality
from tests.data_pipeline.nouns import document, documents


def reason_of(title: str, **fields: object) -> tuple[str, str] | None:
    kept, drops = quality(documents(document("a", title, **fields)))
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


@pytest.mark.parametrize(
    ("title", "declared"),
    [
        ("Acme lädt die Aktionäre zur ordentlichen Hauptversammlung nach Berlin ein", None),
        ("Acme convoque ses actionnaires à une assemblée générale à Paris", None),
        ("Alibaba ha perdido 70.000 millones de dólares desde su debut. $BABA", "es"),
        ("$AAPL معشوقة الجماهير تتوقعون تعطينا فرصة للدخول", "ar"),
        ("苹果公司股价上涨 $AAPL", None),
    ],
)
def test_foreign_text_is_dropped(title: str, declared: str | None) -> None:
    reason = reason_of(title, language=declared)
    assert reason is not None
    assert reason[0] == "language"


@pytest.mark.parametrize(
    ("title", "declared"),
    [
        ("$AAPL bullish", "ht"),
        ("Rexam expands into Saudi Arabia $REX", "sk"),
        ("Banco de Chile beats estimates $BCH", "en"),
        ("Dutch brewer De Koninck is sold", None),
        ("JPMorgan Chase & Co. Moves Higher, Bulls Dig In", "de"),
    ],
)
def test_short_english_text_is_kept_whatever_the_detector_said(title: str, declared: str | None) -> None:
    assert not is_foreign(title, declared, "en")


def test_other_markets_are_not_judged_by_language() -> None:
    assert reason_of("苹果公司股价上涨", market="CN") is None
