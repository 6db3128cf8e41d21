"""The price audit: splits, splices, gaps, stale and impossible bars, found before a label is made of them."""

from data_pipeline.audit.prices.audit import audit_markets, audit_prices, suspect_sessions
from data_pipeline.audit.prices.findings import FINDINGS_SCHEMA, KINDS, summary

__all__ = ["FINDINGS_SCHEMA", "KINDS", "audit_markets", "audit_prices", "summary", "suspect_sessions"]
