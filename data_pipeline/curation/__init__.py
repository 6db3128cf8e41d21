"""Curation: one form for the text, then drop what is no news, each drop with its reason and survivor."""

from data_pipeline.curation.curating import curate, curate_after
from data_pipeline.curation.drops import DROPS_SCHEMA, Drop, drops_frame
from data_pipeline.curation.revisions import newest_at, superseded_at

__all__ = ["DROPS_SCHEMA", "Drop", "curate", "curate_after", "drops_frame", "newest_at", "superseded_at"]
