"""The base of all configuration, and the model every stage names."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tickertune.core.hardware import Dtype

DATA_VARIABLE = "TICKERTUNE_DATA"
WITHOUT_EFFECT = frozenset({"dataset", "init", "output", "tracking", "keep_checkpoints"})
"""Keys of a training stage that do not change its result: paths, so that a run folder may be moved, where curves are shown, and which
checkpoints are kept."""
DEFAULT_DATA = "../shared/data"


def expand(path: str) -> str:
    """Expand ``$TICKERTUNE_DATA`` (default ``../shared/data``) and other environment variables."""
    default = os.environ.get(DATA_VARIABLE, DEFAULT_DATA)
    return os.path.expanduser(os.path.expandvars(path.replace(f"${DATA_VARIABLE}", default)))


DataPath = Annotated[Path, AfterValidator(lambda path: Path(expand(str(path))))]
"""A path in which environment variables are expanded."""
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""What NumPy and torch both take as a seed."""


class Config(BaseModel):
    """A block of a recipe: closed set of keys, immutable, numbers finite."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        protected_namespaces=(),
        allow_inf_nan=False,  # no key means it, and what a run stores is JSON, which has no such numbers
    )


class ModelConfig(Config):
    """The base model of a stage."""

    name: str
    """Hub id, local folder, or a built-in: ``smollm2-135m`` (from the demo extra), ``tiny-llama``
    (randomly initialised, for tests and many-seed studies)."""
    revision: str | None = None
    """Hub commit; a Hub model without one is resolved once and the commit is stored with the run."""
    dtype: Dtype = Field("auto", validate_default=True)
    """``auto``: bfloat16 where the machine has instructions for it, else float32."""
