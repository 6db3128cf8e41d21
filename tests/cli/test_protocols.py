"""``tickertune protocols`` at the command line."""

import json

import polars as pl
import pytest
import yaml

from tests.cli.test_main import call
from tests.eval.conftest import made_samples, write_made
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task


def test_the_list_names_all_and_says_what_is_frozen(capsys):
    assert call("protocols", "--json") == 0
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert len(listed) == 14
    assert [part["name"] for part in listed["fingpt-v3"]["parts"] if part["hash"]] == ["fpb"]


def test_show_tells_source_and_caveat(capsys):
    assert call("protocols", "show", "fingpt-v3", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert all(number["source"] for number in shown["published"])
    assert call("protocols", "show", "cikm18") == 0
    said = capsys.readouterr().out
    assert "No frozen hash: unverified." in said
    assert "none is shown" in said


def test_a_recipe_can_be_built_from(capsys):
    assert call("protocols", "recipe", "acl18", "--part", "dev") == 0
    recipe = yaml.safe_load(capsys.readouterr().out)
    assert str(recipe["split"]["test_start"]) == "2015-08-01"
    assert recipe["source"]["path"] == "$TICKERTUNE_DATA/stocknet"
    assert call("protocols", "recipe", "acl18", "--part", "tset") == 2
    assert "did you mean 'test'" in capsys.readouterr().err


@pytest.fixture
def entities(tmp_path):
    """A made data set of entities, as FIN's reader names its samples."""
    task = get_task("entities")
    texts = {"Acme Corp of Berlin": [("organization", "Acme Corp"), ("location", "Berlin")], "Nobody": []}
    samples = [
        Sample(
            sample_id=f"fin_ner-test:{place}", task="entities", doc_ids=[str(place)], messages=task.messages(text),
            answer=task.label(rows), label=task.label(rows), split="test", provenance="made",
        )
        for place, (text, rows) in enumerate(texts.items())
    ]  # fmt: skip
    return write_made(frame_of(Sample, samples), tmp_path / "data", "entities")


def test_replies_of_a_file_are_scored(entities, tmp_path, capsys):
    replies = pl.DataFrame(
        {"sample_id": ["fin_ner-test:1", "fin_ner-test:0"], "reply": ["none", "organization | Acme Corp"]}
    )
    replies.write_ndjson(tmp_path / "mine.jsonl")
    words = ["protocols", "replies", "named-entities", "--data", str(entities), "--output", str(tmp_path / "out")]
    assert call(*words, "--replies", str(tmp_path / "mine.jsonl"), "--resamples", "200", "--json") == 0
    rows = {row["metric"]: row["value"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["entity_precision"] == 1.0
    assert rows["entity_recall"] == 0.5
    assert rows["exact_match"] == 0.5
    assert rows["unparsed_share"] == 0.0
    replies.head(1).write_ndjson(tmp_path / "few.jsonl")
    assert call(*words, "--replies", str(tmp_path / "few.jsonl")) == 2
    assert "no reply to 1 of 2 samples" in capsys.readouterr().err


def test_a_model_replies(entities, tmp_path, capsys):
    words = ["protocols", "replies", "named-entities", "--data", str(entities), "--output", str(tmp_path / "out")]
    assert call(*words, "--model", "tiny-llama", "--backend", "fake", "--resamples", "200", "--json") == 0
    rows = {row["metric"]: row["value"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["unparsed_share"] == 1.0  # the fake engine's replies are no entities
    assert rows["entity_f1"] == 0.0
    assert pl.read_parquet(tmp_path / "out" / "replies.parquet").height == 2
    assert call(*words) == 2
    assert "either --model or --replies" in capsys.readouterr().err


def test_a_model_replies_behind_examples(tmp_path, capsys):
    """Open answers have no classes: examples are taken by seed alone, and told with the result."""
    task = get_task("entities")
    samples = [
        Sample(
            sample_id=f"fin_ner-{split}:{place}", task="entities", doc_ids=[f"{split}{place}"],
            messages=task.messages(f"Firm {split} {place}"), answer=label, label=label, split=split, provenance="made",
        )
        for split in ("train", "test")
        for place in range(4)
        for label in [task.label([("organization", f"Firm {split} {place}")])]
    ]  # fmt: skip
    data = write_made(frame_of(Sample, samples), tmp_path / "data", "entities")
    words = ["protocols", "replies", "named-entities", "--data", str(data), "--output", str(tmp_path / "out")]
    words += ["--model", "tiny-llama", "--backend", "fake", "--resamples", "200"]
    assert call(*words, "--shots", "3", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert len(result["shots"]["sample_ids"]) == 3
    assert all(sample.startswith("fin_ner-train:") for sample in result["shots"]["sample_ids"])
    assert any("3 shots of the train split stand before each prompt" in remark for remark in result["remarks"])
    assert call(*words, "--shots", "5") == 2
    assert "5 shots are asked for, and 4 of 4 training samples" in capsys.readouterr().err
    assert call(*words[:-6], "--replies", "mine.jsonl", "--shots", "1") == 2
    assert "--shots is for --model" in capsys.readouterr().err


def test_shots_at_the_command_line(tmp_path, capsys):
    movement_data = write_made(made_samples(), tmp_path / "data", "movement")
    words = ["--model", "tiny-llama", "--backend", "fake"]
    scored = ["eval", "--data", str(movement_data), "--output", str(tmp_path / "out"), *words, "--resamples", "200"]
    assert call(*scored, "--baselines", "[]", "--shots", "3", "--json") == 0
    assert "3 shots of the train split before each prompt" in capsys.readouterr().err
    assert call(*scored, "--shots", "none at all") == 2
    assert "shots" in capsys.readouterr().err
    inferred = ["infer", str(movement_data), str(tmp_path / "o.jsonl"), *words, "--task", "movement", "--split", "test"]
    assert call(*inferred, "--shots", "2") == 2
    assert "--shots and --shots-from go together" in capsys.readouterr().err
    assert call(*inferred, "--shots", "2", "--shots-from", str(movement_data), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["rejected"], told["shots"]["count"]) == (24, 0, 2)
