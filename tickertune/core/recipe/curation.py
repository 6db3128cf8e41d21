"""What curation does to documents: which text is rewritten, which document is dropped, and from where on.

A block that is left out is off. ``{}`` switches it on with its defaults.
"""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, DataPath, ModelConfig

SpamRule = Literal[
    "offer", "invitation", "riches", "giveaway", "many links", "many hashtags", "hype", "solicitation", "symbol list"
]
Personal = Literal["email", "phone", "card", "iban"]
CLASSIC_SPAM_RULES: list[SpamRule] = ["offer", "invitation", "riches", "giveaway", "many links", "many hashtags"]


class NormaliseConfig(Config):
    """How the text of a document is rewritten; the archive keeps it as it came."""

    urls: Literal["keep", "remove"] = "keep"
    """Web addresses in title and body."""
    boilerplate: Literal["keep", "remove"] = "keep"
    """Lines that say nothing about the news: disclaimers, share buttons, "click here to read"."""
    repeated_line_titles: int | None = Field(default=None, ge=2)
    """A line of the body that so many earlier documents of one source held, under different titles, is a footer and
    removed; empty: none is."""


class LanguageConfig(Config):
    """Which languages stay, and who names a text's language."""

    keep: dict[str, list[str]] = {"US": ["en"]}
    """Market to the codes (ISO 639-1) of the languages that stay; markets without an entry are not judged."""
    detector: Literal["words", "langid"] = "words"
    """``words``: a text is foreign where its letters or its function words speak against the market's language.
    ``langid``: py3langid names the language, which is stored on the document."""
    min_letters: int = Field(default=12, ge=1)
    """``langid``: a text with fewer letters, links, tickers and numbers taken off, is not judged."""


class TextLimits(Config):
    """Bounds within which a text is taken for prose (after Gopher, Rae et al. 2021, and ROOTS, Laurençon et al. 2022).

    An empty bound is off. Shares are of characters unless they say otherwise.
    """

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """A bound with another default means what it means here."""
        for name, field in cls.model_fields.items():
            field.description = field.description or TextLimits.model_fields[name].description

    min_words: int | None = Field(default=None, ge=1)
    """Fewest words; links are no words."""
    max_words: int | None = Field(default=None, ge=1)
    """Most words."""
    min_mean_word: float | None = Field(default=None, ge=0)
    """Characters of a word, on average."""
    max_mean_word: float | None = Field(default=None, gt=0)
    """Characters of a word, on average; links are no words."""
    max_special: float | None = Field(default=None, ge=0, le=1)
    """Share of characters, blanks not counted, that are neither letter, digit nor common punctuation."""
    max_digits: float | None = Field(default=None, ge=0, le=1)
    """Share of digits."""
    max_punctuation: float | None = Field(default=None, ge=0, le=1)
    """Share of punctuation."""
    max_symbol_words: float | None = Field(default=None, ge=0)
    """Hash signs and ellipses to a word."""
    min_alphabetic_words: float | None = Field(default=None, ge=0, le=1)
    """Share of words with a letter."""
    min_stop_words: int | None = Field(default=None, ge=0)
    """Occurrences of English function words; judged in markets whose language is English."""
    max_duplicate_lines: float | None = Field(default=None, ge=0, le=1)
    """Share of characters in lines that stood before in the same text."""
    max_duplicate_paragraphs: float | None = Field(default=None, ge=0, le=1)
    """The same for paragraphs, which an empty line or a line longer than 200 characters sets apart."""
    max_top_ngram: dict[int, float] = {}
    """Words in a row to the share of characters that the commonest such run covers."""
    max_duplicate_ngrams: dict[int, float] = {}
    """Words in a row to the share of characters in runs that stood before in the same text."""


class ShortTextLimits(TextLimits):
    """Headlines and social posts: few words, many tickers and numbers."""

    min_words: int | None = Field(default=3, ge=1)
    max_mean_word: float | None = Field(default=15, gt=0)
    max_special: float | None = Field(default=0.3, ge=0, le=1)
    max_digits: float | None = Field(default=0.5, ge=0, le=1)
    max_punctuation: float | None = Field(default=0.4, ge=0, le=1)
    max_symbol_words: float | None = Field(default=0.6, ge=0)
    min_alphabetic_words: float | None = Field(default=0.4, ge=0, le=1)
    max_top_ngram: dict[int, float] = {2: 0.6, 3: 0.6}


class ArticleLimits(TextLimits):
    """Articles and filings; the repetition bounds are Gopher's."""

    min_words: int | None = Field(default=30, ge=1)
    max_words: int | None = Field(default=100_000, ge=1)
    min_mean_word: float | None = Field(default=3, ge=0)
    max_mean_word: float | None = Field(default=10, gt=0)
    max_special: float | None = Field(default=0.1, ge=0, le=1)
    max_digits: float | None = Field(default=0.3, ge=0, le=1)
    max_punctuation: float | None = Field(default=0.2, ge=0, le=1)
    max_symbol_words: float | None = Field(default=0.1, ge=0)
    min_alphabetic_words: float | None = Field(default=0.7, ge=0, le=1)
    min_stop_words: int | None = Field(default=2, ge=0)
    max_duplicate_lines: float | None = Field(default=0.2, ge=0, le=1)
    max_duplicate_paragraphs: float | None = Field(default=0.2, ge=0, le=1)
    max_top_ngram: dict[int, float] = {2: 0.20, 3: 0.18, 4: 0.16}
    max_duplicate_ngrams: dict[int, float] = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


class QualityConfig(Config):
    """Bounds of quality, apart for short texts and articles."""

    article_words: int = Field(default=60, ge=1)
    """A document with so many words is an article; social posts never are."""
    short: ShortTextLimits = ShortTextLimits()
    """Bounds for headlines and social posts."""
    article: ArticleLimits = ArticleLimits()
    """Bounds for articles and filings."""


class PerplexityConfig(Config):
    """Documents that a language model finds too surprising, or too predictable, are dropped."""

    model: ModelConfig
    """Any causal model."""
    max_bits_per_byte: float | None = Field(default=None, gt=0)
    """Texts above are gibberish, tables, another language."""
    min_bits_per_byte: float | None = Field(default=None, ge=0)
    """Texts below are templates and repetition."""
    max_quantile: float | None = Field(default=None, gt=0, lt=1)
    """Instead of a bound: the quantile of the documents available before ``fit_until``."""
    min_quantile: float | None = Field(default=None, gt=0, lt=1)
    """The same for the lower bound."""
    fit_until: date | None = None
    """First UTC day that the quantiles do not see; at most the end of training."""
    max_tokens: int = Field(default=512, ge=8)
    """Tokens of a document that are read, from its start."""
    batch_size: int = Field(default=16, ge=1)

    @model_validator(mode="after")
    def _bounds(self) -> "PerplexityConfig":
        pairs = ((self.max_bits_per_byte, self.max_quantile), (self.min_bits_per_byte, self.min_quantile))
        if any(bound is not None and quantile is not None for bound, quantile in pairs):
            raise ValueError("give a bound in bits per byte or a quantile, not both")
        quantiles = [quantile for _, quantile in pairs if quantile is not None]
        if not quantiles and all(bound is None for bound, _ in pairs):
            raise ValueError("give at least one bound or quantile")
        if quantiles and self.fit_until is None:
            raise ValueError("a quantile needs fit_until, the end of the period that it is fitted on")
        return self


class EvaluationSetConfig(Config):
    """Texts that a model will be scored on, which it must not have read in training."""

    name: str
    """What counts and drops call it."""
    path: DataPath
    """``dataset``: a folder of parquet files named after splits, or a saved ``DatasetDict``; else as in a recipe of
    labelled texts."""
    kind: Literal["dataset", "phrasebank", "fiqa", "tfns", "nwgi", "fomc", "headline", "fin_ner", "finred"] = "dataset"
    """``dataset``, or a labelled set, whose test part is read."""
    split: str = "test"
    """``dataset``: the split that is scored."""
    column: str = "text"
    """``dataset``: the column of the text; ``messages`` reads the user's turns of chats."""


class DecontaminationConfig(Config):
    """Training rows that repeat an evaluation text are removed and counted."""

    sets: list[EvaluationSetConfig] = []
    """Sets besides the recipe's own test part."""
    ngram: int = Field(default=13, ge=4)
    """Words in a row that no training text may share with an evaluation text."""
    short_ngram: int = Field(default=8, ge=3)
    """The same for evaluation texts with fewer than ``ngram`` words; a shorter one must be repeated whole."""
    near_duplicate_threshold: float = Field(default=0.7, gt=0, le=1)
    """Jaccard similarity of word pairs from which a training text is a copy of an evaluation text."""


class CurationConfig(Config):
    """From documents as they came to documents worth reading."""

    runner: Literal["native", "ray"] = "native"
    """Engine of the table operators: this machine, or a Ray cluster."""
    near_duplicate_threshold: float = Field(default=0.8, gt=0, le=1)
    """Jaccard similarity of word shingles from which two documents are near duplicates."""
    normalise: NormaliseConfig = NormaliseConfig()
    """What is taken out of a text."""
    language: LanguageConfig = LanguageConfig()
    """Which languages stay."""
    quality: QualityConfig | None = None
    """Bounds on length, characters, stop words and repetition; empty: no document is dropped for them."""
    spam: list[SpamRule] = CLASSIC_SPAM_RULES
    """Rules by which a text is promotion."""
    mask: list[Personal] = []
    """Personal data that a mask such as ``[EMAIL]`` replaces."""
    perplexity: PerplexityConfig | None = None
    """Bounds by a language model; empty: none is loaded."""
    decontamination: DecontaminationConfig | None = None
    """Evaluation sets whose texts no training sample may show; empty: none."""

    @property
    def learning(self) -> list[str]:
        """Keys of this block that are set and learn from all documents at once, so that no part of them can be curated alone."""
        perplexity = self.perplexity
        used = {
            "normalise.repeated_line_titles": self.normalise.repeated_line_titles is not None,
            "perplexity.max_quantile": perplexity is not None and perplexity.max_quantile is not None,
            "perplexity.min_quantile": perplexity is not None and perplexity.min_quantile is not None,
        }
        return [name for name, is_used in used.items() if is_used]
