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
)
from tickertune.core.recipe.data import DataConfig, MovementDataConfig
from tickertune.core.recipe.dpo import DpoConfig
from tickertune.core.recipe.evaluation import EvalConfig
from tickertune.core.recipe.grpo import GrpoConfig
from tickertune.core.recipe.guards import GuardsConfig
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
from tickertune.core.recipe.mixture import MixedSetConfig, MixtureDataConfig
from tickertune.core.recipe.prompt import (
    AlphasContextConfig,
    AnonymiseConfig,
    AnyContextConfig,
    FundamentalsContextConfig,
    MacroContextConfig,
    PricesContextConfig,
    PromptConfig,
    ReturnsContextConfig,
    SimilarContextConfig,
    TechnicalContextConfig,
    TokenBudgetConfig,
)
from tickertune.core.recipe.rationales import EndpointTeacherConfig, EngineTeacherConfig, RationalesConfig
from tickertune.core.recipe.reward_model import RewardModelConfig
from tickertune.core.recipe.rewards import (
    ClassBonusConfig,
    DecisionMatrixConfig,
    EvidenceConfig,
    LengthConfig,
    MagnitudeConfig,
    PnlConfig,
    PortfolioConfig,
    RewardStage,
    StructureConfig,
    TermsConfig,
)
from tickertune.core.recipe.run import Recipe, WorldConfig, load_recipe
from tickertune.core.recipe.sentiment import SentimentDataConfig, SentimentSetConfig
from tickertune.core.recipe.serving import ServerConfig
from tickertune.core.recipe.sft import SftConfig
from tickertune.core.recipe.shots import ShotsConfig
from tickertune.core.recipe.source import (
    CollectedSourceConfig,
    DirtConfig,
    FilesSourceConfig,
    PriceDirtConfig,
    SimulatedSourceConfig,
    SourceConfig,
    StockNetSourceConfig,
)
from tickertune.core.recipe.split import FoldsConfig, HeldOutConfig, SplitConfig
from tickertune.core.recipe.stage import EpochsConfig, LoraConfig, PairsConfig, StageConfig
from tickertune.core.recipe.trading import AccountConfig, PolicyConfig
from tickertune.core.recipe.votes import VotesConfig

__all__ = [
    "AccountConfig",
    "Acl18LabelConfig",
    "AlphasContextConfig",
    "AnonymiseConfig",
    "AnyContextConfig",
    "ArticleLimits",
    "AuditConfig",
    "ClassBonusConfig",
    "CollectedSourceConfig",
    "Config",
    "CurationConfig",
    "DataConfig",
    "DecisionMatrixConfig",
    "DecontaminationConfig",
    "DirtConfig",
    "DpoConfig",
    "EndpointTeacherConfig",
    "EngineTeacherConfig",
    "EpochsConfig",
    "EvalConfig",
    "EvaluationSetConfig",
    "EvidenceConfig",
    "ExcessLabelConfig",
    "FilesSourceConfig",
    "FinGPTRlspLabelConfig",
    "FinGPTV1LabelConfig",
    "FinGPTV11LabelConfig",
    "FoldsConfig",
    "ForecasterLabelConfig",
    "FundamentalsContextConfig",
    "GrpoConfig",
    "GuardsConfig",
    "HeldOutConfig",
    "LabelConfig",
    "LanguageConfig",
    "LengthConfig",
    "LoraConfig",
    "MacroContextConfig",
    "MagnitudeConfig",
    "MixedSetConfig",
    "MixtureDataConfig",
    "ModelConfig",
    "MovementDataConfig",
    "NormaliseConfig",
    "PairsConfig",
    "PerplexityConfig",
    "PnlConfig",
    "PolicyConfig",
    "PortfolioConfig",
    "PriceDirtConfig",
    "PricesContextConfig",
    "PromptConfig",
    "QualityConfig",
    "RationalesConfig",
    "Recipe",
    "RetuningLabelConfig",
    "ReturnsContextConfig",
    "RewardModelConfig",
    "RewardStage",
    "SentimentDataConfig",
    "SentimentSetConfig",
    "SepLabelConfig",
    "ServerConfig",
    "SftConfig",
    "ShortTextLimits",
    "ShotsConfig",
    "SimilarContextConfig",
    "SimulatedSourceConfig",
    "SourceConfig",
    "SplitConfig",
    "SsptLabelConfig",
    "StageConfig",
    "StockNetSourceConfig",
    "StructureConfig",
    "TechnicalContextConfig",
    "TermsConfig",
    "TokenBudgetConfig",
    "TradingR1LabelConfig",
    "TripleBarrierLabelConfig",
    "VotesConfig",
    "WorldConfig",
    "label_config",
    "load_config",
    "load_recipe",
    "parse_config",
    "read_yaml",
]
