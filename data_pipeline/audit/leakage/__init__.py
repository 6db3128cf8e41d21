"""Leakage checks on any data set with time stamps: read by roles, judged by a file a check, told in a report."""

from data_pipeline.audit.leakage.audit import audit_dataset, is_dataset
from data_pipeline.audit.leakage.finding import AuditResult, CheckState, Finding
from data_pipeline.audit.leakage.roles import parse_overrides
from data_pipeline.audit.leakage.samples import audit_samples

__all__ = [
    "AuditResult",
    "CheckState",
    "Finding",
    "audit_dataset",
    "audit_samples",
    "is_dataset",
    "parse_overrides",
]
