import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from data_pipeline.curation.filters import apply_filters, perplexity
from data_pipeline.curation.filters.perplexity import Bounds, bits_per_byte, fit_bounds, perplexity_filter
from tests.data_pipeline.nouns import START, document, documents
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import CurationConfig, ModelConfig, PerplexityConfig


def config(**keys: object) -> PerplexityConfig:
    return PerplexityConfig(model=ModelConfig(name="tiny-llama"), **keys)  # type: ignore[arg-type]


def by_length(texts: pl.Series, _: PerplexityConfig) -> np.ndarray:
    """A score without a model: a text's length."""
    return texts.str.len_chars().to_numpy().astype(np.float64)


def test_a_score_does_not_depend_on_its_batch() -> None:
    texts = pl.Series(["Profit rose by a tenth in the third quarter", "Sales fell", "", "x"])
    alone = bits_per_byte(texts, config(max_bits_per_byte=9, batch_size=1))
    together = bits_per_byte(texts, config(max_bits_per_byte=9, batch_size=4))
    assert alone == pytest.approx(together, rel=1e-4, nan_ok=True)
    assert np.isnan(alone[2])
    assert math.log2(49152) / 12 < alone[0] < math.log2(49152)  # an untrained model: about 15.6 bits for a token


def test_a_quantile_sees_the_documents_before_its_day_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perplexity, "bits_per_byte", by_length)
    early = [document(f"a{n}", "x" * (n + 1)) for n in range(200)]
    late = [document(f"b{n}", "x" * 5000, hours=48) for n in range(200)]
    block = config(max_quantile=0.9, fit_until=(START + timedelta(days=1)).date())
    assert fit_bounds(documents(*early, *late), block) == fit_bounds(documents(*early), block)
    with pytest.raises(TickerTuneError, match="Only 10 documents"):
        fit_bounds(documents(*early[:10], *late), block)


def test_texts_outside_the_bounds_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perplexity, "bits_per_byte", by_length)
    said = perplexity_filter(pl.Series(["x", "xxx", "xxxxx"]), config(max_bits_per_byte=4), Bounds(2, 4))
    assert said["reason"].to_list() == ["perplexity", None, "perplexity"]
    block = CurationConfig(perplexity=config(max_bits_per_byte=9))
    kept, drops, _ = apply_filters(documents(document("a", "news"), document("b", "long long news")), block)
    assert kept["doc_id"].to_list() == ["a"]
    assert drops.row(0)[2:] == ("perplexity", None, "14.000 bits per byte")


@pytest.mark.parametrize(
    "keys",
    [{}, {"max_quantile": 0.9}, {"max_quantile": 0.9, "max_bits_per_byte": 2.0, "fit_until": date(2020, 1, 1)}],
)
def test_a_block_without_bounds_or_with_two_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"bound|fit_until"):
        config(**keys)
