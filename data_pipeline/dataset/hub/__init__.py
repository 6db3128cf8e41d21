"""Publishing a data set, and bringing back the texts that a published one may not hold."""

from data_pipeline.dataset.hub.package import write_package
from data_pipeline.dataset.hub.rehydration import Rehydration, rehydrate

__all__ = ["Rehydration", "rehydrate", "write_package"]
