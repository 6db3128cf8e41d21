"""Missing sessions: the exchange was open, the series has begun and not ended, and there is no bar."""

from collections.abc import Iterator

import numpy as np

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.audit.prices.series import Series


def missing_sessions(series: Series) -> Iterator[Finding]:
    """Report each run of missing sessions as a note: a missing bar is never filled, so no label can use it."""
    dates = series.sessions.dates
    for before, after in zip(series.column[:-1], series.column[1:], strict=True):
        if (lost := int(after - before) - 1) > 0:
            yield Finding(
                series.instrument_id, "missing_sessions", dates[before + 1].item(), dates[after - 1].item(), "note",
                float(lost), f"{lost} session(s) without a bar",
            )  # fmt: skip


def runs(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2).tolist():
        yield start, end - 1
