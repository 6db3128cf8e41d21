import json
import tomllib
from collections import namedtuple

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT
from tickertune.cli import doctor
from tickertune.cli import main as front

Usage = namedtuple("Usage", "total used free")


def call(capsys, *arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    with pytest.raises(SystemExit) as ended:
        front.main(["doctor", "--json", *arguments])
    return int(ended.value.code or 0), {row["check"]: row for row in json.loads(capsys.readouterr().out)}


def test_every_off_finding_has_a_remedy_and_sets_the_exit_code(capsys, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(10**12, 10**12, 10**9))
    code, rows = call(capsys)
    assert code == 1
    assert rows["disk (here)"]["state"] == "off"
    assert all(row["remedy"] for row in rows.values() if row["state"] != "ok")


def test_missing_engine_is_told_but_breaks_nothing(monkeypatch):
    monkeypatch.setattr(doctor, "_version", lambda package: None)
    (vllm,) = [finding for finding in doctor.engines() if finding.check == "vLLM engine"]
    assert vllm.state == "missing"
    assert "transformers" in vllm.remedy


def test_versions_are_held_against_the_pin(monkeypatch):
    monkeypatch.setattr(doctor, "_version", lambda package: {"torch": "2.13.0+cpu", "trl": "9.9"}.get(package))
    assert doctor._package(Requirement("torch==2.13.0")).state == "ok"
    off = doctor._package(Requirement("trl==1.16.0"))
    assert (off.state, off.found) == ("off", "9.9, but ==1.16.0 was tried")
    assert doctor._package(Requirement("transformers==5.17.*")).state == "off"
    assert doctor._package(Requirement("vllm==0.31.0")).state == "missing"


def test_every_pin_is_looked_at():
    assert {"torch", "transformers", "trl", "peft"} <= {finding.check for finding in doctor.packages()}


def test_gpu_that_torch_cannot_use_is_off(monkeypatch):
    import torch

    said = type("Said", (), {"returncode": 0, "stdout": "NVIDIA H200, 143771 MiB\n"})
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: said)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (found,) = doctor.gpu()
    assert found.state == "off"
    assert "H200" in found.found


def test_what_make_setup_does_not_install_is_no_fault():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    pins = {Requirement(line.partition("#")[0]).name for line in (ROOT / "constraints.txt").read_text().splitlines()
            if line.partition("#")[0].strip()}  # fmt: skip
    extra = {Requirement(text).name for name in ("cluster", "bench") for text in project[name]}
    installed = {Requirement(text).name for name in ("cpu", "demo", "dev", "tracking") for text in project[name]}
    assert (extra & pins) - installed <= doctor.OPTIONAL


@pytest.mark.parametrize(
    ("torch", "vision", "state"),
    [
        ("2.13.0+cpu", "0.28.0", "off"),  # the index's CUDA build beside a CPU torch
        ("2.13.0+cpu", "0.28.0+cu130", "off"),
        ("2.13.0", "0.28.0+cpu", "off"),
        ("2.13.0+cu128", "0.28.0+cu130", "off"),
        ("2.13.0+cpu", "0.28.0+cpu", "ok"),
        ("2.13.0", "0.28.0", "ok"),
        ("2.13.0", "0.28.0+cu130", "ok"),
    ],
)
def test_torchvision_of_another_build_than_torch_is_off(monkeypatch, torch, vision, state):
    monkeypatch.setattr(doctor, "_version", lambda package: {"torch": torch, "torchvision": vision}.get(package))
    (found,) = doctor.beside_torch()
    assert (found.check, found.state) == ("torchvision", state)
    assert ("uv pip uninstall torchvision" in found.remedy) == (state == "off")
    assert (f"another build than torch {torch}" in found.found) == (state == "off")


def test_doctor_tells_what_stands_beside_torch(capsys, monkeypatch):
    versions = {"torch": "2.13.0+cpu", "torchaudio": "2.13.0"}
    monkeypatch.setattr(doctor, "_version", versions.get)
    code, rows = call(capsys)
    assert code == 1
    assert rows["torchaudio"]["state"] == "off"
