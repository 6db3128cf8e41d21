"""Sample: one supervised example, with its times, targets and provenance."""

from datetime import date
from typing import Literal

from pydantic import Field

from tickertune.core.noun import Noun, UtcTime

Split = Literal["train", "validation", "test", "ood_stock", "ood_both"]
"""``test`` has the training tickers at later dates (RETuning's OOD_Date); the last two exist where a recipe holds tickers
out: ``ood_stock`` at the training dates, ``ood_both`` at the test's."""


class Message(Noun):
    """One chat turn."""

    role: Literal["system", "user", "assistant"]
    content: str


class Sample(Noun):
    """One supervised example.

    The movement task sets every time and target; a text task without a date leaves them None.
    Returns are simple returns over [entry, exit], as fractions (0.01 is one per cent).
    """

    sample_id: str
    task: str
    instrument_id: str | None = None
    symbol: str | None = None
    as_of: UtcTime | None = None
    """Decision time: nothing available later is in the prompt."""
    session: date | None = None
    """Exchange session of the entry; the cluster of day-clustered intervals."""
    doc_ids: list[str]
    messages: list[Message]
    """The prompt, without the answer."""
    answer: str
    """What the assistant should reply."""
    label: str
    entry: UtcTime | None = None
    exit: UtcTime | None = None
    ret_raw: float | None = None
    """Total return from entry to exit."""
    ret_excess: float | None = None
    """ret_raw minus the market's return over the same window."""
    ret_beta: float | None = None
    """ret_raw minus beta times the market's return; beta is fitted on returns that had ended by the decision."""
    ret_scaled: float | None = None
    """The return that the label is about (ret_excess, for ``benchmark: beta`` ret_beta, ret_raw for labels that scale the
    plain return) over the volatility known before entry, for the horizon."""
    volatility: float | None = Field(default=None, gt=0)
    """Trailing volatility over the label's horizon, known before entry."""
    target: float | None = None
    """What the label's classes cut, where that is none of the returns above."""
    touch: Literal["upper", "lower", "vertical"] | None = None
    """Barrier that ended a triple-barrier label; ``exit`` is when."""
    split: Split
    weight: float = Field(default=1.0, ge=0)
    provenance: str
    """Hash of the label specification and prompt template that made this sample."""
