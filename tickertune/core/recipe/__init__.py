"""Recipes: YAML that says all of a run, checked before anything starts."""

from tickertune.core.recipe.base import Config, ModelConfig
from tickertune.core.recipe.curation import (
    ArticleLimits,
    CurationConfig,
    DecontaminationConfig,
    EvaluationSetConfig,
    LanguageConfig,
    NormaliseConfig,
    PerplexityConfig,
    QualityConfig,
    ShortTextLimits,
    TextLimits,
)
from tickertune.core.recipe.data import DataConfig, MovementDataConfig
from tickertune.core.recipe.evaluation import EvalConfig
from tickertune.core.recipe.grpo import GrpoConfig
from tickertune.core.recipe.label import (
    Acl18LabelConfig,
    AuditConfig,
    ExcessLabelConfig,
    FinGPTRlspLabelConfig,
    FinGPTV1LabelConfig,
    FinGPTV11LabelConfig,
    ForecasterLabelConfig,
    LabelConfig,
    RetuningLabelConfig,
    SepLabelConfig,
    SsptLabelConfig,
    TradingR1LabelConfig,
    TripleBarrierLabelConfig,
    label_config,
)
from tickertune.core.recipe.loading import load_config, parse_config, read_yaml
from tickertune.core.recipe.run import Recipe, WorldConfig, load_recipe
from tickertune.core.recipe.sentiment import SentimentDataConfig, SentimentSetConfig
from tickertune.core.recipe.sft import LoraConfig, SftConfig
from tickertune.core.recipe.source import (
    CollectedSourceConfig,
    DirtConfig,
    FilesSourceConfig,
    SimulatedSourceConfig,
    SourceConfig,
    StockNetSourceConfig,
)
from tickertune.core.recipe.split import FoldsConfig, HeldOutConfig, SplitConfig

__all__ = [
    "Acl18LabelConfig",
    "ArticleLimits",
    "AuditConfig",
    "CollectedSourceConfig",
    "Config",
    "CurationConfig",
    "DataConfig",
    "DecontaminationConfig",
    "DirtConfig",
    "EvalConfig",
    "EvaluationSetConfig",
    "ExcessLabelConfig",
    "FilesSourceConfig",
    "FinGPTRlspLabelConfig",
    "FinGPTV1LabelConfig",
    "FinGPTV11LabelConfig",
    "FoldsConfig",
    "ForecasterLabelConfig",
    "GrpoConfig",
    "HeldOutConfig",
    "LabelConfig",
    "LanguageConfig",
    "LoraConfig",
    "ModelConfig",
    "MovementDataConfig",
    "NormaliseConfig",
    "PerplexityConfig",
    "QualityConfig",
    "Recipe",
    "RetuningLabelConfig",
    "SentimentDataConfig",
    "SentimentSetConfig",
    "SepLabelConfig",
    "SftConfig",
    "ShortTextLimits",
    "SimulatedSourceConfig",
    "SourceConfig",
    "SplitConfig",
    "SsptLabelConfig",
    "StockNetSourceConfig",
    "TextLimits",
    "TradingR1LabelConfig",
    "TripleBarrierLabelConfig",
    "WorldConfig",
    "label_config",
    "load_config",
    "load_recipe",
    "parse_config",
    "read_yaml",
]
