"""How a data set is parted: in time, by ticker, by near-duplicate cluster, in folds."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, Seed

ClusterRule = Literal["drop_later", "drop_earlier"]


class HeldOutConfig(Config):
    """Tickers that nothing is trained on: splits ``ood_stock`` (training dates) and ``ood_both`` (test dates)."""

    instruments: list[str] = []
    """Held-out tickers, by symbol or instrument id."""
    share: float = Field(default=0.0, ge=0, lt=1)
    """Further share of the tickers, drawn by the hash of seed and id."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _someone(self) -> "HeldOutConfig":
        if not self.instruments and not self.share:
            raise ValueError("held_out holds nobody out: name instruments or give a share")
        return self


class FoldsConfig(Config):
    """Walk-forward folds: a data set for each part of the test period, under ``folds/``."""

    count: int = Field(ge=2)
    """Parts of the test period, equal in sessions as near as can be."""
    train: Literal["expanding", "sliding"] = "expanding"
    """Whether a later fold's train part begins where the first one's does, or moves on and keeps its length."""


class SplitConfig(Config):
    """Time-ordered parts, by the entry's session; ends are exclusive."""

    train_start: date
    """First session of the train split."""
    train_end: date
    """End of the train split and start of validation."""
    validation_end: date
    """End of validation."""
    test_start: date
    """First session of the test split."""
    test_end: date
    """End of the test split."""
    embargo_sessions: int = Field(default=1, ge=0)
    """Further sessions before a later split into which no label of an earlier one may reach."""
    near_duplicates: ClusterRule = "drop_later"
    """Which sample goes where a near-duplicate cluster reaches over two splits: ``drop_later`` is decided by past
    documents alone; ``drop_earlier`` leaves the evaluation set the same whatever is trained on."""
    held_out: HeldOutConfig | None = None
    """Tickers that nothing is trained on."""
    folds: FoldsConfig | None = None
    """Walk-forward folds, beside the split itself."""
    uniqueness_weights: bool = False
    """Weigh training samples of one ticker by the average uniqueness of their overlapping labels; else all weigh 1."""

    @model_validator(mode="after")
    def _ordered(self) -> "SplitConfig":
        ends = [self.train_start, self.train_end, self.validation_end, self.test_start, self.test_end]
        if ends != sorted(ends) or self.train_start == self.train_end or self.test_start == self.test_end:
            raise ValueError(
                "dates must be in the order train_start < train_end <= validation_end <= test_start < test_end"
            )
        return self
