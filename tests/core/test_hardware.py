import pytest

from tickertune.core import hardware
from tickertune.core.recipe import EvalConfig, ModelConfig


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx2 fma", "float32"),
        ("fpu avx2 avx512f avx512_bf16", "bfloat16"),
        ("fp asimd bf16", "bfloat16"),
        ("", "float32"),
    ],
)
def test_dtype_follows_the_instructions_of_the_cpu(tmp_path, monkeypatch, flags, expected):
    monkeypatch.setattr(hardware.shutil, "which", lambda name: None)
    facts = tmp_path / "cpuinfo"
    facts.write_text(f"flags\t\t: {flags}\n")
    assert hardware.native_dtype(facts) == expected


def test_a_gpu_computes_in_bfloat16(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert hardware.native_dtype(tmp_path / "absent") == "bfloat16"


def test_a_recipe_never_keeps_auto():
    assert ModelConfig(name="tiny-llama").dtype == hardware.native_dtype()
    assert EvalConfig(dtype="auto").dtype == hardware.native_dtype()
    assert ModelConfig(name="tiny-llama", dtype="bfloat16").dtype == "bfloat16"
