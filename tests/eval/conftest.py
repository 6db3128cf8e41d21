"""A small made data set, an adapter for the tiny model, and the one vLLM engine of the session."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data_pipeline.dataset import DatasetInfo, class_priors, outcome_hash, prompt_hash, split_hash, write_dataset
from eval.backends import Backend
from tickertune.core.answers import different_words
from tickertune.core.models import resolve_model
from tickertune.core.recipe import ModelConfig
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import MovementTask, MovementView, NewsItem, PastMove, SentimentTask, get_task

START = datetime(2020, 1, 1, 13, tzinfo=UTC)
WORDS = {"up": "wins a record contract", "down": "recalls a faulty product"}
COMPANIES = ("Aldor", "Brimax", "Corvane")


def made_samples(train_days: int = 12, test_days: int = 8) -> pl.DataFrame:
    """Movement samples whose news tells the label four times out of five."""
    task, generator = get_task("movement"), np.random.default_rng(0)
    assert isinstance(task, MovementTask)
    samples = []
    for day in range(train_days + test_days):
        as_of = START + timedelta(days=day)
        for company in COMPANIES:
            scaled = float(generator.normal())
            label = "up" if scaled > 0 else "down"
            told = label if generator.random() < 0.8 else ("down" if label == "up" else "up")
            view = MovementView(
                company=company,
                symbol=company[:3].upper(),
                as_of=as_of,
                zone="America/New_York",
                news=[NewsItem(as_of - timedelta(hours=1), f"{company} {WORDS[told]} {generator.integers(999)}")],
                moves=[PastMove(1, 0.004), PastMove(5, float(generator.normal()) / 50)],
                horizon=1,
                market_adjusted=True,
            )
            samples.append(
                Sample(
                    sample_id=f"{company}-{day:03d}",
                    task="movement",
                    instrument_id=company,
                    symbol=company[:3].upper(),
                    as_of=as_of,
                    session=as_of.date(),
                    doc_ids=[f"d{day}-{company}"],
                    messages=task.messages(view),
                    answer=task.answer(label),
                    label=label,
                    entry=as_of + timedelta(minutes=30),
                    exit=as_of + timedelta(days=1, minutes=30),
                    ret_raw=0.02 * scaled + 0.001,
                    ret_excess=0.02 * scaled,
                    ret_scaled=scaled,
                    volatility=0.02,
                    split="train" if day < train_days else "test",
                    provenance="made",
                )
            )
    return frame_of(Sample, samples)


def write_made(frame: pl.DataFrame, folder: Path, task_name: str, exchange: str | None = None) -> Path:
    """Write a data stage folder around samples."""
    labels = list(get_task(task_name).labels)
    info = DatasetInfo(
        task=task_name,
        labels=labels,
        horizon=1 if task_name.startswith("movement") else None,
        market_adjusted=True,
        split_hash=split_hash(frame),
        prompt_hash=prompt_hash(frame),
        outcome_hash=outcome_hash(frame),
        label_spec={},
        label_hash="made",
        fitted={},
        class_priors=class_priors(frame, labels),
        counts={f"samples_{split}": int((frame["split"] == split).sum()) for split in ("train", "validation", "test")},
        leak_share=0.0,
        dead_band_share=0.0,
        ceiling={"accuracy": 0.8, "mcc": 0.6} if task_name.startswith("movement") else {},
        source_kind="made",
        exchange=exchange,
        zone=None,
        latency_minutes=None,
        decision_minutes=None,
        price_basis=[],
        licences=[],
        redistributable=True,
        first_session=None,
        last_session=None,
        notes=[],
        checks=[],
    )
    write_dataset(frame, info, folder / "dataset")
    return folder


@pytest.fixture(scope="session")
def movement_samples() -> pl.DataFrame:
    """Made movement samples of all splits."""
    return made_samples()


@pytest.fixture
def movement_data(tmp_path: Path, movement_samples: pl.DataFrame) -> Path:
    """Data stage folder with a truth table, as the simulated source leaves it."""
    folder = write_made(movement_samples, tmp_path / "data", "movement")
    tones = movement_samples.select("instrument_id", "session", pl.col("ret_scaled").alias("tone"))
    tones.write_parquet(folder / "truth_tones.parquet")
    return folder


@pytest.fixture
def sentiment_data(tmp_path: Path) -> Path:
    """Undated sentiment samples."""
    task = get_task("sentiment")
    assert isinstance(task, SentimentTask)
    words = {"negative": "loss widened", "neutral": "met on Monday", "positive": "profit rose"}
    samples = [
        Sample(
            sample_id=f"{split}-{place:03d}",
            task="sentiment",
            doc_ids=[str(place)],
            messages=task.messages(f"Company {place} said {words[label]} {place % 7}"),
            answer=task.answer(label),
            label=label,
            split=split,
            provenance="made",
        )
        for split, number in (("train", 30), ("test", 18))
        for place in range(number)
        for label in [task.labels[place % 3]]
    ]
    return write_made(frame_of(Sample, samples), tmp_path / "sentiment", "sentiment")


@pytest.fixture(scope="session")
def tiny_base() -> str:
    """Folder of the tiny model."""
    return resolve_model(ModelConfig(name="tiny-llama"))


@pytest.fixture(scope="session")
def tiny_adapter(tmp_path_factory: pytest.TempPathFactory, tiny_base: str) -> Path:
    """A stage folder with an adapter whose random weights move the tiny model's answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    stage = tmp_path_factory.mktemp("stage") / "sft"
    model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        tuned = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear"))
        for name, weight in tuned.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(weight, std=0.2)
    tuned.save_pretrained(stage / "adapter")
    return stage


@pytest.fixture(scope="session")
def vllm_engine(tiny_base: str, tiny_adapter: Path) -> Iterator[Backend]:
    """The one vLLM engine of the session: the tiny model in fp32, with its adapter, beside compiled code as in a run."""
    pytest.importorskip("vllm", reason="vLLM is not installed")
    from eval.backends.vllm import VllmBackend

    different_words(["compiled"])
    before = dict(os.environ)
    backend = VllmBackend(tiny_base, tiny_base, "float32", 16, 512, [tiny_adapter / "adapter"])
    yield backend
    backend.close()
    assert dict(os.environ) == before


@pytest.fixture(scope="session")
def reported_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs with one checkpoint, with thirty in two worlds and a sweep of thirty, of texts, and a board of them."""
    from eval.leaderboard import find_entries, leaderboard, write_board
    from eval.report import write_report
    from tests.eval.made_run import make_run, make_sweep

    place = tmp_path_factory.mktemp("runs")
    many = [f"step-{step}" for step in range(1, 31)]
    made = {
        "one": make_run(place / "one", {"planted": ("movement", 0.9)}, ["sft"], history=True),
        "many": make_run(
            place / "many", {"planted": ("movement", 0.9), "placebo": ("movement", 0.0)}, many, history=True
        ),
        "texts": make_run(place / "texts", {"texts": ("sentiment", 1.0)}, ["sft"]),
        "swept": make_run(place / "swept", {"planted": ("movement", 0.9)}, ["sft"]),
    }
    make_sweep(made["swept"], "planted", range(1, 31))
    for folder in made.values():
        write_report(folder)
    write_board(leaderboard(find_entries(place)), place / "board.html", "runs")
    return made | {"board": place}
