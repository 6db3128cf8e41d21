"""MetricRow: one number of the report."""

from tickertune.core.noun import Noun


class MetricRow(Noun):
    """One number of the report."""

    world: str
    checkpoint: str
    """A checkpoint, a baseline, ``ceiling``, or a pair: ``sft minus base``."""
    metric: str
    value: float
    low: float | None = None
    """95% interval; None where there are too few days for one."""
    high: float | None = None
    n: int
    """Samples that the value rests on."""
    days: int
    """Clusters that they fall into."""
