"""Columns that carry the outcome and say so."""

import re

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "outcome_columns"
_OUTCOME = re.compile(
    r"(?:^|[_\W])(next|future|fwd|forward|tomorrow|outcome|reali[sz]ed|ahead)(?:[_\W]|$)", re.IGNORECASE
)


def check(view: View) -> list[Finding]:
    """List columns that are named after what follows and play no role as label or return."""
    known = {*view.roles.all("target"), *view.roles.all("label"), *view.roles.all("exit")}
    named = [name for name in view.column_names if name not in known and _OUTCOME.search(name)]
    if not named:
        return []
    shown = ", ".join(named[:5]) + (f" and {len(named) - 5:,} more" if len(named) > 5 else "")
    return [
        view.finding(
            NAME, "warning", len(named), len(view.column_names),
            f"{len(named):,} columns are named after what follows: {shown}",
            "Use them as labels, never as features or in a prompt", unit="columns",
        )
    ]  # fmt: skip
