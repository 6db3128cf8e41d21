"""Answers of an engine for many prompts: those that are stored are read, the others asked for chunk by chunk and stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from eval.backends.base import Tokens
from eval.engine import Answering
from eval.results import Ask, Ledger
from eval.results.store import KEY, hash_of, raw_results
from tickertune.core.progress import console, progress_bar


@dataclass(frozen=True)
class Prompts:
    """Samples as the model reads them."""

    keys: pl.DataFrame
    """``sample_id`` and ``prompt_hash``, in the samples' order."""
    tokens: Sequence[Tokens]

    @classmethod
    def of(cls, sample_ids: Sequence[str], tokens: Sequence[Tokens]) -> "Prompts":
        """Hash the token ids."""
        return cls(pl.DataFrame([list(sample_ids), list(map(hash_of, tokens))], schema=list(KEY)), tokens)

    def missing(self, ledger: Ledger) -> list[int]:
        """Places whose answer is not stored yet; of equal ones the first."""
        places = self.keys.with_row_index("place").unique(KEY, keep="first", maintain_order=True)
        return places.join(ledger.rows(), on=KEY, how="anti", maintain_order="left")["place"].to_list()


def stored_answers(
    prompts: Prompts,
    ledger: Ledger,
    ask: Ask,
    engine: Callable[[], Answering],
    adapter: Path | None,
    chunk_rows: int,
    title: str,
) -> pl.DataFrame:
    """Return the answers for all prompts, asking for what is not stored.

    A chunk is ``chunk_rows`` samples in a row, counted from the first one, and goes to an engine in one call. So a run that
    was killed asks in the same calls as one that was not, and ends in the same answers.

    Args:
        prompts: The samples.
        ledger: Where the answers are stored.
        ask: What is asked for each of them.
        engine: Returns the loaded engine; called where something is missing.
        adapter: Adapter in force.
        chunk_rows: Samples that are stored at a time.
        title: What is being done, for the progress bar.

    Returns:
        ``RawResult`` rows in the prompts' order.
    """
    ledger.set_damaged_aside()
    if prompts.missing(ledger):
        with ledger.writing():
            _ask(prompts, ledger, ask, engine, adapter, chunk_rows, title)
    return prompts.keys.join(ledger.rows(), on=KEY, how="left", maintain_order="left", validate="m:1")


def _ask(
    prompts: Prompts,
    ledger: Ledger,
    ask: Ask,
    engine: Callable[[], Answering],
    adapter: Path | None,
    chunk_rows: int,
    title: str,
) -> None:
    missing = set(prompts.missing(ledger))
    total = len(prompts.tokens)
    chunks = [
        places
        for start in range(0, total, chunk_rows)
        if (places := [place for place in range(start, min(start + chunk_rows, total)) if place in missing])
    ]
    answering = engine()
    if len(missing) < total:
        console.print(f"{title}: {total - len(missing):,} of {total:,} samples were scored before")
    sample_ids, hashes = (prompts.keys[column].to_list() for column in KEY)
    with progress_bar(f"{title} ({answering.name})", total) as bar:
        bar.skip(total - len(missing))
        tokens = [[prompts.tokens[place] for place in places] for places in chunks]
        for number, answers in answering.answers(tokens, ask, adapter, bar.advance):
            places = chunks[number]
            rows = raw_results([sample_ids[place] for place in places], [hashes[place] for place in places], answers)
            ledger.append(rows)
