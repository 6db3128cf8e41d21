"""Write docs/recipe-keys.md, the table of every recipe key, from the configuration classes (``make docs``)."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tickertune.core.recipe import (
    AccountConfig,
    Acl18LabelConfig,
    AlphasContextConfig,
    AnonymiseConfig,
    ArticleLimits,
    AuditConfig,
    ClassBonusConfig,
    CollectedSourceConfig,
    CurationConfig,
    DecisionMatrixConfig,
    DecontaminationConfig,
    DpoConfig,
    EndpointTeacherConfig,
    EngineTeacherConfig,
    EvalConfig,
    EvaluationSetConfig,
    EvidenceConfig,
    ExcessLabelConfig,
    FilesSourceConfig,
    FinGPTRlspLabelConfig,
    FinGPTV1LabelConfig,
    FinGPTV11LabelConfig,
    FoldsConfig,
    ForecasterLabelConfig,
    FundamentalsContextConfig,
    GrpoConfig,
    GuardsConfig,
    HeldOutConfig,
    LanguageConfig,
    LengthConfig,
    LoraConfig,
    MacroContextConfig,
    MagnitudeConfig,
    MixedSetConfig,
    MixtureDataConfig,
    ModelConfig,
    MovementDataConfig,
    NormaliseConfig,
    PerplexityConfig,
    PnlConfig,
    PolicyConfig,
    PortfolioConfig,
    PricesContextConfig,
    PromptConfig,
    QualityConfig,
    RationalesConfig,
    Recipe,
    RetuningLabelConfig,
    ReturnsContextConfig,
    RewardModelConfig,
    RewardStage,
    SentimentDataConfig,
    SentimentSetConfig,
    SepLabelConfig,
    ServerConfig,
    SftConfig,
    ShortTextLimits,
    ShotsConfig,
    SimilarContextConfig,
    SimulatedSourceConfig,
    SplitConfig,
    SsptLabelConfig,
    StockNetSourceConfig,
    StructureConfig,
    TechnicalContextConfig,
    TermsConfig,
    TokenBudgetConfig,
    TradingR1LabelConfig,
    TripleBarrierLabelConfig,
    VotesConfig,
    WorldConfig,
)
from tickertune.core.recipe.agents import AgentsConfig
from tickertune.core.recipe.curriculum import (
    CollapseConfig,
    CurriculumConfig,
    DifficultyConfig,
    DistractorsConfig,
    DistractorStage,
    NoiseConfig,
    NoiseStage,
    RegimesConfig,
)
from tickertune.core.recipe.sft import LossWeights, SelectConfig
from tickertune.core.recipe.source import DirtConfig, PriceDirtConfig

PAGE = Path(__file__).parents[1] / "docs" / "recipe-keys.md"
BLOCKS: dict[str, type[BaseModel]] = {
    "run.yaml": Recipe,
    "model": ModelConfig,
    "worlds.NAME": WorldConfig,
    "data.yaml, kind: movement": MovementDataConfig,
    "source, kind: simulated": SimulatedSourceConfig,
    "source.dirt": DirtConfig,
    "source.dirt.prices": PriceDirtConfig,
    "source, kind: stocknet": StockNetSourceConfig,
    "source, kind: files": FilesSourceConfig,
    "source, kind: collected": CollectedSourceConfig,
    "label, name: excess": ExcessLabelConfig,
    "label, name: acl18, acl18_as_published": Acl18LabelConfig,
    "label, name: sep": SepLabelConfig,
    "label, name: fingpt_rlsp": FinGPTRlspLabelConfig,
    "label, name: fingpt_v1, fingpt_v1_as_published": FinGPTV1LabelConfig,
    "label, name: fingpt_v1_1": FinGPTV11LabelConfig,
    "label, name: fingpt_forecaster": ForecasterLabelConfig,
    "label, name: retuning": RetuningLabelConfig,
    "label, name: trading_r1": TradingR1LabelConfig,
    "label, name: triple_barrier": TripleBarrierLabelConfig,
    "label, name: sspt_ticker, sspt_sector, sspt_moving_average": SsptLabelConfig,
    "split": SplitConfig,
    "split.held_out": HeldOutConfig,
    "split.folds": FoldsConfig,
    "prompt": PromptConfig,
    "prompt.token_budget": TokenBudgetConfig,
    "prompt.anonymise": AnonymiseConfig,
    "prompt.context, kind: returns": ReturnsContextConfig,
    "prompt.context, kind: technical": TechnicalContextConfig,
    "prompt.context, kind: prices": PricesContextConfig,
    "prompt.context, kind: alphas": AlphasContextConfig,
    "prompt.context, kind: fundamentals": FundamentalsContextConfig,
    "prompt.context, kind: macro": MacroContextConfig,
    "prompt.context, kind: similar": SimilarContextConfig,
    "audit": AuditConfig,
    "curation": CurationConfig,
    "curation.normalise": NormaliseConfig,
    "curation.language": LanguageConfig,
    "curation.quality": QualityConfig,
    "curation.quality.short": ShortTextLimits,
    "curation.quality.article": ArticleLimits,
    "curation.perplexity": PerplexityConfig,
    "decontamination": DecontaminationConfig,
    "decontamination.sets": EvaluationSetConfig,
    "data.yaml, kind: sentiment": SentimentDataConfig,
    "train and test of a sentiment recipe": SentimentSetConfig,
    "data.yaml, kind: mixture": MixtureDataConfig,
    "sets of a mixture": MixedSetConfig,
    "sft.yaml": SftConfig,
    "lora": LoraConfig,
    "select": SelectConfig,
    "loss_weights": LossWeights,
    "rationales.yaml": RationalesConfig,
    "teacher, kind: endpoint": EndpointTeacherConfig,
    "teacher, kind: engine": EngineTeacherConfig,
    "dpo.yaml": DpoConfig,
    "reward_model.yaml": RewardModelConfig,
    "grpo.yaml": GrpoConfig,
    "stages of grpo.yaml": RewardStage,
    "curriculum": CurriculumConfig,
    "curriculum.difficulty": DifficultyConfig,
    "curriculum.noise": NoiseConfig,
    "curriculum.noise.stages": NoiseStage,
    "curriculum.distractors": DistractorsConfig,
    "curriculum.distractors.stages": DistractorStage,
    "curriculum.regimes": RegimesConfig,
    "collapse": CollapseConfig,
    "pnl": PnlConfig,
    "terms": TermsConfig,
    "terms.class_bonus": ClassBonusConfig,
    "terms.magnitude": MagnitudeConfig,
    "terms.length": LengthConfig,
    "terms.structure": StructureConfig,
    "terms.evidence": EvidenceConfig,
    "terms.decision_matrix": DecisionMatrixConfig,
    "terms.portfolio": PortfolioConfig,
    "eval.yaml": EvalConfig,
    "guards": GuardsConfig,
    "policy": PolicyConfig,
    "account": AccountConfig,
    "server": ServerConfig,
    "votes": VotesConfig,
    "shots": ShotsConfig,
    "agents.yaml": AgentsConfig,
}


def page() -> str:
    """Return the page: a table for each block of a recipe."""
    parts = [
        "# Every key of a recipe",
        "Written by `make docs` from the configuration classes; what the keys are for is told in"
        " [recipes.md](recipes.md). A key that is not listed is refused.",
    ]
    for title, block in BLOCKS.items():
        parts += [f"## {title}", _sentence(block.__doc__), "\n".join(_table(block))]
    return "\n\n".join(parts) + "\n"


def _sentence(docstring: str | None) -> str:
    """The first paragraph, as Markdown on one line."""
    return " ".join((docstring or "").split("\n\n")[0].replace("``", "`").split())


def _table(block: type[BaseModel]) -> Iterator[str]:
    yield "| key | values | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in block.model_fields.items():
        cells = (f"`{name}`", _values(field), _default(field), _sentence(field.description))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _values(field: FieldInfo) -> str:
    bounds = [str(limit) for item in field.metadata if (limit := _bound(item))]
    return ", ".join([_type_name(field.annotation), *bounds])


def _bound(item: Any) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "at least", "pattern": "like"}
    return ", ".join(
        f"{sign} {getattr(item, name)}" for name, sign in signs.items() if getattr(item, name, None) is not None
    )


def _type_name(annotation: Any) -> str:
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if get_origin(annotation) in (UnionType, Union):
        parts = ["empty" if part is type(None) else _type_name(part) for part in arguments]
        return " or ".join(dict.fromkeys(parts))
    if get_origin(annotation) is list:
        return f"list of {_type_name(arguments[0])}"
    if get_origin(annotation) is dict:
        return f"map to {_type_name(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "block"
    names = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
        "Path": "path",
        "Any": "any value",
    }
    plain = getattr(annotation, "__name__", "")
    return names.get(plain, _type_name(arguments[0]) if arguments else plain)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is None:
        return ""
    return "the block's" if isinstance(field.default, BaseModel) else f"`{field.default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
