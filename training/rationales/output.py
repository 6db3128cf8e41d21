"""The two data sets that a teacher's replies become, each with a card."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from data_pipeline.dataset import DatasetInfo, describing
from data_pipeline.dataset.card.markdown import table
from data_pipeline.dataset.licences import UNKNOWN, strictest
from data_pipeline.dataset.writing import write_contents
from tickertune.core.files import atomic_dir, sha256_file, write_json, write_text
from tickertune.core.hub import PRIVATE, publishable
from tickertune.core.recipe.rationales import RationalesConfig
from tickertune.core.table import write_table
from tickertune.core.tasks import Task

PAIRS_FILE = Path("data") / "train.parquet"
PAIR_COLUMNS = ("sample_id", "label", "prompt", "chosen", "rejected")
PAIR_TIMES = ("as_of", "exit")
"""When the sample was decided and when its outcome was known, aware UTC; null for undated texts."""
_CARD = "README.md"


@dataclass(frozen=True)
class Rationale:
    """A right reply to a sample's prompt."""

    sample_id: str
    number: int
    """Among those kept of the sample."""
    text: str


@dataclass(frozen=True)
class Pair:
    """Two replies to one prompt: the right one after a reflection, and the wrong one before it."""

    sample_id: str
    label: str
    prompt: list[Mapping[str, str]]
    chosen: str
    rejected: str


@dataclass(frozen=True)
class Made:
    """What the cards tell of where replies come from."""

    info: DatasetInfo
    """Of the source data set."""
    samples: pl.DataFrame
    """Its ``Sample`` rows that were asked."""
    task: Task
    config: RationalesConfig
    facts: Mapping[str, Any]


def write_rationales(rationales: Sequence[Rationale], made: Made, folder: Path) -> None:
    """Write a data set of the layout that SFT reads: the sample's prompt, and the rationale as its answer.

    Args:
        rationales: At least one.
        made: Their origin.
        folder: The data set folder, which is replaced.
    """
    rows = pl.DataFrame(
        {
            "sample_id": [one.sample_id for one in rationales],
            "rationale_id": [f"{one.sample_id}~{one.number}" for one in rationales],
            "rationale": [one.text for one in rationales],
        }
    )
    frame = (
        rows.join(made.samples, on="sample_id", how="left", maintain_order="left")
        .with_columns(pl.col("rationale_id").alias("sample_id"), pl.col("rationale").alias("answer"))
        .select(made.samples.columns)
    )
    note = "Answers are rationales of a teacher, kept where they reach the true label; the prompts are those of the source."
    info = describing(made.info, frame, note)
    with atomic_dir(folder) as temporary:
        write_contents(frame, info, temporary)
        card = (temporary / _CARD).read_text(encoding="utf-8")
        write_text(temporary / _CARD, f"{card}\n{_origin_section(made)}")


def write_pairs(pairs: Sequence[Pair], made: Made, folder: Path) -> None:
    """Write preference pairs: ``data/train.parquet`` with ``PAIR_COLUMNS`` and ``PAIR_TIMES``, ``info.json`` and a card.

    Args:
        pairs: At least one.
        made: Their origin.
        folder: The data set folder, which is replaced.
    """
    turn = pl.Struct({"role": pl.String(), "content": pl.String()})
    schema = {name: pl.List(turn) if name == "prompt" else pl.String() for name in PAIR_COLUMNS}
    times = made.samples.select("sample_id", *PAIR_TIMES)
    frame = pl.DataFrame([asdict(pair) for pair in pairs], schema=schema).join(
        times, on="sample_id", how="left", maintain_order="left", validate="m:1"
    )
    with atomic_dir(folder) as temporary:
        write_table(frame, temporary / PAIRS_FILE, ("sample_id",))
        facts = {
            "task": made.task.name,
            "horizon": made.info.horizon,
            "pairs": len(pairs),
            "pairs_hash": sha256_file(temporary / PAIRS_FILE),
            "source": _source(made.info),
            "made": publishable(made.facts),
        }
        write_json(temporary / "info.json", facts)
        write_text(temporary / _CARD, _pairs_card(len(pairs), made))


def _source(info: DatasetInfo) -> dict[str, str]:
    names = ("split_hash", "prompt_hash", "outcome_hash", "label_hash")
    return {name: getattr(info, name) for name in names}


def _pairs_card(count: int, made: Made) -> str:
    licence = strictest(made.info.licences)
    header = {
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": str(PAIRS_FILE)}]}],
        "license": licence,
        **({"license_name": "see-card"} if licence == UNKNOWN else {}),
        "language": ["en"],
        "tags": ["finance", "tickertune", "dpo", "preference"],
    }
    may = "may be published" if made.info.redistributable else "may not be published: keep this data set private"
    lines = [
        f"---\n{yaml.safe_dump(header, sort_keys=False)}---\n",
        f"# {made.task.name}: preference pairs by reflection\n",
        f"{count} pairs of two replies to one prompt. `rejected` is a wrong first answer. Its teacher was told that it was wrong, "
        "reflected, and answered again: `chosen` is that second answer, which is right. The reflection stands in neither, and the "
        "prompt is the sample's own. `as_of` is when the sample was decided, `exit` when its outcome was known. Nothing in it is "
        "investment advice.\n",
        f"Licences of the texts: {', '.join(made.info.licences) or 'none stated'}; the texts {may}.\n",
        _origin_section(made),
    ]
    return "\n".join(lines)


def _origin_section(made: Made) -> str:
    facts, counts = made.facts, made.facts["rationales"]
    source = [(name, f"`{value}`") for name, value in _source(made.info).items()]
    teacher = [(name, value) for name, value in publishable(facts["teacher"]).items() if value not in (None, PRIVATE)]
    asked = [(name, counts[name]) for name in ("asked", "parsed", "right", "kept")]
    asked.append(("acceptance rate", f"{counts['acceptance_rate']:.4f}"))
    asked += [(f"dropped: {reason}", count) for reason, count in counts["dropped"].items()]
    asked += [
        (f"acceptance rate, true label {label}", f"{own['acceptance_rate']:.4f}")
        for label, own in facts["rationales_by_label"].items()
    ]
    asked += [("prompts too long to ask", facts["too_long"])] if facts["too_long"] else []
    spent = [
        (name.replace("_", " "), facts[name])
        for name in ("replies", "tokens_in", "tokens_out", "replies_without_token_counts", "cost")
        if name in facts
    ]
    parts = [
        "## Teacher\n\n" + table(("what", "value"), [*teacher, ("style", made.config.style)]),
        _cutoff(made),
        "## Source data set\n\nIts train split alone.\n\n" + table(("hash", "value"), source),
        "## First answers\n\n" + table(("what", "n"), asked),
    ]
    if facts["reflections"].get("wrong_first_answers"):
        parts.append(
            "## Reflections\n\n" + table(("what", "n"), [*facts["reflections"].items(), ("pairs", facts["pairs"])])
        )
    parts.append("## Tokens\n\nOf all replies, first and second.\n\n" + table(("what", "n"), spent))
    return "\n".join(parts)


def _cutoff(made: Made) -> str:
    """What the teacher may have known of the outcomes by heart."""
    cutoff = made.config.teacher.knowledge_cutoff
    if cutoff is None:
        return (
            "The teacher's knowledge cutoff is not stated: it may have read of these outcomes, and a rationale that remembers is "
            "no rationale. State `teacher.knowledge_cutoff`.\n"
        )
    dated = made.samples.filter(pl.col("exit").is_not_null())
    known = dated.filter(pl.col("exit").dt.date() <= cutoff).height
    return (
        f"The teacher's training data end on {cutoff}: of {dated.height} dated samples, {known} had ended by then, and the teacher "
        "may have read of their outcomes.\n"
    )
