"""A mixture of several data sets."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, DataPath, Seed

SetName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class MixedSetConfig(Config):
    """One data set of a mixture."""

    name: SetName
    """Stands before the ids of its samples."""
    path: DataPath
    """Folder of a built data set."""
    repeat: int = Field(default=1, ge=1)
    """Times that each training sample stands in the mixture."""
    limit: int | None = Field(default=None, ge=1)
    """Most training samples before they are repeated, drawn by the hash of seed and id."""
    weight: float | None = Field(default=None, gt=0)
    """Share of the mixture, relative to the others; for all sets or for none. The mixture is then as long as the set
    that is used up first allows."""
    scored: bool = True
    """Whether its validation and test samples are the mixture's too; those of all scored sets have one task."""


class MixtureDataConfig(Config):
    """Training samples of several data sets, evenly interleaved."""

    kind: Literal["mixture"] = "mixture"
    sets: list[MixedSetConfig] = Field(min_length=1)
    """The data sets, built before."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _consistent(self) -> "MixtureDataConfig":
        names = [block.name for block in self.sets]
        if len(set(names)) < len(names):
            raise ValueError("two sets have the same name: name each once and use repeat")
        weighted = [block.weight is not None for block in self.sets]
        if any(weighted) and not all(weighted):
            raise ValueError("give a weight to every set, or to none")
        if not any(block.scored for block in self.sets):
            raise ValueError("no set is scored: leave scored at true for one at least")
        return self
