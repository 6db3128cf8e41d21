"""Every check, what it needs, and what it is called in a report."""

from dataclasses import dataclass

from data_pipeline.audit.leakage.checks import (
    after_hours,
    availability,
    clocks,
    duplicates,
    features,
    fiscal,
    fitted,
    future_text,
    names,
    order,
    other_times,
    overlap,
    priors,
    prompt,
    random_split,
    repeats,
    scaled,
    stamps,
    survivorship,
    windows,
)
from data_pipeline.audit.leakage.finding import CheckState, Finding
from data_pipeline.audit.leakage.view import Check, View


@dataclass(frozen=True)
class Entry:
    """A check with what it needs."""

    name: str
    title: str
    needs: tuple[str, ...]
    """Each ``a|b`` must be met by one of its roles; ``splits`` are two or more, ``texts``, ``items`` and ``features``
    are what the view has under that name."""
    run: Check

    def lacks(self, view: View) -> str:
        """What the view has not, in words; empty where the check can be done."""
        missing = [need for need in self.needs if not view.has(need)]
        return " and ".join(need.replace("|", " or ") for need in missing)


_DECISION, _TEXT_TIME = "as_of|entry", "published|available|items"
_CLOCK = "as_of|published|available|entry|exit"
CHECKS: tuple[Entry, ...] = (
    Entry(availability.NAME, "text after its decision or entry", (_DECISION, _TEXT_TIME), availability.check),
    Entry(order.NAME, "decision, entry and exit in order", ("entry", "as_of|exit"), order.check),
    Entry(future_text.NAME, "texts that tell of a later day", ("texts", _CLOCK), future_text.check),
    Entry(prompt.NAME, "the outcome in the text", ("texts",), prompt.check),
    Entry(features.NAME, "features that are the target", ("features|texts", "label|target"), features.check),
    Entry(names.NAME, "columns named after the outcome", (), names.check),
    Entry(other_times.NAME, "other times after the decision", (_DECISION,), other_times.check),
    Entry(overlap.NAME, "label windows across splits", ("splits", _DECISION, "exit"), overlap.check),
    Entry(random_split.NAME, "splits by time", ("splits", _CLOCK), random_split.check),
    Entry(duplicates.NAME, "copies across splits", ("splits", "texts|items"), duplicates.check),
    Entry(fitted.NAME, "cut points fitted on all rows", ("splits", "label"), fitted.check),
    Entry(scaled.NAME, "scalers fitted on all rows", ("splits", "features"), scaled.check),
    Entry(windows.NAME, "windows closed on both sides", (_TEXT_TIME, _DECISION), windows.check),
    Entry(after_hours.NAME, "news against its session's prices", ("published", "entry"), after_hours.check),
    Entry(fiscal.NAME, "fiscal period against filing", ("period_end|filed|published",), fiscal.check),
    Entry(stamps.WEEKLY, "stamps on weekends", (_DECISION,), stamps.weekend),
    Entry(stamps.MIDNIGHT, "dates taken for midnight", ("published|items",), stamps.midnight),
    Entry(clocks.NAME, "zones", ("published",), clocks.check),
    Entry(priors.NAME, "label shares", ("label",), priors.check),
    Entry(repeats.NAME, "one text, several labels", ("texts", "label"), repeats.check),
    Entry(survivorship.NAME, "survivorship", ("symbol", _CLOCK), survivorship.check),
)


def run_checks(view: View) -> tuple[list[CheckState], list[Finding]]:
    """Do every check that the view allows; findings come by severity, then in the order of the checks."""
    states, found = [], []
    for entry in CHECKS:
        lacks = entry.lacks(view)
        states.append(
            CheckState(
                check=entry.name, title=entry.title, done=not lacks, reason=f"no column for {lacks}" if lacks else ""
            )
        )
        if not lacks:
            found += entry.run(view)
    order_of = {"error": 0, "warning": 1, "note": 2}
    return states, sorted(found, key=lambda finding: order_of[finding.severity])
