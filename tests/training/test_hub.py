import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from eval.checkpoint import base_checkpoint, checkpoint_of
from tests.training.made_stage import write_stage
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json, write_text
from tickertune.core.hub import push
from tickertune.core.recipe import ModelConfig
from tickertune.core.tasks import get_task
from training.hub import Origin, origin_of, write_package
from training.merge import merge

TINY = ModelConfig(name="tiny-llama")
ORIGIN = Origin("someone/tiny-llama", "apache-2.0", "2024-06")
ROWS = [
    {
        "world": "planted",
        "checkpoint": name,
        "metric": "mcc",
        "value": value,
        "low": low,
        "high": high,
        "n": 90,
        "days": 30,
    }
    for name, value, low, high in (("sft", 0.31, 0.21, 0.41), ("base", 0.0, None, None), ("tfidf", 0.9, 0.8, 1.0))
]
INFO = {
    "task": "movement",
    "horizon": 1,
    "market_adjusted": True,
    "source_kind": "simulated",
    "first_session": "2023-01-03",
    "last_session": "2023-05-31",
    "licences": ["Apache-2.0"],
    "split_hash": "5eed",
    "prompt_hash": "feed",
    "outcome_hash": "0dd5",
    "label_spec": {"name": "excess", "horizon": 1},
    "label_hash": "1abe1",
    "counts": {"train": 60, "test": 30},
    "boundaries": {"train": "2023-01-03T14:00:00Z", "validation": "2023-04-01T13:30:00Z"},
    "sources": [{"source": "made", "documents": 70, "licence": "Apache-2.0", "redistributable": True}],
    "notes": ["All companies are fictional."],
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Path:
    """A training stage inside a run with a recipe and scores."""
    run = tmp_path_factory.mktemp("run")
    recipe = {
        "name": "x",
        "output": str(run),
        "worlds": {"w": {"data": {"source": {"path": "/Users/me/secret/tweets"}}}},
        "rationales": {
            "teacher": {"kind": "endpoint", "base_url": "http://llm.corp.example/v1", "model": "big-teacher"}
        },
        "grpo": {"trainer": {"vllm_server_host": "10.9.8.7"}},
        "eval": {"server": {"endpoint": "http://10.9.8.7:8000/v1", "model": "base"}},
    }
    write_text(run / "recipe.yaml", yaml.safe_dump(recipe, sort_keys=False))
    write_json(run / "planted/eval/metrics.json", ROWS)
    write_json(run / "planted/data/dataset/info.json", INFO)
    return write_stage(run / "planted" / "sft")


def package(stage: Path, target: Path, merged: bool = False) -> str:
    write_package(checkpoint_of("sft", stage, TINY), stage, ORIGIN, "my-model", merged, target)
    return (target / "README.md").read_text()


def test_adapter_package_holds_weights_recipe_and_card(stage, tmp_path):
    card = package(stage, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["README.md", "adapter_config.json", "adapter_model.safetensors", "recipe.yaml"]
    header = yaml.safe_load(card.split("---")[1])
    assert header["base_model"] == "someone/tiny-llama"
    assert header["license"] == "apache-2.0"
    assert header["library_name"] == "peft"
    config = json.loads((tmp_path / "out/adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "someone/tiny-llama"


def test_no_address_of_a_model_server_is_pushed_and_what_was_asked_there_is_told(stage, tmp_path):
    package(stage, tmp_path / "out")
    for file in (tmp_path / "out").iterdir():
        assert not any(word in file.read_bytes() for word in (b"llm.corp.example", b"10.9.8.7"))
    recipe = yaml.safe_load((tmp_path / "out/recipe.yaml").read_text())
    teacher = {"kind": "endpoint", "base_url": "(not published)", "model": "big-teacher"}
    assert recipe["rationales"]["teacher"] == teacher
    assert recipe["eval"]["server"]["model"] == "base"


def test_card_shows_the_checkpoints_scores_with_intervals_and_no_one_elses(stage, tmp_path):
    card = package(stage, tmp_path / "out")
    assert "| sft | mcc | 0.3100 | 0.2100 to 0.4100 | 90 | 30 |" in card
    assert "| base | mcc | 0.0000 |  | 90 | 30 |" in card
    assert "tfidf" not in card


def test_card_of_dpo_tells_the_stages_before_it_and_the_teacher(tmp_path):
    run = tmp_path / "run"
    write_text(
        run / "recipe.yaml",
        yaml.safe_dump({"rationales": {"draws": 4}, "sft": {}, "dpo": {"beta": 0.1}, "grpo": {"steps": 1}}),
    )
    teacher = {"kind": "endpoint", "base_url": "http://10.0.0.1/v1", "model": "big-teacher"}
    write_json(
        run / "planted/rationales/tickertune.json", {"teacher": teacher, "rationales": {"asked": 96, "kept": 40}}
    )
    stage = write_stage(run / "planted" / "dpo")
    write_package(checkpoint_of("dpo", stage, TINY), stage, ORIGIN, "my-model", False, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "| stages | rationales, dpo |" in card  # sft is empty: the run had none
    assert "| teacher | big-teacher |" in card
    assert "| rationales kept | 40 of 96 replies |" in card
    assert "10.0.0.1" not in card


def test_card_tells_the_data_and_the_replies(stage, tmp_path):
    card = package(stage, tmp_path / "out")
    assert f"- {get_task('movement').answer('up')}" in card
    assert "sessions 2023-01-03 to 2023-05-31" in card
    assert "- All companies are fictional." in card


def test_card_tells_lineage_label_and_cutoffs(stage, tmp_path):
    card = package(stage, tmp_path / "out")
    assert "Samples: 30 test, 60 train." in card
    assert '| label | `{"horizon": 1, "name": "excess"}` |' in card
    for kind, value in (("label", "1abe1"), ("split", "5eed"), ("prompt", "feed"), ("outcome", "0dd5")):
        assert f"| {kind} hash | `{value}` |" in card
    assert "| made | 70 | Apache-2.0 | yes |" in card
    assert "had ended by | 2023-04-01T13:30:00Z |" in card
    assert "own training data | 2024-06 |" in card
    assert "apache-2.0, as the base model" in card
    assert "```yaml\nname: x" in card


def test_stage_alone_shows_its_own_resolved_recipe(tmp_path):
    alone = write_stage(tmp_path / "some" / "sft")
    write_text(alone / "config.yaml", yaml.safe_dump({"learning_rate": 0.001, "dataset": "/Users/me/data"}))
    card = package(alone, tmp_path / "out")
    assert "learning_rate: 0.001" in card
    assert "/Users/me" not in card


def test_merged_folder_is_pushed_as_merged_with_its_fidelity(stage, tmp_path):
    merge(checkpoint_of("sft", stage, TINY), tmp_path / "merged")
    write_package(
        checkpoint_of("merged", tmp_path / "merged", TINY), tmp_path / "merged", ORIGIN, "m", False, tmp_path / "out"
    )
    card = (tmp_path / "out/README.md").read_text()
    assert "adapter merged in" in card
    assert "mean_abs_logit_difference" in card


class Hub:
    """Stands for the Hub: breaks in the midst of the upload once, then takes one commit."""

    pushed: list[dict[str, bytes]] = []
    failures = 1
    private = True

    def __init__(self, token: str) -> None:
        assert token == "hf_not_real"

    def create_repo(self, name: str, **options: Any) -> None:
        assert options == {"private": True, "exist_ok": True, "repo_type": "model"}

    def repo_info(self, name: str, repo_type: str) -> "Hub":
        return self

    def upload_folder(self, *, folder_path: Path, **options: Any) -> str:
        if Hub.failures:
            Hub.failures -= 1
            raise httpx.ConnectError("connection lost with hf_not_real")
        Hub.pushed.append({path.name: path.read_bytes() for path in Path(folder_path).iterdir()})
        return "commit"


@pytest.mark.parametrize("merged", [False, True])
def test_retry_after_a_broken_push_loses_nothing(stage, tmp_path, monkeypatch, merged):
    monkeypatch.setenv("HF_TOKEN", "hf_not_real")
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    monkeypatch.setattr(Hub, "failures", 1)
    monkeypatch.setattr(Hub, "pushed", [])
    package(stage, tmp_path / "first", merged)
    wanted = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    with pytest.raises(TickerTuneError, match="give the same command again") as refused:
        push(tmp_path / "first", "me/model", public=False)
    assert "hf_not_real" not in str(refused.value)
    assert {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()} == wanted
    package(stage, tmp_path / "again", merged)  # what the script does when the command is given again
    assert push(tmp_path / "again", "me/model", public=False) == "commit"
    assert Hub.pushed == [wanted]


def test_card_is_no_investment_advice(stage, tmp_path):
    assert re.search(r"investment\s+advice", package(stage, tmp_path / "out"))


@pytest.mark.parametrize("merged", [False, True])
def test_no_path_of_this_machine_is_pushed(stage, tmp_path, merged):
    package(stage, tmp_path / "out", merged)
    texts = [path.read_text() for path in (tmp_path / "out").iterdir() if path.suffix != ".safetensors"]
    assert not any(str(path) in text for text in texts for path in (stage.parent.parent, Path.home(), "/Users/me"))


def test_merged_package_loads_as_a_whole_model_and_states_its_fidelity(stage, tmp_path):
    card = package(stage, tmp_path / "out", merged=True)
    assert "max_abs_logit_difference" in card
    assert yaml.safe_load(card.split("---")[1])["library_name"] == "transformers"
    assert checkpoint_of("merged", tmp_path / "out", TINY).model == tmp_path / "out"


def test_package_is_the_same_bytes_again(stage, tmp_path):
    package(stage, tmp_path / "a")
    package(stage, tmp_path / "b")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_base_that_is_not_on_the_hub_needs_an_id(tmp_path):
    for name in ("tiny-llama", str(tmp_path)):
        with pytest.raises(TickerTuneError, match="--base-id"):
            origin_of(ModelConfig(name=name), None, None)
    assert origin_of(TINY, "someone/tiny", None) == Origin("someone/tiny", None)


def test_base_on_the_hub_names_itself():
    assert origin_of(ModelConfig(name="owner/model"), None, None) == Origin("owner/model", None)
    assert origin_of(ModelConfig(name="smollm2-135m"), None, None).licence == "apache-2.0"


def test_untrained_model_is_not_pushed(stage, tmp_path):
    with pytest.raises(TickerTuneError, match="no trained weights"):
        write_package(base_checkpoint(TINY), stage, ORIGIN, "t", False, tmp_path / "out")


def test_push_without_token_names_the_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(TickerTuneError, match="HF_TOKEN"):
        push(tmp_path, "me/model", public=False)
