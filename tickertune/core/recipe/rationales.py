"""Rationales from a teacher, on the training period."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from tickertune.core.recipe.address import Address
from tickertune.core.recipe.base import Config, ModelConfig, Seed


class EndpointTeacherConfig(Config):
    """A model behind an OpenAI-compatible address (``POST base_url/chat/completions``)."""

    kind: Literal["endpoint"]
    base_url: Address
    """Address up to and with the version, such as ``https://api.example.com/v1``."""
    model: str
    """The model's name at that address."""
    key_env: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]*$")
    """Environment variable that holds the key; None: the address wants none. The key itself stands in no file and no log."""
    allow_private: bool = False
    """Whether the address may be private or without TLS, such as ``http://127.0.0.1:8000/v1``."""
    concurrency: int = Field(default=4, ge=1, le=64)
    """Requests under way at once."""
    calls_per_minute: int = Field(default=60, ge=1)
    """Most requests a minute, over all processes of this machine."""
    attempts: int = Field(default=5, ge=1, le=20)
    """Tries of a request that ends in 408, 425, 429, 5xx or no answer, with growing waits."""
    timeout: float = Field(default=120.0, gt=0)
    """Seconds that a whole answer may take."""
    price_in: float | None = Field(default=None, ge=0)
    """Price of a million prompt tokens, in a currency of yours."""
    price_out: float | None = Field(default=None, ge=0)
    """Price of a million reply tokens, in the same currency."""
    knowledge_cutoff: date | None = None
    """Last day that the teacher's own training data may know of, for the card; None: unknown."""


class EngineTeacherConfig(Config):
    """A model that generates in this process."""

    kind: Literal["engine"]
    model: ModelConfig
    adapter: Path | None = None
    """Folder of an adapter that is in force, such as ``runs/demo-sft/adapter``."""
    backend: Literal["auto", "vllm", "transformers"] = "auto"
    """``auto``: vLLM where it is installed, else transformers."""
    max_length: int = Field(default=2048, ge=64)
    """Longest prompt and reply together, in tokens; longer prompts are not asked, and counted."""
    batch_size: int = Field(default=32, ge=1)
    """Replies that are generated at once; what was under way when it was killed is asked again."""
    knowledge_cutoff: date | None = None
    """Last day that the teacher's own training data may know of, for the card; None: unknown."""


TeacherConfig = Annotated[EndpointTeacherConfig | EngineTeacherConfig, Field(discriminator="kind")]


class RationalesConfig(Config):
    """Rationales by rejection sampling, and preference pairs by reflection, on the train split alone."""

    teacher: TeacherConfig
    """Who writes them; ``kind: endpoint`` or ``kind: engine``."""
    dataset: Path | None = None
    """Data set folder."""
    output: Path | None = None
    """Folder of the result: ``answers.jsonl``, ``sft/`` and ``pairs/``."""
    style: Literal["free", "evidence", "thesis"] = "thesis"
    """What a right reply must have besides its form: nothing; as RETuning, scored evidence whose sum has the answer's sign, and a last line
    that reflects on it; as Trading-R1, sections with claims whose quotes stand in the prompt's documents."""
    samples: int | None = Field(default=None, ge=1)
    """Training samples that are asked, drawn by the seed; None: all."""
    draws: int = Field(default=4, ge=1, le=64)
    """Replies a prompt."""
    keep: int = Field(default=1, ge=1)
    """Most rationales kept a prompt."""
    least_evidence: int = Field(default=2, ge=1)
    """Fewest evidence lines (style ``evidence``) or quoted claims (``thesis``) of a reply that is kept."""
    reflection_rounds: int = Field(default=1, ge=0, le=5)
    """How often a prompt's first wrong answer is reflected on until the answer is right; 0: no preference pairs."""
    temperature: float = Field(default=0.8, gt=0, le=2)
    max_tokens: int = Field(default=768, ge=16)
    """Tokens after which a reply is cut; a cut reply is never kept."""
    seed: Seed = 0
