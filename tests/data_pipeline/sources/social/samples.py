"""Samples of the social APIs."""

from data_pipeline.sources.protocol import Cursor, Scope
from data_pipeline.sources.social import facebook, reddit, stocktwits, x
from tests.data_pipeline.sources.sample import Sample

SUBREDDITS = Scope(query="askreddit")
SYMBOLS = Scope(symbols=("F", "ACME"))
PAGES = Scope(query="acme", urls=("https://www.facebook.com/globex/posts/1",))

SAMPLES = [
    Sample(
        reddit.SOURCE,
        reddit.SOURCE.stream(Cursor(), SUBREDDITS)[0],
        "shared:payloads/reddit/TestSubredditListings.test_new.json",
        {"documents": 100},
        scope=SUBREDDITS,
        unwrap="0/body",
    ),
    Sample(
        reddit.SOURCE,
        reddit.SOURCE.stream(Cursor(), SUBREDDITS)[0],
        "shared:payloads/reddit/TestSubreddit.test_search.json",
        {"documents": 6},
        scope=Scope(),
        unwrap="0/body",
    ),
    Sample(
        stocktwits.SOURCE,
        stocktwits.SOURCE.stream(Cursor(), SYMBOLS)[0],
        "shared:payloads/stocktwits/models_test.json",
        {"documents": 30},
        scope=SYMBOLS,
    ),
    Sample(
        x.SOURCE,
        x.SOURCE.stream(Cursor(), SYMBOLS)[0].model_copy(update={"context": {"stream": "ACME"}}),
        "x/search_all.json",
        {"documents": 4, "follow": 1},
        scope=Scope(symbols=("ACME",), query="acme lang:en"),
    ),
    Sample(
        facebook.SOURCE,
        facebook.SOURCE.stream(Cursor(), PAGES)[0].model_copy(update={"context": {"page": "acme"}}),
        "facebook/posts.json",
        {"documents": 3, "follow": 1},
        scope=PAGES,
    ),
]
