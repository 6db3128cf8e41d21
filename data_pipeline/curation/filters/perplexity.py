"""How surprising a language model finds a text, in bits per byte, and bounds on it.

Bits per byte, unlike perplexity per token, compare across tokenizers. Gibberish and tables lie high, templates and
repetition low. A quantile is fitted on documents available before ``fit_until`` alone.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, time

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.curation.filters.verdict import verdicts
from data_pipeline.curation.text import full_text
from tickertune.core.errors import TickerTuneError
from tickertune.core.models import resolve_model
from tickertune.core.recipe import PerplexityConfig

MIN_FITTED = 100
"""Documents that a quantile must be fitted on."""


@dataclass(frozen=True)
class Bounds:
    """Bits per byte within which a text stays."""

    low: float
    high: float


def bits_per_byte(texts: pl.Series, config: PerplexityConfig) -> NDArray[np.float64]:
    """Score texts by the model's loss on their first ``max_tokens`` tokens, [n]; NaN for fewer than two tokens.

    Bytes are those of the text that the scored tokens stand for. The model runs in float32, one text's score does not
    depend on the others of its batch but for rounding.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, revision = resolve_model(config.model), config.model.revision
    tokenizer = AutoTokenizer.from_pretrained(folder, revision=revision)
    model = AutoModelForCausalLM.from_pretrained(folder, revision=revision, dtype=torch.float32).eval()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    encoded = [tokenizer(text, add_special_tokens=False)["input_ids"][: config.max_tokens] for text in texts]
    scores = np.full(len(encoded), np.nan)
    order = sorted((row for row in range(len(encoded)) if len(encoded[row]) > 1), key=lambda row: len(encoded[row]))
    for start in range(0, len(order), config.batch_size):
        rows = order[start : start + config.batch_size]
        longest = len(encoded[rows[-1]])
        ids = torch.zeros((len(rows), longest), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for at, row in enumerate(rows):
            ids[at, : len(encoded[row])] = torch.tensor(encoded[row])
            mask[at, : len(encoded[row])] = 1
        with torch.inference_mode():
            logits = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits[:, :-1].float()
            targets = ids[:, 1:].to(device)
            loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
            nats = (loss * mask[:, 1:].to(device)).sum(1).cpu().numpy()
        for at, row in enumerate(rows):
            size = len(tokenizer.decode(encoded[row][1:]).encode())
            scores[row] = nats[at] / math.log(2) / max(size, 1)
    return scores


def fit_bounds(documents: pl.DataFrame, config: PerplexityConfig) -> Bounds:
    """Turn the recipe's bounds or quantiles into bits per byte; only the documents that a quantile may see are read.

    Raises:
        TickerTuneError: A quantile has fewer than ``MIN_FITTED`` documents to be fitted on.
    """
    low = -math.inf if config.min_bits_per_byte is None else config.min_bits_per_byte
    high = math.inf if config.max_bits_per_byte is None else config.max_bits_per_byte
    if config.fit_until is None or (config.min_quantile is None and config.max_quantile is None):
        return Bounds(low, high)
    until = datetime.combine(config.fit_until, time(), UTC)
    seen = documents.filter(pl.col("available_at") < until)
    scores = bits_per_byte(seen.select(full_text()).to_series(), config)
    scores = scores[np.isfinite(scores)]
    if len(scores) < MIN_FITTED:
        raise TickerTuneError(
            f"Only {len(scores)} documents before {config.fit_until} to fit a perplexity quantile on",
            f"Give {MIN_FITTED} at least, or a bound in bits per byte",
        )
    low = low if config.min_quantile is None else float(np.quantile(scores, config.min_quantile))
    high = high if config.max_quantile is None else float(np.quantile(scores, config.max_quantile))
    return Bounds(low, high)


def perplexity_filter(texts: pl.Series, config: PerplexityConfig, bounds: Bounds) -> pl.DataFrame:
    """Verdicts with reason ``perplexity``; a text too short to score stays."""
    details = [
        f"{score:.3f} bits per byte" if score > bounds.high or score < bounds.low else None
        for score in bits_per_byte(texts, config)
    ]
    return verdicts("perplexity", pl.Series(details, dtype=pl.String))
