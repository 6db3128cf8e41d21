"""What training is given or meets that it cannot use: told in one sentence, and nothing is lost."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from transformers import PreTrainedTokenizerBase

from data_pipeline.dataset import read_info
from tests.training.conftest import equal_weights, grpo_config, make_samples, sft_config, write_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import SftConfig
from training import grpo, sft
from training.log import LogCallback
from training.preflight.look import look
from training.prompts import usable_prompts
from training.rewards.compose import compose
from training.stage import dump, main

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def whole(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed run of six steps with checkpoints at 3 and 6."""
    output = tmp_path_factory.mktemp("whole")
    sft.train(sft_config(dataset, output))
    return output


def words(dataset: Path, output: Path) -> list[str]:
    recipe = output.parent / f"{output.name}.yaml"
    recipe.write_text(dump(sft_config(dataset, output)))
    return ["--config", str(recipe)]


def test_a_disk_that_is_full_at_the_checkpoint_is_told_and_nothing_is_lost(
    dataset: Path, whole: Path, tmp_path: Path
) -> None:
    """Simulated by a limit on the size of files, which every library meets as it meets a full disk."""
    program = (
        "import resource, sys; sys.dont_write_bytecode = True;"
        "import training.sft; from training.stage import main; from tickertune.core.recipe import SftConfig;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "sys.exit(main(SftConfig, training.sft.train))"
    )
    given = words(dataset, tmp_path / "out")
    ended = subprocess.run([sys.executable, "-c", program, *given], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2, ended.stderr[-2000:]
    assert "The disk is full" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "out" / "adapter").exists()
    assert len((tmp_path / "out" / "log.jsonl").read_text().splitlines()) == 3, "it was the checkpoint that did not fit"
    assert main(SftConfig, sft.train, given) == 0
    assert equal_weights(whole / "adapter", tmp_path / "out" / "adapter")
    assert (whole / "log.jsonl").read_bytes() == (tmp_path / "out" / "log.jsonl").read_bytes()


def test_ctrl_c_is_told_and_the_same_command_resumes(
    dataset: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = LogCallback.on_log

    def interrupted(self: LogCallback, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        log(self, args, state, control, **kwargs)
        if state.global_step == 5:
            raise KeyboardInterrupt

    given = words(dataset, tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr(LogCallback, "on_log", interrupted)
        assert main(SftConfig, sft.train, given) == 130
    assert capsys.readouterr().err.endswith("Interrupted. Run the same command again to resume.\n")
    assert main(SftConfig, sft.train, given) == 0
    assert "Resuming from" in capsys.readouterr().err
    assert equal_weights(whole / "adapter", tmp_path / "out" / "adapter")


def change(folder: Path, changed: Any) -> Path:
    """A data set whose train split was changed behind its back."""
    path = write_samples(folder, make_samples()) / "dataset" / "data" / "train.parquet"
    changed(pl.read_parquet(path)).write_parquet(path)
    return folder


def test_a_data_set_without_the_tasks_columns_is_refused(tmp_path: Path) -> None:
    data = change(tmp_path / "data", lambda frame: frame.drop("messages"))
    with pytest.raises(TickerTuneError, match="messages"):
        sft.train(sft_config(data, tmp_path / "out"))
    assert not (tmp_path / "out" / "adapter").exists()


def test_labels_outside_of_the_label_space_are_counted_and_refused(tmp_path: Path) -> None:
    some = pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("sideways")).otherwise("label")
    data = change(tmp_path / "data", lambda frame: frame.with_columns(label=some))
    refused = pytest.raises(TickerTuneError, match=r"labels that task movement does not know: 'sideways' 3 times")
    for train in (
        lambda: sft.train(sft_config(data, tmp_path / "sft")),
        lambda: grpo.train(grpo_config(data, tmp_path / "grpo")),
        lambda: look(sft_config(data, tmp_path / "sft"), data, 1, "lora"),
    ):
        with refused:
            train()


@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_returns_that_are_no_numbers_are_left_out_and_counted(
    value: float | None, dataset: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    samples = [
        sample.model_copy(update={"ret_scaled": value}) if place < 5 else sample
        for place, sample in enumerate(make_samples())
    ]
    info, config = read_info(dataset), grpo_config(dataset, tmp_path)
    frame = pl.DataFrame([sample.model_dump() for sample in samples])
    usable = usable_prompts(frame, tokenizer, compose(config, info)[0], config)
    assert usable.dropped["no_outcome"] == 5
    assert len(usable.rows) == 19


def test_a_reward_that_raises_ends_the_stage_and_what_was_saved_stays(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the third step on; once it is repaired, the stage goes on at its checkpoint and ends as if it had never failed."""
    monkeypatch.chdir(tmp_path)
    module = "def term(answer, outcome, prompt):\n    return len(answer.text) / 100\n"
    (tmp_path / "my_reward_that_fails.py").write_text(module)
    rewards = {"format": 1.0, "my_reward_that_fails.term": 1.0}
    grpo.train(grpo_config(dataset, tmp_path / "whole", rewards=rewards))
    import my_reward_that_fails  # type: ignore[import-not-found]

    calls: list[int] = []

    def failing(*given: Any) -> float:
        calls.append(1)
        if len(calls) > 16:
            raise ZeroDivisionError("of the user's own")
        return len(given[0].text) / 100

    with monkeypatch.context() as patch:
        patch.setattr(my_reward_that_fails, "term", failing)
        said = r"Reward term 'my_reward_that_fails.term' raised ZeroDivisionError: of the user's own \(test_bad_input.py, line \d+\)"
        with pytest.raises(TickerTuneError, match=rf"{said}\. Correct it and give the same command again") as raised:
            grpo.train(grpo_config(dataset, tmp_path / "cut", rewards=rewards))
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    assert not (tmp_path / "cut" / "adapter").exists()
    grpo.train(grpo_config(dataset, tmp_path / "cut", rewards=rewards))
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")
