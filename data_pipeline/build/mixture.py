"""Build a mixture: training samples of several data sets evenly interleaved, nothing of what is scored among them."""

from collections import Counter
from pathlib import Path

import polars as pl

from data_pipeline.build.interleaving import interleave, quotas
from data_pipeline.dataset import (
    CheckResult,
    DatasetInfo,
    MixedLabel,
    class_priors,
    outcome_hash,
    prompt_hash,
    read_info,
    read_split,
    sizes,
    split_hash,
    write_dataset,
)
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_text, sha256_value
from tickertune.core.progress import progress_bar
from tickertune.core.recipe import MixedSetConfig, MixtureDataConfig

SCORED = ("validation", "test", "ood_stock", "ood_both")
ONE_TASK = ("task", "labels", "horizon", "market_adjusted", "exchange", "zone", "label_hash")
"""What all scored sets must share, since one score is made of them."""


def build_mixture(config: MixtureDataConfig, folder: Path) -> DatasetInfo:
    """Write the mixed data set; returns what it says of itself.

    Raises:
        TickerTuneError: A set is not built or is a mixture of an earlier version, scored sets have different tasks, or a set has
            no training sample left.
    """
    with progress_bar("data", total=2) as bar:
        infos = {block.name: read_info(block.path) for block in config.sets}
        scored = [block for block in config.sets if block.scored]
        _require_one_task(scored, infos)
        parts = [_read(block, split) for block in scored for split in SCORED]
        held = pl.concat(parts)
        counts: dict[str, int] = {}
        chosen = [_training(block, config.seed, infos, held, scored, counts) for block in config.sets]
        bar.advance()
        wanted = quotas([len(rows) for rows in chosen], [block.weight for block in config.sets])
        for block, rows, number in zip(config.sets, chosen, wanted, strict=True):
            counts[f"{block.name}_left_over"] = len(rows) - number
            counts[f"{block.name}_train"] = number
        train = interleave([rows.head(number) for rows, number in zip(chosen, wanted, strict=True)])
        frame = pl.concat([train, held.sort("session", "sample_id")])
        info = _info(config, infos, scored, frame, counts)
        write_dataset(frame, info, folder / "dataset", order=())
        bar.advance()
    return info


def _read(block: MixedSetConfig, split: str) -> pl.DataFrame:
    """One split of a set, its ids under the set's name."""
    return read_split(block.path, split).with_columns(sample_id=pl.format("{}/{}", pl.lit(block.name), "sample_id"))


def _require_one_task(scored: list[MixedSetConfig], infos: dict[str, DatasetInfo]) -> None:
    first = infos[scored[0].name]
    for block in scored[1:]:
        for key in ONE_TASK:
            if getattr(infos[block.name], key) != getattr(first, key):
                raise TickerTuneError(
                    f"Sets {scored[0].name} and {block.name} are both scored, but their {key} differs "
                    f"({getattr(first, key)} and {getattr(infos[block.name], key)})",
                    "Set scored: false for all sets but those of one task",
                )


def _training(
    block: MixedSetConfig,
    seed: int,
    infos: dict[str, DatasetInfo],
    held: pl.DataFrame,
    scored: list[MixedSetConfig],
    counts: dict[str, int],
) -> pl.DataFrame:
    """Training samples of a set in the mixture's order: purged against all that is scored, drawn, then repeated."""
    rows = _read(block, "train")
    counts[f"{block.name}_source"] = len(rows)
    boundaries = [bound for other in scored for bound in infos[other.name].boundaries.values()]
    if boundaries:
        first = pl.lit(min(boundaries)).str.to_datetime(time_unit="us", time_zone="UTC")
        late = pl.col("exit").is_not_null() & (pl.col("exit") > first)
        counts[f"{block.name}_purged"] = rows.filter(late).height
        rows = rows.filter(~late)
    shown = set(held["doc_ids"].explode().drop_nulls())
    texts = {_text(messages) for messages in held["messages"]}
    same = pl.Series(
        [
            _text(messages) in texts or not shown.isdisjoint(documents)
            for messages, documents in rows.select("messages", "doc_ids").iter_rows()
        ],
        dtype=pl.Boolean,
    )
    counts[f"{block.name}_same_text_as_scored"] = int(same.sum())
    rows = rows.filter(~same)
    if rows.is_empty():
        raise TickerTuneError(
            f"Set {block.name} has no training sample left ({counts[f'{block.name}_source']} before the purge)",
            "Leave it out, or choose sets that do not reach into what is scored",
        )
    rows = _shuffled(rows, f"{seed}").head(block.limit or len(rows))
    copies = [rows] if block.repeat == 1 else [_shuffled(_copy(rows, k), f"{seed}:{k}") for k in range(block.repeat)]
    return pl.concat(copies)


def _copy(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    return rows.with_columns(sample_id=pl.format("{}#{}", "sample_id", pl.lit(number)))


def _shuffled(rows: pl.DataFrame, seed: str) -> pl.DataFrame:
    """Rows by the hash of seed and id: an order that neither file nor machine decides."""
    order = [sha256_text(f"{seed}:{sample_id}") for sample_id in rows["sample_id"]]
    return rows.with_columns(pl.Series("_order", order, dtype=pl.String)).sort("_order").drop("_order")


def _text(messages: list[dict[str, str]]) -> str:
    """What the user turns say, whatever the case and white space."""
    return " ".join(" ".join(turn["content"] for turn in messages if turn["role"] == "user").casefold().split())


def _labels(infos: dict[str, DatasetInfo]) -> dict[str, MixedLabel]:
    """The label of each set, those of a set that is itself a mixture one by one.

    Raises:
        TickerTuneError: Such a set does not say them.
    """
    found: dict[str, MixedLabel] = {}
    for name, info in infos.items():
        if "scored" in info.label_spec:
            if not info.mixed:
                raise TickerTuneError(
                    f"Set {name} is a mixture that does not say what the labels of its sets cut",
                    "Build that mixture again with this version",
                )
            found |= {f"{name}/{inner}": label for inner, label in info.mixed.items()}
        else:
            found[name] = MixedLabel(
                task=info.task, target=info.label_spec.get("target"), cut_points=info.fitted.get("cut_points", [])
            )
    return found


def _info(
    config: MixtureDataConfig,
    infos: dict[str, DatasetInfo],
    scored: list[MixedSetConfig],
    frame: pl.DataFrame,
    counts: dict[str, int],
) -> DatasetInfo:
    base = infos[scored[0].name]
    everyone = [infos[block.name] for block in config.sets]
    spec = {
        "name": "mixture",
        "sets": {name: info.label_hash for name, info in infos.items()},
        "scored": base.label_spec,
    }
    dates = [str(day) for day in (frame["session"].min(), frame["session"].max()) if day is not None]
    drops: Counter[str] = Counter()
    for info in everyone:
        drops.update(info.dropped)
    return base.model_copy(
        update={
            "split_hash": split_hash(frame),
            "prompt_hash": prompt_hash(frame),
            "outcome_hash": outcome_hash(frame),
            "label_spec": spec,
            "label_hash": sha256_value(spec),
            "mixed": _labels(infos),
            "class_priors": class_priors(frame, base.labels),
            "counts": {**counts, **sizes(frame)},
            "leak_share": max(info.leak_share for info in everyone),
            "dead_band_share": max(info.dead_band_share for info in everyone),
            "ceiling": base.ceiling if len(scored) == 1 else {},
            "source_kind": "+".join(block.name for block in config.sets),
            "price_basis": sorted({basis for info in everyone for basis in info.price_basis}),
            "licences": sorted({licence for info in everyone for licence in info.licences}),
            "redistributable": all(info.redistributable for info in everyone),
            "first_session": dates[0] if dates else None,
            "last_session": dates[-1] if dates else None,
            "sources": [row for info in everyone for row in info.sources],
            "dropped": dict(sorted(drops.items())),
            "documents_by_month": {},
            "clusters": {},
            "boundaries": base.boundaries,
            "notes": list(dict.fromkeys(note for info in everyone for note in info.notes)),
            "checks": [
                CheckResult(check="no training outcome ends after a scored text begins", result="pass"),
                CheckResult(check="no training sample shows a scored document or text", result="pass"),
            ],
        }
    )
