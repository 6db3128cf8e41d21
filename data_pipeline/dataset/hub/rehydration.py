"""From ids back to texts, with documents of the consumer's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_pipeline.dataset.hub.skeleton import put_back
from data_pipeline.dataset.hub.stage import DOCUMENTS, SHOWN, texts_of
from data_pipeline.dataset.info import (
    SPLITS,
    DatasetInfo,
    class_priors,
    outcome_hash,
    prompt_hash,
    sizes,
    split_hash,
)
from data_pipeline.dataset.reading import dataset_folder, read_info
from data_pipeline.dataset.writing import write_contents
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir
from tickertune.core.sample import Sample
from tickertune.core.table import read_parquet, read_table


@dataclass(frozen=True)
class Rehydration:
    """What was brought back, and what was not."""

    samples: int
    """Samples whose prompt is whole again."""
    samples_lacking: int
    """Samples of which a text is missing; they are left out."""
    documents: int
    """Documents found with the very text."""
    missing: pl.DataFrame
    """``doc_id``, ``revision``, ``source``, ``url`` and ``reason``: ``absent``, or ``other_text`` where the document is
    there with a text that does not have the published hash."""
    prompt_hash_matches: bool
    """Whether all prompts together are the published ones."""


def rehydrate(folder: Path, candidates: pl.DataFrame, max_chars: int, target: Path) -> Rehydration:
    """Fill texts back into an ids-only data set and write it whole to ``target``.

    With every text at hand the result is the original data set, byte for byte. Else samples that lack a text are left
    out, and the result's hashes are no longer the published ones.

    Args:
        folder: The ids-only data set.
        candidates: The consumer's documents, schema ``Document``, rewritten as the recipe's curation does.
        max_chars: Characters of a document that a prompt shows, by the recipe that travels with the data set.
        target: Folder of the whole data set, replaced.

    Raises:
        TickerTuneError: The data set holds its texts already, no text is found, or the prompts differ although every
            text has its hash.
    """
    info = require_ids(folder)
    root = dataset_folder(folder)
    wanted, shown = read_parquet(root / DOCUMENTS), read_parquet(root / SHOWN)
    texts, missing = _match(wanted, candidates, max_chars)
    by_sample = _by_sample(shown, texts)
    parts = [read_table(root / "data" / f"{split}.parquet", Sample) for split in SPLITS if split in info.class_priors]
    frame = pl.concat(parts)
    prompts = [
        put_back(messages, by_sample.get(sample_id, {}))
        for sample_id, messages in frame.select("sample_id", "messages").iter_rows()
    ]
    whole = pl.Series([prompt is not None for prompt in prompts], dtype=pl.Boolean)
    filled = frame.filter(whole).with_columns(
        pl.Series("messages", [prompt for prompt in prompts if prompt is not None], dtype=frame.schema["messages"])
    )
    if filled.is_empty():
        raise TickerTuneError(
            f"None of the {len(wanted)} documents is at hand with its text",
            "Collect or fetch the sources that the card names, and give that store or path",
        )
    same = prompt_hash(filled) == info.prompt_hash
    if whole.all() and not same:
        raise TickerTuneError(
            "Every text has its hash, yet the prompts differ", "Fetch the data set again: it is damaged"
        )
    with atomic_dir(target) as temporary:
        write_contents(filled, _said(info, filled, len(frame)), temporary, order=())
    return Rehydration(len(filled), len(frame) - len(filled), len(texts), missing, same)


def require_ids(folder: Path) -> DatasetInfo:
    """Return what an ids-only data set says of itself.

    Raises:
        TickerTuneError: There is no data set, or one that holds its texts.
    """
    info = read_info(folder)
    if not info.ids_only:
        raise TickerTuneError(f"Data set {folder} holds its texts", "Use it as it is")
    return info


def _said(info: DatasetInfo, filled: pl.DataFrame, published: int) -> DatasetInfo:
    """The original's info.json where all is back; else with the shares, counts and hashes of what is."""
    whole = info.model_copy(update={"ids_only": False})
    if len(filled) == published:
        return whole
    note = f"{published - len(filled)} of {published} published samples are left out: a text of theirs was not at hand."
    return whole.model_copy(
        update={
            "split_hash": split_hash(filled),
            "prompt_hash": prompt_hash(filled),
            "outcome_hash": outcome_hash(filled),
            "class_priors": class_priors(filled, info.labels),
            "counts": info.counts | sizes(filled),
            "notes": [*info.notes, note],
        }
    )


def _match(wanted: pl.DataFrame, candidates: pl.DataFrame, max_chars: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Texts with the published hash by document and revision, and what is missing.

    A consumer's archive may count revisions otherwise, and fetch the same text in another envelope. So the document's id
    finds the candidates, and the hash of the text decides.
    """
    own = candidates.join(wanted, on="doc_id", how="semi")
    texts = texts_of(own, max_chars).select("doc_id", "text", "text_sha256").unique(["doc_id", "text_sha256"])
    found = wanted.join(texts, on=["doc_id", "text_sha256"], how="inner").select("doc_id", "revision", "text")
    rest = wanted.join(found, on=["doc_id", "revision"], how="anti").sort("doc_id", "revision")
    reason = pl.when(pl.col("doc_id").is_in(own["doc_id"].unique().to_list())).then(pl.lit("other_text"))
    return found, rest.select("doc_id", "revision", "source", "url", reason=reason.otherwise(pl.lit("absent")))


def _by_sample(shown: pl.DataFrame, texts: pl.DataFrame) -> Mapping[str, dict[int, str]]:
    filled: dict[str, dict[int, str]] = {}
    joined = shown.join(texts, on=["doc_id", "revision"]).select("sample_id", "position", "text")
    for sample_id, position, text in joined.iter_rows():
        filled.setdefault(sample_id, {})[position] = text
    return filled
