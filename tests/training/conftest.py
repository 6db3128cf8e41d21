"""A tiny movement data set whose words tell the label, and configurations that train the tiny model on it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from transformers import PreTrainedTokenizerBase

from data_pipeline.dataset import DatasetInfo, class_priors, outcome_hash, prompt_hash, sizes, split_hash, write_dataset
from tickertune.core.models import resolve_model
from tickertune.core.recipe import GrpoConfig, ModelConfig, SftConfig
from tickertune.core.sample import Message, Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task
from training.models import load_tokenizer

TINY = ModelConfig(name="tiny-llama", dtype="float32")
WORDS = {"up": "gains growth record", "down": "loses lawsuit recall"}


def make_samples(count: int = 24, task: str = "movement", seed: int = 0, drift: float = 0.0) -> list[Sample]:
    """Samples of the train split, four a day; ``drift`` is added to every scaled return."""
    rng = np.random.default_rng(seed)
    samples = []
    for number in range(count):
        scaled = float(rng.normal()) + drift
        label = "up" if scaled > drift else "down"
        day = date(2024, 1, 2) + timedelta(days=number // 4)
        entry = datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC)
        text = f"<news>\nTue 09:00 Company {number % 4} {WORDS[label]} {rng.integers(1000)}\n</news>"
        samples.append(
            Sample(
                sample_id=f"s{number:03d}",
                task=task,
                instrument_id=f"i{number % 4}",
                symbol=f"C{number % 4}",
                as_of=entry - timedelta(minutes=30),
                session=day,
                doc_ids=[f"d{number}"],
                messages=[Message(role="system", content="Up or down?"), Message(role="user", content=text)],
                answer=get_task(task).answer(label),
                label=label,
                entry=entry,
                exit=entry + timedelta(days=1),
                ret_raw=scaled * 0.02,
                ret_excess=scaled * 0.02,
                ret_scaled=scaled,
                volatility=0.02,
                split="train",
                provenance="test",
            )
        )
    return samples


def drifting_data(folder: Path) -> Path:
    """A data set of stocks that rise whatever is said of them: always buying earns most."""
    samples = make_samples(60, drift=3.0)
    prompts = pl.Series([sample.messages for sample in samples], dtype=pl.Object).shuffle(seed=3)
    mixed = [sample.model_copy(update={"messages": words}) for sample, words in zip(samples, prompts, strict=True)]
    return write_samples(folder, mixed)


def write_samples(folder: Path, samples: list[Sample]) -> Path:
    """Write a data set as the data stage does, and return the stage's folder."""
    frame: pl.DataFrame = frame_of(Sample, samples)
    task = get_task(samples[0].task)
    info = DatasetInfo.model_validate(
        {
            "task": task.name,
            "labels": list(task.labels),
            "horizon": 1,
            "market_adjusted": True,
            "split_hash": split_hash(frame),
            "prompt_hash": prompt_hash(frame),
            "outcome_hash": outcome_hash(frame),
            "label_spec": {"name": "excess"},
            "label_hash": "0",
            "fitted": {"cut_points": [0.0], "fitted_on": frame.height},
            "class_priors": class_priors(frame, list(task.labels)),
            "counts": sizes(frame),
            "leak_share": 0.0,
            "dead_band_share": 0.0,
            "ceiling": {},
            "source_kind": "simulated",
            "exchange": "XNYS",
            "zone": "America/New_York",
            "latency_minutes": 0,
            "decision_minutes": 30,
            "price_basis": ["total_return"],
            "licences": ["none"],
            "redistributable": True,
            "first_session": None,
            "last_session": None,
            "notes": [],
            "checks": [],
        }
    )
    write_dataset(frame, info, folder / "dataset")
    return folder


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """The tiny model gains nothing from threads, and waiting threads slow down whatever runs beside the tests."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_samples(tmp_path_factory.mktemp("data"), make_samples())


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerBase:
    return load_tokenizer(resolve_model(TINY), TINY)


def sft_config(dataset: Path, output: Path, **changes: Any) -> SftConfig:
    """A configuration of six steps."""
    values = {"model": TINY, "batch_size": 4, "learning_rate": 1e-3, "save_steps": 3, "lora": {"r": 4, "alpha": 8}}
    return SftConfig.model_validate({**values, "dataset": dataset, "output": output, **changes})


def grpo_config(dataset: Path, output: Path, **changes: Any) -> GrpoConfig:
    """A configuration of four steps."""
    values = {
        "model": TINY,
        "steps": 4,
        "prompts_per_step": 2,
        "num_generations": 4,
        "learning_rate": 1e-3,
        "save_steps": 2,
        "on_constant_wins": "warn",
        "lora": {"r": 4, "alpha": 8},
    }
    return GrpoConfig.model_validate({**values, "dataset": dataset, "output": output, **changes})


@pytest.fixture(scope="session")
def answering_model(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SFT stage with all weights of the tiny model trained until it mostly answers in the format.

    A LoRA adapter cannot teach it that: the random embeddings, which are also its head, bound its logits.
    """
    from training.sft import train

    output = tmp_path_factory.mktemp("answering")
    config = sft_config(
        dataset, output, method="full", lora={}, learning_rate=1e-2, scheduler="constant", epochs=6, batch_size=8,
        save_steps=100,
    )  # fmt: skip
    train(config)
    return output


def weights(folder: Path) -> dict[str, Any]:
    """Tensors of a saved adapter or model, by name."""
    from safetensors.torch import load_file

    (path,) = folder.glob("*.safetensors")
    return dict(load_file(path))


def equal_weights(first: Path, second: Path) -> bool:
    """Whether two folders hold bit-identical tensors."""
    a, b = weights(first), weights(second)
    return a.keys() == b.keys() and all(bool((a[name] == b[name]).all()) for name in a)


class Cut(Exception):
    """Stands for a kill."""


def cut_after(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Let training end abruptly once ``step`` was logged."""
    from training.log import LogCallback

    log = LogCallback.on_log

    def stopping(self: LogCallback, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        log(self, args, state, control, logs=logs, **kwargs)
        if state.global_step == step:
            raise Cut

    monkeypatch.setattr(LogCallback, "on_log", stopping)


def cut_before_the_result(monkeypatch: pytest.MonkeyPatch, stage: ModuleType) -> None:
    """Let a stage end abruptly after its last checkpoint."""

    def dying(*_: Any, **__: Any) -> Any:
        raise Cut

    monkeypatch.setattr(stage, "finish", dying)
