"""A picture of one series with what the audit found in it."""

import io
from typing import Any

import matplotlib
import polars as pl
from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {"svg.hashsalt": "tickertune", "svg.fonttype": "path", "font.size": 9}
INK, SUSPECT, NOTE = "#222222", "#D55E00", "#8A8A8A"


def plot_findings(bars: pl.DataFrame, findings: pl.DataFrame, instrument_id: str) -> str:
    """Draw the closes of an instrument, on a log scale, and its findings.

    Args:
        bars: Schema ``Bar``.
        findings: Schema ``FINDINGS_SCHEMA``.
        instrument_id: The instrument.

    Returns:
        SVG text, the same for the same input: suspects are marked in orange and named, notes are grey.
    """
    own = bars.filter(pl.col("instrument_id") == instrument_id).sort("session", "close")
    found = findings.filter(pl.col("instrument_id") == instrument_id)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.8), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(own["session"].to_numpy(), own["close"].to_numpy(), color=INK, linewidth=0.9)
        axes.set_yscale("log")
        axes.set_title(f"{instrument_id}, {own['basis'][0]} closes", loc="left", fontsize=10)
        named: set[str] = set()
        for kind, first, last, severity in found.select("kind", "first_session", "last_session", "severity").rows():
            colour = SUSPECT if severity == "suspect" else NOTE
            label = None if kind in named else f"{kind} ({severity})"
            axes.axvspan(first, last, color=colour, alpha=0.35, linewidth=1.2, label=label)
            named.add(kind)
        if named:
            axes.legend(frameon=False, fontsize=8)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
