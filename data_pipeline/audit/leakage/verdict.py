"""The audit in words: what a reader should know before any number."""

from collections import Counter

from data_pipeline.audit.leakage.finding import AuditResult


def verdict(audit: AuditResult) -> str:
    """Say in two or three sentences whether scores on the data set can be believed."""
    done = [state for state in audit.checks if state.done]
    counts = Counter(finding.severity for finding in audit.findings)
    of = f"{len(done)} of {len(audit.checks)} checks could be done"
    if counts["error"]:
        names = ", ".join(dict.fromkeys(title_of(audit, finding.check) for finding in audit.errors))
        first = f"This data set leaks: {names}. A score on it cannot be believed until that is mended"
    elif counts["warning"]:
        first = f"No certain leak was found, but {counts['warning']} {_plural('thing', counts['warning'])} to look at"
    else:
        first = "No leak was found by the checks that could be done"
    undone = [state.title for state in audit.checks if not state.done]
    rest = f" Not looked at, for lack of columns: {', '.join(undone)}." if undone else ""
    assumed = " Findings marked with * read naive times as UTC." if any(f.assumes_utc for f in audit.findings) else ""
    return f"{first}. {of}.{rest}{assumed}"


def title_of(audit: AuditResult, check: str) -> str:
    """What a check is called."""
    return next((state.title for state in audit.checks if state.check == check), check)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else word + "s"
