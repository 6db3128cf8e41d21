"""Build a sentiment data set from labelled sets."""

from pathlib import Path

import polars as pl

from data_pipeline.build.decontamination import evaluation_texts
from data_pipeline.build.notes import CUTOFF_NOTE, overlap_notes
from data_pipeline.dataset import (
    CheckResult,
    DatasetInfo,
    class_priors,
    outcome_hash,
    prompt_hash,
    sizes,
    split_hash,
    write_dataset,
)
from data_pipeline.samples.sentiment import SentimentSamples, sentiment_samples
from data_pipeline.sources.labelled import SETS, read_labelled
from tickertune.core.files import sha256_value
from tickertune.core.progress import progress_bar
from tickertune.core.recipe import SentimentDataConfig
from tickertune.core.table import write_table
from tickertune.core.tasks import get_task


def build_sentiment(config: SentimentDataConfig, folder: Path) -> DatasetInfo:
    """Write drops.parquet and the data set; returns what the data set says of itself."""
    with progress_bar("data", total=2) as bar:
        samples = sentiment_samples(config, read_labelled, _evaluation(config))
        bar.advance()
        info = _info(config, samples)
        write_table(samples.drops, folder / "drops.parquet", ["reason", "doc_id", "revision"])
        write_dataset(samples.frame, info, folder / "dataset")
        bar.advance()
    return info


def _evaluation(config: SentimentDataConfig) -> pl.DataFrame | None:
    return evaluation_texts(config.decontamination.sets) if config.decontamination else None


def _info(config: SentimentDataConfig, samples: SentimentSamples) -> DatasetInfo:
    labels = list(get_task(config.task).labels)
    spec = {"name": "annotated", "protocol": "fingpt-v3", "prompt": samples.template.hash}
    names = sorted({block.name for block in [*config.train, *config.test]})
    return DatasetInfo(
        task=config.task,
        labels=labels,
        horizon=None,
        market_adjusted=False,
        split_hash=split_hash(samples.frame),
        prompt_hash=prompt_hash(samples.frame),
        prompt={"template": samples.template.reference, "template_hash": samples.template.hash},
        outcome_hash=outcome_hash(samples.frame),
        label_spec=spec,
        label_hash=sha256_value(spec),
        fitted={},
        class_priors=class_priors(samples.frame, labels),
        counts={**samples.counts, **sizes(samples.frame)},
        leak_share=0.0,
        dead_band_share=0.0,
        ceiling={},
        source_kind="+".join(names),
        exchange=None,
        zone=None,
        latency_minutes=None,
        decision_minutes=None,
        price_basis=[],
        licences=[f"{name}: {SETS[name].licence}" for name in names],
        redistributable=all(SETS[name].redistributable for name in names),
        first_session=None,
        last_session=None,
        notes=[
            "Publish texts only under the licences above: CC BY-NC-SA forbids commercial use.",
            *overlap_notes(samples.counts),
            CUTOFF_NOTE,
        ],
        checks=[CheckResult(check="no training or validation text has the same words as a test text", result="pass")],
    )
