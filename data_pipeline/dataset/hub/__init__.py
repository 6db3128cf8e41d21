"""Publishing a data set, and bringing back the texts that a published one may not hold."""

from data_pipeline.dataset.hub.package import write_package
from data_pipeline.dataset.hub.rehydration import Rehydration, rehydrate, require_ids

__all__ = ["Rehydration", "rehydrate", "require_ids", "write_package"]
