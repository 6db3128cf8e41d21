"""Score the linker against the planted truth, and count what it does on real texts.

    python scripts/measure_linking.py
    python scripts/measure_linking.py --check --json linking.json

Prints precision and recall by kind of evidence over two seeds of the simulated market. ``--check`` exits with 1 where the
total of all planted kinds is under the target, or that without the ``_blind`` ones. The newswire's own items, linked by its own
field, stand apart. Where real data lies at
``$TICKERTUNE_DATA`` (default ../shared/data) it also counts StockNet's look-alikes, compares names with the tags of Yahoo's
articles and with EDGAR's company numbers. ``--speed`` links 100,000 headlines with 5,000 companies.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl
from linking_real import edgar, speed, stocknet, yahoo

from data_pipeline.linking import link
from data_pipeline.sources import load_source
from tickertune.core.files import write_json
from tickertune.core.recipe import SimulatedSourceConfig

TARGET = 0.98
BLIND = "_blind"
"""Ending of the kinds whose phrases were never used to change the linker."""
WIRE = "newswire"
NEWSWIRE = ("story", "distractor", "exact_duplicate", "near_duplicate", "syndication", "false_ticker")
"""Kinds of the newswire itself, whose links come from its own field; the truth of a false ticker is no company."""


class Score(NamedTuple):
    """Links of one kind of evidence, compared with the truth."""

    kind: str
    documents: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0

    def plus(self, found: set[str], truth: set[str]) -> "Score":
        """The score with one more document."""
        return Score(
            self.kind,
            self.documents + 1,
            self.right + len(found & truth),
            self.wrong + len(found - truth),
            self.missed + len(truth - found),
        )

    @property
    def precision(self) -> float:
        """Share of links that are true; 1 where there is none."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of true links that were found; 1 where there is none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def total(name: str, scores: list[Score]) -> Score:
    """The sum of scores."""
    sums = (sum(column) for column in zip(*(score[1:] for score in scores), strict=True))
    return Score(name, *sums)


def measure(seed: int, since: date, until: date, companies: int = 24) -> tuple[list[Score], dict[str, tuple[int, str]]]:
    """Score a simulated market; also the texts that went wrong: phrase -> (times, an example)."""
    config = SimulatedSourceConfig.model_validate({"seed": seed, "companies": companies, "dirt": {"links": 1.0}})
    data = load_source(config, since, until)
    kept, _ = link(data.documents, data.instruments, data.truth["aliases"])
    first = kept.filter(pl.col("revision") == 0).select("doc_id", "symbols")
    found = {doc_id: {entry["instrument_id"] for entry in links} for doc_id, links in first.iter_rows()}
    title = dict(data.documents.filter(pl.col("revision") == 0).select("doc_id", "title").iter_rows())
    planted = data.truth["links"].select("doc_id", "kind", "phrase", "instrument_ids")
    wire = data.truth["documents"].filter(pl.col("kind").is_in(NEWSWIRE) & (pl.col("revision") == 0))
    scores: dict[str, Score] = {}
    wrong: dict[str, tuple[int, str]] = defaultdict(lambda: (0, ""))
    rows = [
        *planted.iter_rows(),
        *(
            (doc, WIRE, kind, [] if about is None else [about])
            for doc, kind, about in wire.select("doc_id", "kind", "instrument_id").iter_rows()
        ),
    ]
    for doc_id, kind, phrase, about in rows:
        got, truth = found.get(doc_id, set()), set(about)
        scores[kind] = scores.get(kind, Score(kind)).plus(got, truth)
        if got != truth:
            wrong[phrase] = (wrong[phrase][0] + 1, f"{title[doc_id]!r}: found {sorted(got)}, true {sorted(truth)}")
    return list(scores.values()), dict(wrong)


def main() -> None:
    """Print the tables; with ``--json FILE`` write the numbers too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="file for the numbers")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--check", action="store_true", help=f"exit with 1 where precision or recall is under {TARGET}")
    parser.add_argument("--speed", action="store_true", help="link 100,000 headlines with 5,000 companies")
    arguments = parser.parse_args()
    results: dict[str, object] = {}
    failed = []
    for seed in arguments.seeds:
        scores, wrong = measure(seed, date(2023, 1, 3), date(2023, 7, 1))
        blind = [score for score in scores if score.kind.endswith(BLIND)]
        planted = [score for score in scores if score.kind != WIRE]
        looked_at = [score for score in planted if score not in blind]
        sums = [total("all planted", planted), total("without _blind", looked_at), total("_blind alone", blind)]
        print(f"\nseed {seed}{'documents':>22}{'right':>8}{'wrong':>8}{'missed':>8}{'precision':>11}{'recall':>9}")
        for score in [*scores, *sums]:
            print(
                f"{score.kind:<19}{score.documents:>9}{score.right:>8}{score.wrong:>8}{score.missed:>8}"
                f"{score.precision:>11.4f}{score.recall:>9.4f}"
            )
        for phrase, (times, example) in sorted(wrong.items()):
            print(f"  {phrase}, {times} times: {example}")
        failed += [(seed, score) for score in sums[:2] if min(score.precision, score.recall) < TARGET]
        results[f"seed_{seed}"] = [
            {**score._asdict(), "precision": score.precision, "recall": score.recall} for score in [*scores, *sums]
        ]
    folder = Path(os.environ.get("TICKERTUNE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    for name, run in {"stocknet": stocknet, "yahoo": yahoo, "edgar": edgar}.items():
        if folder.is_dir():
            results[name] = run(folder)
            print(f"\n{name}: {json.dumps(results[name], indent=1, ensure_ascii=False)}")
        else:
            print(f"\n{name}: not measured, no real data at {folder}")
    if arguments.speed:
        results["speed"] = speed()
        print(f"\nspeed: {json.dumps(results['speed'], indent=1)}")
    if arguments.json:
        write_json(arguments.json, results)
    for seed, score in failed if arguments.check else []:
        print(f"seed {seed}, {score.kind}: precision {score.precision:.4f}, recall {score.recall:.4f} under {TARGET}")
    if arguments.check and failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
