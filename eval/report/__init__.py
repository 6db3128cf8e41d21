"""The report of a run: one self-contained page, the same in Markdown, and all numbers as JSON."""

from eval.report.table import render_table
from eval.report.write import write_report

__all__ = ["render_table", "write_report"]
