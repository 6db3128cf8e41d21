"""Recipes: YAML that says all of a run, checked before anything starts."""

from tickertune.core.recipe.base import Config, ModelConfig
from tickertune.core.recipe.data import (
    AuditConfig,
    CollectedSourceConfig,
    DataConfig,
    FilesSourceConfig,
    LabelConfig,
    MovementDataConfig,
    SentimentDataConfig,
    SentimentSetConfig,
    SimulatedSourceConfig,
    SourceConfig,
    SplitConfig,
    StockNetSourceConfig,
)
from tickertune.core.recipe.evaluation import EvalConfig
from tickertune.core.recipe.grpo import GrpoConfig
from tickertune.core.recipe.loading import load_config, parse_config, read_yaml
from tickertune.core.recipe.run import Recipe, WorldConfig, load_recipe
from tickertune.core.recipe.sft import LoraConfig, SftConfig

__all__ = [
    "AuditConfig",
    "CollectedSourceConfig",
    "Config",
    "DataConfig",
    "EvalConfig",
    "FilesSourceConfig",
    "GrpoConfig",
    "LabelConfig",
    "LoraConfig",
    "ModelConfig",
    "MovementDataConfig",
    "Recipe",
    "SentimentDataConfig",
    "SentimentSetConfig",
    "SftConfig",
    "SimulatedSourceConfig",
    "SourceConfig",
    "SplitConfig",
    "StockNetSourceConfig",
    "WorldConfig",
    "load_config",
    "load_recipe",
    "parse_config",
    "read_yaml",
]
