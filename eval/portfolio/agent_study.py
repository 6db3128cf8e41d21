"""An agent on a data stage's prices and news: its account beside buying and holding, every reply stored before it is read."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.curation.revisions import superseded_at
from data_pipeline.dataset import DatasetInfo, read_info
from eval.backends.base import Backend, Completion, Tokens
from eval.checkpoint import Checkpoint, fingerprint, materialise
from eval.engine import Engine
from eval.metrics import MetricRow
from eval.portfolio import measures
from eval.portfolio.agents import AgentRun, run_agent
from eval.portfolio.market import Market, read_market
from eval.portfolio.model_policy import ModelPolicy, symbols_of
from eval.portfolio.performance import ONE_OVER_N, Setting, account_rows
from eval.portfolio.rows import BUY_AND_HOLD
from eval.portfolio.study import series_of
from eval.portfolio.trading import hold, one_over_n
from eval.tokenizer import load_tokenizer
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_file, read_json, sha256_value, write_json
from tickertune.core.market import Instrument
from tickertune.core.progress import console
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe import EvalConfig
from tickertune.core.recipe.agents import AgentsConfig
from tickertune.core.sample import Message
from tickertune.core.table import read_parquet, read_table

AGENT = "agent"
REPLIES = "replies.jsonl"
TOLD = 30
"""Days between two lines of progress."""


class StoredReplies:
    """Replies of an engine, each stored before it is read: a run that was killed asks again for the one under way alone.

    Args:
        path: JSON Lines, one a reply, appended to.
        key: Hash of what the replies depend on besides the prompt.
        engine: Returns the loaded engine; called when a reply is missing.
        adapter: Adapter in force.
        longest: Most tokens of a prompt and its reply.
    """

    def __init__(self, path: Path, key: str, engine: Callable[[], Backend], adapter: Path | None, longest: int) -> None:
        self._path, self._key, self._engine, self._adapter, self._longest = path, key, engine, adapter, longest
        self._stored = {row["prompt"]: row for row in _whole_lines(path) if row["key"] == key}
        self.asked = 0
        """Replies that were not stored."""

    def generate(self, prompts: Sequence[Tokens], max_tokens: int) -> list[list[Completion]]:
        """See ``Backend.generate``, for one greedy reply each.

        Raises:
            TickerTuneError: A prompt and its reply are longer than may be.
        """
        return [[self._reply(prompt, max_tokens)] for prompt in prompts]

    def _reply(self, prompt: Tokens, max_tokens: int) -> Completion:
        if len(prompt) + max_tokens > self._longest:
            raise TickerTuneError(
                f"A day's prompt and its reply have {len(prompt) + max_tokens} tokens, more than {self._longest}",
                "Lower max_document_chars or lookback_days, name fewer instruments, or raise max_length",
            )
        digest = hashlib.sha256(repr(list(prompt)).encode()).hexdigest()
        if digest not in self._stored:
            ((reply,),) = self._engine().generate([prompt], max_tokens, adapter=self._adapter)
            self.asked += 1
            row: dict[str, Any] = {"key": self._key, "prompt": digest, "reply": reply.text, "finished": reply.finished}
            with self._path.open("a", encoding="utf-8") as handle:
                handle.write(json.dumps(row, ensure_ascii=True) + "\n")
                handle.flush()
                os.fsync(handle.fileno())
            self._stored[digest] = row
        stored = self._stored[digest]
        return Completion(stored["reply"], stored["finished"])


def _whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read what was stored; a last line that a kill cut off is removed."""
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with atomic_file(path) as temporary:
            temporary.write_bytes(whole)
    yield from map(json.loads, whole.splitlines())


def study_agent(data: Path, checkpoint: Checkpoint, config: AgentsConfig, folder: Path) -> dict[str, Any]:
    """Let a model trade a data stage's days; writes agents.json, accounts.parquet, fills.parquet and days.parquet.

    Args:
        data: Folder of the data stage, with its bars, actions and documents.
        checkpoint: Who decides.
        config: The recipe.
        folder: Folder of the result; the replies in it are used again.

    Returns:
        The contents of agents.json.

    Raises:
        TickerTuneError: There are no bars or documents, a name has none, a span holds no session; as ``open_backend``.
    """
    info = read_info(data)
    if info.exchange is None:
        raise TickerTuneError(f"Data {data} has no exchange, so no days to trade", "Build one of a movement task")
    latency = info.latency_minutes or 0
    market = _market(data, info.exchange, config)
    first, last = _span(market, config)
    documents, every = _documents(data)
    weights, made = materialise(checkpoint), fingerprint(checkpoint)
    engine = Engine(
        config.backend, weights.model, checkpoint.base, dtype=config.dtype, batch_size=1, max_length=config.max_length,
        adapters=() if weights.adapter is None else (weights.adapter,), revision=weights.revision, server=config.server,
    )  # fmt: skip
    key = sha256_value(
        {"model": made, "dtype": config.dtype, "backend": config.backend, "max_tokens": config.max_tokens}
    )
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:

        @cache
        def opened() -> Backend:
            return stack.enter_context(engine.open())

        replies = StoredReplies(folder / REPLIES, key, opened, weights.adapter, config.max_length)
        symbols = symbols_of(_instruments(data), market.instruments)
        policy = ModelPolicy(replies, _encoder(checkpoint), symbols, config.max_tokens, config.days_shown)
        run = run_agent(
            policy, market, documents, superseded_at(every), first, last, config.account, config.minutes_before,
            config.lookback_days, config.max_document_chars, latency,
        )  # fmt: skip
    console.print(f"{len(run.history)} days, {replies.asked} of them asked now")
    return _write(folder, run, market, first, last, config, made, info)


def _market(data: Path, exchange: str, config: AgentsConfig) -> Market:
    market = read_market(data, exchange, config.first - timedelta(days=30), config.last + timedelta(days=15))
    if config.instruments is None:
        return market
    columns = market.columns(config.instruments)
    if missing := [name for name, column in zip(config.instruments, columns, strict=True) if column < 0]:
        raise TickerTuneError(f"Data {data} has no bars of {', '.join(missing)}", "Correct instruments")
    tables = {name: getattr(market, name)[:, columns] for name in ("open", "high", "low", "close", "settled")}
    return replace(market, instruments=list(config.instruments), **tables)


def _span(market: Market, config: AgentsConfig) -> tuple[int, int]:
    """Numbers of the first and the last session."""
    dates = [day.item() for day in market.sessions.dates]
    inside = [at for at, day in enumerate(dates) if config.first <= day <= config.last and 0 < at < len(dates) - 1]
    if not inside:
        raise TickerTuneError(f"No session lies between {config.first} and {config.last}", "Correct first and last")
    return inside[0], inside[-1]


def _instruments(data: Path) -> list[dict[str, Any]]:
    """Rows of ``Instrument``; none where the data stage lists no companies."""
    table = data / "instruments.parquet"
    return read_table(table, Instrument).to_dicts() if table.is_file() else []


def _documents(data: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The linked documents, and all revisions, for which was in force when."""
    if not (data / "documents.parquet").is_file():
        raise TickerTuneError(f"Folder {data} holds no documents.parquet", "Give the folder of the data stage")
    documents, columns = read_parquet(data / "documents.parquet"), ["doc_id", "revision", "available_at"]
    tables = [documents.select(columns)]
    if (data / "dropped_documents.parquet").is_file():
        tables.append(read_parquet(data / "dropped_documents.parquet").select(columns))
    return documents, pl.concat(tables).unique()


def _encoder(checkpoint: Checkpoint) -> Callable[[str], Tokens]:
    tokenizer = load_tokenizer(checkpoint.base, checkpoint.revision)
    return lambda text: prompt_ids(tokenizer, [Message(role="user", content=text)])


def _write(
    folder: Path,
    run: AgentRun,
    market: Market,
    first: int,
    last: int,
    config: AgentsConfig,
    made: str,
    info: DatasetInfo,
) -> dict[str, Any]:
    account, sessions = config.account, [day.item() for day in market.sessions.dates[first : last + 1]]
    years = measures.sessions_per_year(sessions, info.exchange)
    scale = EvalConfig(backend="fake", resamples=config.resamples, seed=config.seed)
    setting = Setting(AGENT, scale, years, 1, 1, len(run.history))
    statements = {
        AGENT: run.statement,
        BUY_AND_HOLD: hold(market, first, last, "open", account),
        ONE_OVER_N: one_over_n(market, first, last, "open", account),
    }
    rows: list[MetricRow] = []
    for name, statement in statements.items():
        rows += account_rows(setting, name, statement, statements[BUY_AND_HOLD])
    days = pl.DataFrame(
        {
            "session": [past.session for past in run.history],
            "ordered": [None if past.ordered is None else json.dumps(dict(past.ordered)) for past in run.history],
            "gain": [past.gain for past in run.history],
        },
        schema={"session": pl.Date, "ordered": pl.String, "gain": pl.Float64},
    )
    tables = {
        "accounts.parquet": pl.concat([series_of(name, statement, market) for name, statement in statements.items()]),
        "fills.parquet": run.statement.fills,
        "days.parquet": days,
    }
    for name, table in tables.items():
        with atomic_file(folder / name) as temporary:
            table.write_parquet(temporary, compression="zstd")
    facts = {
        "settings": config.model_dump(mode="json"),
        "model": made,
        "latency_minutes": info.latency_minutes or 0,
        "sessions": len(sessions),
        "days_refused": sum(run.refused.values()),
        "refused": run.refused,
        "counts": {what: number for what, number in run.statement.counts.items() if number},
        "rows": [row.model_dump(mode="json") for row in rows],
    }
    write_json(folder / "agents.json", facts)
    return dict(read_json(folder / "agents.json"))
