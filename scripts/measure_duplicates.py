"""Score the removal of duplicates against the truth table of the simulated market.

    python scripts/measure_duplicates.py
    python scripts/measure_duplicates.py --seeds 5 --json duplicates-truth.json --check

Planted are exact copies, near copies, syndicated copies and headlines of which one word says the same another way; beside
them stand look-alikes with another direction word, number, company or date, which must stay. Of two planted headlines
that have the same words by chance one goes and is not judged. ``--check`` exits with 1 where recall or precision is under
its target, or a look-alike was dropped.
"""

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from data_pipeline.curation.deduplication import remove_duplicates
from data_pipeline.curation.deduplication.words import words_of
from data_pipeline.sources import load_source
from tickertune.core.files import write_json
from tickertune.core.recipe import DirtConfig, SimulatedSourceConfig

DUPLICATES = ("exact_duplicate", "near_duplicate", "syndication", "reworded")
SIMILARITY = 0.8
TARGET = 0.99


class Score(NamedTuple):
    """Copies of one kind, or of all."""

    kind: str
    planted: int
    found: int

    @property
    def recall(self) -> float:
        """Share of the planted copies that was dropped."""
        return self.found / max(self.planted, 1)


class Drops(NamedTuple):
    """What was dropped."""

    judged: int
    """Drops that no equal wording explains."""
    planted: int
    look_alikes: int
    look_alikes_dropped: int

    @property
    def precision(self) -> float:
        """Share of the judged drops that was planted."""
        return self.planted / max(self.judged, 1)


def judge(seed: int) -> pl.DataFrame:
    """Drop the duplicates of a world.

    Returns:
        The truth table of its documents with ``reason`` and ``survivor`` of each drop, and the flags ``duplicate`` (planted),
        ``dropped``, and ``chance``: not planted, and with the very words of its survivor.
    """
    config = SimulatedSourceConfig(seed=seed, companies=16, dirt=DirtConfig(edits=0.3))
    source = load_source(config, date(2021, 1, 4), date(2021, 4, 1))
    drops = remove_duplicates(source.documents, SIMILARITY).drops
    words = source.documents.select("doc_id", "revision", words=words_of(source.documents["title"]).list.join(" "))
    first = words.unique("doc_id", keep="first", maintain_order=True).select(survivor="doc_id", survivor_words="words")
    table = source.truth["documents"].join(drops, on=["doc_id", "revision"], how="left")
    table = table.join(words, on=["doc_id", "revision"]).join(first, on="survivor", how="left")
    return table.with_columns(
        duplicate=pl.col("kind").is_in(DUPLICATES),
        dropped=pl.col("reason").is_not_null(),
        chance=(pl.col("words") == pl.col("survivor_words")).fill_null(False) & ~pl.col("kind").is_in(DUPLICATES),
    )


def score(judged: pl.DataFrame) -> tuple[list[Score], Drops]:
    """Recall by kind, all kinds last, and what was dropped."""
    planted = judged.filter("duplicate")
    kinds = planted.group_by("kind").agg(pl.len(), pl.sum("dropped")).sort("kind")
    scores = [Score(*row) for row in kinds.iter_rows()] + [Score("all", len(planted), int(planted["dropped"].sum()))]
    dropped = judged.filter("dropped", ~pl.col("chance"))
    others = judged.filter(pl.col("kind") == "look_alike", ~pl.col("chance"))
    drops = Drops(len(dropped), int(dropped["duplicate"].sum()), len(others), int(others["dropped"].sum()))
    return scores, drops


def main() -> None:
    """Print the tables; with ``--json FILE`` write them too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="worlds")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="file for the scores")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    arguments = parser.parse_args()
    rows, missed = [], []
    print(f"{'seed':<6}{'copies':<18}{'planted':>8}{'found':>8}{'recall':>8}")
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        scores, drops = score(judge(seed))
        for one in scores:
            print(f"{seed:<6}{one.kind:<18}{one.planted:>8}{one.found:>8}{one.recall:>8.4f}")
        print(
            f"{seed:<6}dropped and judged {drops.judged}, planted {drops.planted}: precision {drops.precision:.4f}; ",
            end="",
        )
        print(f"look-alikes {drops.look_alikes}, dropped {drops.look_alikes_dropped}")
        if scores[-1].recall < TARGET or drops.precision < TARGET or drops.look_alikes_dropped:
            missed.append(seed)
        rows.append({"seed": seed, "scores": [one._asdict() for one in scores], "drops": drops._asdict()})
    if arguments.json:
        write_json(arguments.json, {"worlds": rows})
    if arguments.check and missed:
        print(f"FAILED: under {TARGET} or a look-alike dropped in worlds {missed}")
        sys.exit(1)


if __name__ == "__main__":
    main()
