"""Is this data set the protocol's split? Told part by part, before anything is scored."""

from collections.abc import Iterable
from typing import Literal

import polars as pl

from data_pipeline.dataset import DatasetInfo
from eval.protocols.protocol import Part, Protocol
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_text
from tickertune.core.noun import Noun

State = Literal["verified", "unverified", "other"]
"""``verified``: the frozen hash is met. ``unverified``: there is no frozen hash, and nothing known speaks against it.
``other``: the samples are not the protocol's."""


class PartCheck(Noun):
    """What was found of one part of a protocol that the data set holds."""

    part: str
    title: str
    state: State
    samples: int
    hash: str
    """``scored_hash`` of the samples found."""
    said: str
    """The finding as a sentence."""

    @property
    def comparable(self) -> bool:
        """Whether published numbers may stand beside this part's rows."""
        return self.state != "other"


def scored_hash(samples: pl.DataFrame) -> str:
    """SHA-256 over the sorted ``sample_id:label`` lines of samples: what is asked, and what counts as right.

    Prompts are not in it, so that a template can be changed on the same split.
    """
    rows = samples["sample_id", "label"].rows()
    return sha256_text("\n".join(sorted(f"{sample}:{label}" for sample, label in rows)))


def samples_of(part: Part, samples: pl.DataFrame, split: str) -> pl.DataFrame:
    """The samples of a part among those of one split: ``Sample`` rows or ``Prediction`` rows."""
    if split != part.split:
        return samples.clear()
    found = samples.filter(pl.col("sample_id").str.starts_with(part.prefix))
    if part.sessions is not None:
        first, end = part.sessions
        found = found.filter((pl.col("session") >= first) & (pl.col("session") < end))
    if part.symbols:
        found = found.filter(pl.col("symbol").is_in(part.symbols))
    return found


def check_parts(protocol: Protocol, info: DatasetInfo, samples: pl.DataFrame, split: str) -> list[PartCheck]:
    """Check the split that is scored.

    Args:
        protocol: The protocol.
        info: What the data set says of itself.
        samples: ``Sample`` rows of the split that is scored.
        split: Its name.

    Returns:
        A finding for each part of which there are samples.

    Raises:
        TickerTuneError: Another task or label, or no sample of any part.
    """
    if info.task != protocol.task:
        raise TickerTuneError(
            f"Protocol {protocol.name} is of task {protocol.task}, the data set of task {info.task}",
            f"Build its data: tickertune protocols recipe {protocol.name} > data.yaml",
        )
    label = info.label_spec.get("name")
    if protocol.label is not None and label != protocol.label:
        raise TickerTuneError(
            f"Protocol {protocol.name} is of label {protocol.label}, the data set of label {label}",
            f"Build its data: tickertune protocols recipe {protocol.name} > data.yaml",
        )
    found = [(part, samples_of(part, samples, split)) for part in protocol.parts]
    checks = [_check(part, rows) for part, rows in found if not rows.is_empty()]
    if not checks:
        wanted = "; ".join(f"{part.title} in split {part.split}" for part in protocol.parts)
        raise TickerTuneError(
            f"Split {split} has no sample of protocol {protocol.name} ({wanted})",
            f"Score that split, or build its data: tickertune protocols recipe {protocol.name} > data.yaml",
        )
    return checks


def outside(protocol: Protocol, samples: pl.DataFrame, split: str) -> int:
    """Number of samples that belong to no part."""
    inside = {sample for part in protocol.parts for sample in samples_of(part, samples, split)["sample_id"]}
    return samples.height - len(inside)


def prompt_remark(protocol: Protocol, info: DatasetInfo) -> str:
    """What is to be said of the prompt: empty where it is the protocol's."""
    said = []
    template = info.prompt.get("template")
    if template != protocol.template:
        said.append(f"The prompt is {template or 'unknown'}, the protocol's is {protocol.template}.")
    if shots := info.prompt.get("shots"):
        said.append(f"{shots} shots of the train split stand before each prompt, and none in the protocol's.")
    return " ".join(said)


def _check(part: Part, samples: pl.DataFrame) -> PartCheck:
    digest, count = scored_hash(samples), samples.height
    state: State = "unverified"
    if part.hash is not None:
        state = "verified" if digest == part.hash else "other"
    elif differences := list(_differences(part, samples)):
        return PartCheck(
            part=part.name, title=part.title, state="other", samples=count, hash=digest,
            said=f"{part.title}: not the published split ({'; '.join(differences)}). No published number stands beside it.",
        )  # fmt: skip
    said = {
        "verified": f"{part.title}: the frozen split, {count:,} samples (frozen from {part.frozen_from}).",
        "unverified": f"{part.title}: unverified. There is no frozen hash of the published split, so these {count:,} samples "
        "may be others than the published ones.",
        "other": f"{part.title}: NOT the frozen split: hash {digest[:12]}, frozen {(part.hash or '')[:12]} "
        f"({count:,} samples{f', frozen {part.samples:,}' if part.samples else ''}). No published number stands beside it.",
    }[state]
    return PartCheck(part=part.name, title=part.title, state=state, samples=count, hash=digest, said=said)


def _differences(part: Part, samples: pl.DataFrame) -> Iterable[str]:
    """What is known of the published split and is otherwise here."""
    if part.samples is not None and samples.height != part.samples:
        yield f"published {part.samples:,} samples, here {samples.height:,}"
    for label, published in part.class_counts.items():
        here = int((samples["label"] == label).sum())
        if here != published:
            yield f"published {published:,} {label}, here {here:,}"
