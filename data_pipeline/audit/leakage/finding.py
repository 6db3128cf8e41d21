"""What a check reports, and the whole audit's result."""

from typing import Any, Literal

from tickertune.core.noun import Noun

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Finding(Noun):
    """One thing found, in words, with numbers and rows to look at."""

    check: str
    """Name of the check."""
    severity: Severity
    """error: scores on this data set cannot be believed; warning: look; note: good to know."""
    count: int
    """Rows (or what ``unit`` says) concerned."""
    share: float
    """``count`` over what was looked at."""
    detail: str
    """The cause with its values, one sentence without a full stop."""
    remedy: str
    """What to do, one sentence without a full stop."""
    unit: str = "rows"
    assumes_utc: bool = False
    """Whether it rests on naive times that were read as UTC."""
    examples: list[dict[str, str]] = []
    """A few rows, each a mapping of column to what it shows."""


class CheckState(Noun):
    """Whether a check could be done."""

    check: str
    title: str
    done: bool
    reason: str = ""
    """What it lacked, where it was not done."""


class AuditResult(Noun):
    """All of an audit."""

    dataset: str
    rows: int
    """Rows of the data set."""
    looked_at: int
    """Rows whose columns were read: all, or a stated part."""
    texts_read: int
    """Rows whose text was searched."""
    roles: dict[str, str]
    """Role to the column or columns that play it."""
    splits: dict[str, int]
    zone: str
    """Zone in which days and hours are told."""
    notes: list[str]
    """What was assumed, sampled or could not be read."""
    checks: list[CheckState]
    findings: list[Finding]
    priors: dict[str, dict[str, float]]
    """By split, the share of each label."""
    figures: dict[str, Any] = {}
    """Numbers behind the pictures: label shares by month, stamps by hour."""

    @property
    def errors(self) -> list[Finding]:
        """Findings that make scores unbelievable."""
        return [finding for finding in self.findings if finding.severity == "error"]
