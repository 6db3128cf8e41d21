"""The instrument registry: what a symbol meant on a day, and tables rewritten by it."""

from data_pipeline.instruments.building import build_registry
from data_pipeline.instruments.registry import Registry, Resolution
from data_pipeline.instruments.tables import (
    Rewritten,
    rewrite_actions,
    rewrite_bars,
    rewrite_documents,
    rewrite_observations,
)

__all__ = [
    "Registry",
    "Resolution",
    "Rewritten",
    "build_registry",
    "rewrite_actions",
    "rewrite_bars",
    "rewrite_documents",
    "rewrite_observations",
]
