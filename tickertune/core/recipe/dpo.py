"""Direct preference optimisation on pairs of replies."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from tickertune.core.recipe.stage import LoraConfig, PairsConfig


class DpoConfig(PairsConfig):
    """DPO on preference pairs, from an SFT adapter, which stays the frozen reference."""

    init: Path | None = None
    """The SFT stage's folder to start from; its adapter is trained on, and a frozen copy of it is the reference. None: a new
    adapter, and the base model is the reference."""
    lora: LoraConfig = LoraConfig()
    """Used only when ``init`` is absent. The adapter in training has the dropout that it names (that of SFT with ``init``), the reference
    none."""
    beta: float = Field(default=0.1, gt=0)
    """How strongly the policy is held to the reference; the less, the further it may go."""
    loss: Literal["sigmoid", "hinge", "ipo"] = "sigmoid"
    """``sigmoid``: Rafailov et al. 2023; ``hinge``: Zhao et al. 2023; ``ipo``: Azar et al. 2023, which does not drive sure pairs apart
    without end."""
    learning_rate: float = Field(default=1e-5, gt=0)
