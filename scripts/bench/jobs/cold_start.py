"""From the start of a process to the end of its first training step: ``tickertune sft`` beside a plain TRL script.

SmolLM2-135M with LoRA in float32 on the smoke recipe's 160 samples, batches of one, so that the step itself is short. Processor time of the
process when the step's line is in its log; ``seconds`` in the raw timings is by the clock. There is no target.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAMS = ("ours", "trl")
ROOT = Path(__file__).parents[3]
LONGEST = 300
"""Seconds after which a start has failed."""
POLL = 0.01


def run(name: str) -> dict[str, Any]:
    """Start one program and measure it; data set and model are made before."""
    from data_pipeline.build import build
    from data_pipeline.dataset import read_split
    from tickertune.core.models import resolve_model
    from tickertune.core.recipe import ModelConfig, MovementDataConfig, load_config
    from tickertune.core.tasks import get_task

    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        build(load_config(MovementDataConfig, ROOT / "recipes" / "smoke" / "data.yaml"), folder / "data")
        base = resolve_model(ModelConfig(name="smollm2-135m"))
        task = get_task("movement")
        samples = read_split(folder / "data", "train")
        rows = [
            {"prompt": messages, "completion": [{"role": "assistant", "content": task.answer(label)}]}
            for messages, label in samples.select("messages", "label").iter_rows()
        ]
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        recipe = {"model": {"name": "smollm2-135m", "dtype": "float32"}, "batch_size": 1, "tracking": "none"}
        (folder / "sft.yaml").write_text(json.dumps(recipe), encoding="utf-8")  # which is YAML too
        ours = ["-m", "tickertune", "sft", "--config", str(folder / "sft.yaml"), "--dataset", str(folder / "data")]
        alone = [str(ROOT / "scripts/bench/anchors/trl_cold_start.py"), base, str(folder / "rows.jsonl")]
        words = [*ours, "--output", str(folder / "out")] if name == "ours" else [*alone, str(folder / "out")]
        cpu, seconds = _until_first_step([sys.executable, *words], folder / "out" / "log.jsonl")
    return {
        "rate": 1 / cpu, "unit": "starts", "cpu": cpu, "seconds": seconds, "samples": len(rows),
        "input": hashlib.sha256(json.dumps(rows).encode()).hexdigest(),
    }  # fmt: skip


def _until_first_step(command: list[str], log: Path) -> tuple[float, float]:
    """Processor time and seconds until the log has a line; the process is ended then."""
    begun = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        try:
            while not (log.is_file() and log.stat().st_size):
                if process.poll() is not None or time.perf_counter() - begun > LONGEST:
                    said.seek(0)
                    raise SystemExit(f"{command[1:3]} did no step:\n{said.read()[-2000:]}")
                time.sleep(POLL)
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK"), time.perf_counter() - begun
        finally:
            process.kill()
            process.wait()


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say what starting costs; there is no target."""
    print(
        f"\ncold start to the first step: ours {1 / medians['ours']:.1f} s of processor time, TRL alone {1 / medians['trl']:.1f} s "
        f"({medians['trl'] / medians['ours']:.2f} of it)"
    )
    return []
