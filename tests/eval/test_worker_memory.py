from pathlib import Path

import pytest

from eval.engine import Engine
from eval.worker_memory import GIB, bytes_of, check_memory, free_bytes
from tickertune.core.errors import TickerTuneError


def engine(model: Path | str, dtype: str = "float32", backend: str = "transformers") -> Engine:
    return Engine(backend, str(model), str(model), dtype=dtype, batch_size=1, max_length=8)  # type: ignore[arg-type]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A gigabyte of weights in bfloat16, without the bytes."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"dtype": "bfloat16"}')
    with (folder / "model.safetensors").open("wb") as weights:
        weights.truncate(GIB)
    return folder


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "meminfo"
    path.write_text(f"MemTotal: 9999999 kB\nMemAvailable:   {6 * 1024**2} kB\n")
    return path


def test_weights_count_in_the_type_that_they_are_computed_in(model: Path) -> None:
    assert bytes_of(engine(model)) - bytes_of(engine(model, "bfloat16")) == GIB
    assert bytes_of(engine(model)) == pytest.approx(2.7 * GIB, rel=1e-6)


def test_need_is_said_and_what_does_not_fit_is_refused(
    model: Path, facts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert free_bytes(facts) == 6 * GIB
    check_memory(engine(model), 2, [], facts)
    assert "2 workers, each with the model in memory: about 2 x 2.7 GiB, and 6.0 GiB are free" in " ".join(
        capsys.readouterr().err.split()
    )
    with pytest.raises(TickerTuneError, match=r"about 3 x 2.7 GiB, and 6.0 GiB are free. Use --workers 2"):
        check_memory(engine(model), 3, [], facts)


def test_with_gpus_the_machines_memory_does_not_count(model: Path, facts: Path) -> None:
    check_memory(engine(model), 8, ["0", "1"], facts)


def test_system_that_does_not_tell_its_memory_refuses_nothing(model: Path, tmp_path: Path) -> None:
    check_memory(engine(model), 99, [], tmp_path / "absent")
