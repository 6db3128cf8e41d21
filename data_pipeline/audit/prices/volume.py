"""Zero volume: a price at which nobody traded is no price to enter at."""

from collections.abc import Iterator

import numpy as np

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.audit.prices.missing import runs
from data_pipeline.audit.prices.series import Series


def zero_volume(series: Series) -> Iterator[Finding]:
    """Report runs of bars without volume; one note where the series has none in general, as an index."""
    zero = series.volume == 0
    if not series.has_volume:
        share = float(np.mean(zero))
        yield Finding(
            series.instrument_id, "no_volume", series.day(0), series.day(len(series) - 1), "note", share,
            f"{share:.0%} of the bars have no volume",
        )  # fmt: skip
        return
    for first, last in runs(zero):
        yield Finding(
            series.instrument_id, "zero_volume", series.day(first), series.day(last), "suspect",
            float(last - first + 1), f"{last - first + 1} bar(s) without volume in a series that trades",
        )  # fmt: skip
