"""The habits of the house, as far as a program can check them."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

import tickertune.core.recipe as recipe_package
from data_pipeline.sources.registry import all_sources
from tests.data_pipeline.sources.sample import all_samples
from tickertune.core.recipe.base import Config
from tickertune.core.recipe.rewards import PnlConfig
from tickertune.core.recipe.source import DirtConfig
from tickertune.core.recipe.stage import PairsConfig

SHOWN_BY_OWN_TEST = {"reuters", "tfns"}
"""Recorded sources whose recording is not an answer as it stands (pages that a test packs as an archive), or too large for the
contract suite: tests of their own count it."""
ROOT = Path(__file__).parents[1]
PACKAGES = ("tickertune", "data_pipeline", "training", "eval", "scripts")
SELF_EXPLANATORY = {
    "seed", "name", "path", "limit", "repeat", "label", "split", "data", "sft", "grpo", "eval", "model", "kind", "dtype",
    "method", "lora", "pnl", "epochs", "learning_rate", "scheduler", "warmup_ratio", "weight_decay", "packing",
    "gradient_accumulation", "gradient_checkpointing", "save_steps", "logging_steps", "batch_size", "steps", "backend",
    "temperature", "r", "alpha", "dropout", "target_modules", "source", "bars", "documents", "instruments", "actions",
}  # fmt: skip
"""Keys whose name says it all; every other key of a recipe carries a docstring."""


def python_files() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", python_files(), ids=relative)
def test_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "the module has no docstring"


def test_imports_go_down_only():
    lint = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([lint, "--no-cache"], capture_output=True, text=True, cwd=ROOT)
    assert checked.returncode == 0, checked.stdout


def config_blocks() -> list[type[BaseModel]]:
    public = [getattr(recipe_package, name) for name in recipe_package.__all__]
    blocks = [block for block in public if isinstance(block, type) and issubclass(block, Config)]
    return [*blocks, DirtConfig, PnlConfig]


@pytest.mark.parametrize("block", config_blocks(), ids=lambda block: block.__name__)
def test_every_recipe_key_is_explained(block):
    assert block.__doc__
    silent = {
        name
        for name, field in block.model_fields.items()
        if not field.description and name not in SELF_EXPLANATORY and block is not DirtConfig
    }
    assert not silent


def test_page_of_recipe_keys_is_up_to_date(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    written = importlib.import_module("recipe_keys")
    assert written.PAGE.read_text(encoding="utf-8") == written.page(), "run: make docs"
    shared = set(PairsConfig.__mro__)  # what training stages share stands with each of them
    assert set(config_blocks()) - shared <= set(written.BLOCKS.values())


def sources_page(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("sources_page")


def test_page_of_sources_is_up_to_date(monkeypatch):
    written = sources_page(monkeypatch)
    assert written.PAGE.read_text(encoding="utf-8") == written.page(), "run: make docs"


def test_no_lock_file_with_addresses_of_an_index_is_kept():
    """``uv.lock`` names the machine's package index; constraints.txt holds the pins."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository, so nothing is tracked or ignored")
    tracked = subprocess.run(["git", "ls-files", "*.lock"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert tracked == ""
    assert subprocess.run(["git", "check-ignore", "-q", "uv.lock"], cwd=ROOT).returncode == 0
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8") + (ROOT / "overrides.txt").read_text(encoding="utf-8")
    assert "://" not in pins
    assert "-index" not in pins


def test_all_34_sources_of_fingpt_are_there():
    rows = {source.info.fingpt_row for source in all_sources().values()}
    assert rows - {None} == set(range(1, 35))


def test_every_source_has_a_sample_that_proves_its_parser():
    proven = {sample.source.info.name for sample in all_samples()}
    assert set(all_sources()) <= proven


def test_recorded_sources_are_proven_on_a_recording():
    recorded = {name for name, source in all_sources().items() if source.info.evidence == "recorded"}
    on_recordings = {sample.source.info.name for sample in all_samples() if sample.is_recorded}
    assert recorded <= on_recordings | SHOWN_BY_OWN_TEST


def test_readme_claims_no_more_sources_than_there_is_evidence_for(monkeypatch):
    infos = [source.info for source in all_sources().values()]
    assert sources_page(monkeypatch).counts(infos) in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"], ids=relative)
def test_links_between_pages_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
    broken = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert not broken


def test_commands_in_the_docs_exist():
    from tickertune.cli.main import COMMANDS

    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {word for page in pages for word in re.findall(r"^tickertune (\w[\w-]*)", page.read_text(), re.MULTILINE)}
    assert named <= set(COMMANDS)


def test_pre_commit_fetches_nothing():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {entry["repo"] for entry in hooks["repos"]} == {"local"}


@pytest.mark.parametrize("name", ["constraints.txt", "overrides.txt", "pyproject.toml", "Makefile"])
def test_no_package_index_is_named(name):
    assert not re.search(r"https?://", (ROOT / name).read_text(encoding="utf-8"))


def test_safe_loading_only():
    """Neither pickled weights nor code from a model repository nor YAML tags run here."""
    forbidden = re.compile(
        r"trust_remote_code\s*=\s*True|yaml\.(unsafe_)?load\(|pickle\.loads?\(|weights_only\s*=\s*False"
    )
    assert [relative(path) for path in python_files() if forbidden.search(path.read_text(encoding="utf-8"))] == []
