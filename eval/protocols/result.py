"""A protocol in an evaluation: the check before, the rows after, and protocol.json, which the report reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from data_pipeline.dataset import DatasetInfo
from eval.comparison import metric_rows
from eval.metrics import MetricRow
from eval.protocols.check import PartCheck, check_parts, outside, prompt_remark, samples_of
from eval.protocols.features import question_features
from eval.protocols.library import load_protocol
from eval.protocols.measures import measured, question_rows
from eval.protocols.protocol import Protocol, PublishedNumber
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json
from tickertune.core.noun import Noun
from tickertune.core.progress import console
from tickertune.core.recipe import EvalConfig
from tickertune.core.tasks import HeadlineTask, LabelTask

RESULT = "protocol.json"


class ProtocolResult(Noun):
    """What protocol.json holds. Published numbers are references: they are never ranked with the rows."""

    protocol: str
    version: int
    title: str
    headline: str
    """The metric that decides."""
    metrics: list[str]
    comparability: str
    remarks: list[str]
    """What differs from the protocol and changes no split: the prompt, samples outside of every part."""
    checks: list[PartCheck]
    rows: list[MetricRow]
    """``world`` is the part's name."""
    published: list[PublishedNumber]
    """Of the parts whose check allows it."""
    shots: dict[str, Any] | None = None
    """Examples before the prompts of replies that were made for it (``eval.shots``)."""

    @property
    def warnings(self) -> list[str]:
        """What has to be said aloud: parts that are not the protocol's split."""
        return [f"Protocol {self.protocol}: {check.said}" for check in self.checks if check.state == "other"]


@dataclass(frozen=True)
class OpenProtocol:
    """A protocol whose split has been checked."""

    protocol: Protocol
    checks: list[PartCheck]
    remarks: list[str]
    split: str

    def samples(self, part: str, table: pl.DataFrame) -> pl.DataFrame:
        """Rows of a part: of ``Sample`` or ``Prediction``."""
        found = self.protocol.part(part)
        assert found is not None
        return samples_of(found, table, self.split)

    def result(self, rows: Sequence[MetricRow]) -> ProtocolResult:
        """Put rows and the published numbers that may stand beside them together."""
        protocol = self.protocol
        beside = {check.part for check in self.checks if check.comparable}
        return ProtocolResult(
            protocol=protocol.name,
            version=protocol.version,
            title=protocol.title,
            headline=protocol.metrics[0],
            metrics=list(protocol.metrics),
            comparability=protocol.comparability,
            remarks=self.remarks,
            checks=self.checks,
            rows=list(rows),
            published=[number for number in protocol.published if number.part in beside],
        )


def open_protocol(reference: str, info: DatasetInfo, samples: pl.DataFrame, split: str) -> OpenProtocol:
    """Load a protocol, check the split that is about to be scored, and say aloud what was found.

    Args:
        reference: Name or path.
        info: What the data set says of itself.
        samples: ``Sample`` rows of the split.
        split: Its name.

    Raises:
        TickerTuneError: There is no such protocol, or the data set is of another task, label or set altogether.
    """
    protocol = load_protocol(reference)
    checks = check_parts(protocol, info, samples, split)
    remarks = [remark] if (remark := prompt_remark(protocol, info)) else []
    if others := outside(protocol, samples, split):
        remarks.append(f"{others:,} scored samples belong to no part of the protocol and are not in its rows.")
    for check in checks:
        style = "[bold red]WARNING: " if check.state == "other" else "Note: " if check.state == "unverified" else ""
        console.print(f"{style}Protocol {protocol.name}: {check.said}")
    for remark in remarks:
        console.print(f"Note: protocol {protocol.name}: {remark}")
    return OpenProtocol(protocol, checks, remarks, split)


def label_rows(
    opened: OpenProtocol, predictions: Mapping[str, pl.DataFrame], task: LabelTask, config: EvalConfig, horizon: int
) -> list[MetricRow]:
    """The protocol's metrics of every checkpoint and baseline, part by part.

    Args:
        opened: The protocol.
        predictions: ``Prediction`` rows by checkpoint or baseline.
        task: Their task.
        config: Draws, block length, cost and seed.
        horizon: Sessions from entry to exit; 1 for tasks without dates.
    """
    rows: list[MetricRow] = []
    wanted = opened.protocol.metrics
    for check in opened.checks:
        own = {name: opened.samples(check.part, frame) for name, frame in predictions.items()}
        found = metric_rows(own, task, config, check.part, horizon, [], [])
        rows += [row for row in found if row.metric in wanted and row.checkpoint in own]
        if isinstance(task, HeadlineTask):
            for name, frame in own.items():
                features = question_features(frame)
                headlines = frame["sample_id"].str.extract(r"^(.*):[^:]*$", 1).to_list()
                rows += measured(features, headlines, wanted, config, check.part, name)
                rows += question_rows(features, check.part, name)
    return rows


def write_result(result: ProtocolResult, folder: Path) -> None:
    """Write protocol.json."""
    write_json(folder / RESULT, result.model_dump(mode="json"))


def read_result(folder: Path) -> ProtocolResult | None:
    """Read protocol.json of an evaluation; None where it was scored by no protocol.

    Raises:
        TickerTuneError: The file is damaged or of another version.
    """
    path = folder / RESULT
    if not path.is_file():
        return None
    try:
        return ProtocolResult.model_validate(read_json(path))
    except ValidationError as error:
        raise TickerTuneError(
            f"File {path} holds no protocol's result ({error.errors()[0]['msg']})", "Run the eval stage again"
        ) from error
