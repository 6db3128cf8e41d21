"""Samples of the macro and fundamentals sources."""

from datetime import UTC, datetime

from data_pipeline.sources.macro import fred, massive_financials, tiingo_fundamentals
from data_pipeline.sources.protocol import Request, Scope
from tests.data_pipeline.sources.sample import Sample

_FRED = "https://api.stlouisfed.org/fred"
_WINDOW = {"since": "2025-06-01T00:00:00+00:00", "until": "2025-10-01T00:00:00+00:00"}
_STATEMENTS = "https://api.tiingo.com/tiingo/fundamentals/GOOGL/statements"
DOW = Scope(symbols=("GOOGL",))
SERIES = Scope(symbols=("GDPC1", "CPIAUCSL"))

SERIES_SAMPLE = Sample(
    fred.SOURCE,
    Request(
        url=f"{_FRED}/series",
        params={"series_id": "EXGDP", "realtime_start": "2025-06-01", "realtime_end": "2025-09-30"},
        context=_WINDOW,
    ),
    "fred/series.json",
    {"follow": 2},  # the units change within the window
    mode="range",
    scope=SERIES,
)
VALUES_SAMPLE = Sample(
    fred.SOURCE,
    Request(
        url=f"{_FRED}/series/observations",
        params={"series_id": "EXGDP", "realtime_start": "2025-05-31", "realtime_end": "2025-08-27", "offset": "0"},
        context=_WINDOW | {"units": "Billions of Chained 2012 Dollars", "frequency": "Q"},
    ),
    "fred/observations.json",
    {"observations": 2},  # one vintage is older than the window, one value is missing
    mode="range",
    scope=SERIES,
)
SAMPLES = [
    SERIES_SAMPLE,
    VALUES_SAMPLE,
    # 11 + 9 + 5 + 22 lines of one report
    Sample(
        massive_financials.SOURCE,
        Request(url="https://api.massive.com/vX/reference/financials", context={"symbol": "NXPI"}),
        "shared:payloads/massive_polygon/vX_reference_financials.json",
        {"observations": 47},
        fetched_at=datetime(2022, 6, 1, tzinfo=UTC),
        mode="range",
        scope=DOW,
    ),
    Sample(
        tiingo_fundamentals.SOURCE,
        Request(
            url=_STATEMENTS,
            params={"asReported": "false"},
            context={"symbol": "GOOGL", "first": "2020-01-01", "last": "2020-04-01"},
        ),
        "shared:payloads/tiingo/fundamentals_statements.0.json",
        {"follow": 1},
        fetched_at=datetime(2020, 6, 1, tzinfo=UTC),
        mode="range",
        scope=DOW,
        unwrap="body",
    ),
    # two statements (the quarter and the year), each of 26 + 14 + 21 lines
    Sample(
        tiingo_fundamentals.SOURCE,
        Request(
            url=_STATEMENTS,
            params={"asReported": "true"},
            context={"symbol": "GOOGL", "periods": '{"2019Q0": "2019-12-31", "2019Q4": "2019-12-31"}'},
        ),
        "shared:payloads/tiingo/fundamentals_statements_with_as_reported.0.json",
        {"observations": 122},
        fetched_at=datetime(2020, 6, 1, tzinfo=UTC),
        mode="range",
        scope=DOW,
        unwrap="body",
    ),
]
