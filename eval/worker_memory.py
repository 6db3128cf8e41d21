"""What worker processes need: memory, and a GPU each where there are GPUs."""

import os
from collections.abc import Sequence
from pathlib import Path

from eval.engine import Engine, engine_name
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.progress import console

GIB = 2**30
PROCESS = {"fake": 0.2, "transformers": 0.7, "vllm": 1.2}
"""GiB that a worker takes besides the weights, by engine: Python and its libraries."""
CACHE = 2.0
"""GiB of vLLM's keys and values on CPU, unless VLLM_CPU_KVCACHE_SPACE says otherwise."""
_WIDTHS = {"float32": 4, "bfloat16": 2, "float16": 2}
_MEMORY_FACTS = Path("/proc/meminfo")


def check_memory(engine: Engine, count: int, gpus: Sequence[str], facts: Path = _MEMORY_FACTS) -> None:
    """Say what ``count`` workers need, and refuse what does not fit.

    Args:
        engine: What each of them loads.
        count: How many.
        gpus: GPUs that they share; empty: none.
        facts: The kernel's account of memory; where it is absent nothing is refused.

    Raises:
        TickerTuneError: They need more than is free.
    """
    if gpus:
        console.print(f"{count} workers, each with the model in memory, on {len(gpus)} GPU(s)")
        return
    each, free = bytes_of(engine), free_bytes(facts)
    text = f"{count} workers, each with the model in memory: about {count} x {each / GIB:.1f} GiB"
    if free is None:
        console.print(text)
        return
    text += f", and {free / GIB:.1f} GiB are free"
    if count * each > free:
        fitting = max(1, int(free // each))
        raise TickerTuneError(text, f"Use --workers {fitting}, or a machine with more memory")
    console.print(text)


def bytes_of(engine: Engine) -> int:
    """Estimate the memory of one worker without a GPU: weights, libraries, vLLM's cache."""
    name = engine_name(engine.backend)
    total = PROCESS.get(name, PROCESS["transformers"]) * GIB
    if name == "vllm":
        total += float(os.environ.get("VLLM_CPU_KVCACHE_SPACE", CACHE)) * GIB
    if name in ("vllm", "transformers"):
        total += _weights(engine)
    return int(total)


def free_bytes(facts: Path = _MEMORY_FACTS) -> int | None:
    """Return the memory that can be had without swapping, None where the system does not tell."""
    if not facts.is_file():
        return None
    found = dict(line.split(":", 1) for line in facts.read_text(encoding="ascii").splitlines())
    return int(found["MemAvailable"].split()[0]) * 1024


def visible_gpus(engine: Engine) -> list[str]:
    """Return the names by which the GPUs of this process are made visible to another one."""
    if engine_name(engine.backend) not in ("vllm", "transformers"):
        return []
    import torch

    count = torch.cuda.device_count()
    named = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return named[:count] if named else [str(place) for place in range(count)]


def _weights(engine: Engine) -> int:
    """Bytes of the weights in the engine's type; 0 where they are not on this machine yet."""
    folder = _folder(engine.model, engine.revision)
    if folder is None:
        return 0
    config = read_json(folder / "config.json")
    stored = _WIDTHS.get(str(config.get("dtype") or config.get("torch_dtype")), 4)
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    return size * _WIDTHS[engine.dtype] // stored


def _folder(model: str, revision: str | None) -> Path | None:
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(model, "config.json", revision=revision)
    return Path(cached).parent if isinstance(cached, str) else None
