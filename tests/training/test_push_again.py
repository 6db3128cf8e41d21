"""A second push into a repository of the Hub: what the first one brought does not stay beside what this one brings."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import CommitOperationDelete, HfApi

from eval.checkpoint import checkpoint_of
from tests.training.made_stage import write_stage
from tickertune.core.files import write_text
from tickertune.core.hub import push
from tickertune.core.recipe import ModelConfig
from training.hub import Origin, write_package

TINY = ModelConfig(name="tiny-llama")


class Repository:
    """Stands for a repository, to which the Hub's own client commits."""

    def __init__(self) -> None:
        self.names = {".gitattributes", "LICENSE", "onnx/model.safetensors"}
        self.commits = 0

    def commit(self, *, operations: list[Any], **options: Any) -> str:
        self.commits += 1
        for operation in operations:
            is_deletion = isinstance(operation, CommitOperationDelete)
            (self.names.remove if is_deletion else self.names.add)(operation.path_in_repo)
        return "commit"


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository()
    monkeypatch.setenv("HF_TOKEN", "hf_not_real")
    monkeypatch.setattr(HfApi, "create_repo", lambda *given, **named: None)
    monkeypatch.setattr(HfApi, "repo_info", lambda *given, **named: SimpleNamespace(private=True))
    monkeypatch.setattr(HfApi, "list_repo_files", lambda *given, **named: sorted(made.names))
    monkeypatch.setattr(HfApi, "create_commit", lambda self, **named: made.commit(**named))
    monkeypatch.setattr(HfApi, "_validate_yaml", lambda *given, **named: None)  # asks the Hub
    monkeypatch.setattr("huggingface_hub.hf_api.is_xet_available", lambda: False)
    return made


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("order", [(False, True), (True, False)])
def test_no_adapter_stays_beside_a_merged_model_nor_the_other_way_round(
    order: tuple[bool, bool], tmp_path: Path, repository: Repository
) -> None:
    stage, own = write_stage(tmp_path / "sft"), set(repository.names)
    checkpoint = checkpoint_of("sft", stage, TINY)
    for merged in order:
        package = tmp_path / f"merged {merged}"
        write_package(checkpoint, stage, Origin("someone/tiny-llama", "apache-2.0"), "m", merged, package)
        push(package, "me/model", public=False)
        assert repository.names == own | files(package)
    assert repository.commits == 2
    shards = {f"model-0000{number}-of-00002.safetensors" for number in (1, 2)} | {"model.safetensors.index.json"}
    repository.names |= shards
    push(package, "me/model", public=False)
    assert repository.names == own | files(package)


def test_a_data_set_keeps_no_split_and_no_ids_of_an_earlier_push(tmp_path: Path, repository: Repository) -> None:
    own = set(repository.names)
    for split in ("train", "test"):
        for name in (f"data/{split}.parquet", f"plots/{split}.png", "info.json", "README.md"):
            write_text(tmp_path / split / name, "")
    write_text(tmp_path / "train" / "documents.parquet", "")
    for split in ("train", "test"):
        push(tmp_path / split, "me/data", False, "dataset")
        assert repository.names == own | files(tmp_path / split)
