"""Protocols as data: they load, their splits are checked, and published numbers stand beside the right split only."""

import json

import polars as pl
import pytest
import yaml

from data_pipeline.dataset import read_info, read_split
from eval.checkpoint import base_checkpoint
from eval.evaluate import evaluate
from eval.protocols import check_parts, load_protocol, protocol_names, scored_hash
from eval.protocols.result import open_protocol, read_result
from eval.report.protocol import PUBLISHED, protocol_block
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig, ModelConfig
from tickertune.core.tasks import TASKS

ASKED_FOR = {
    "fingpt-v3", "flare", "acl18", "acl18-all-days", "cmin", "bigdata22", "cikm18", "retuning", "trading-r1", "sep", "headline",
    "named-entities", "relations", "forecaster",
}  # fmt: skip


def own_protocol(folder, **changes):
    """A protocol for the made sentiment set of the fixtures, written as YAML."""
    values = load_protocol("fingpt-v3").model_dump(mode="json")
    part = {"name": "made", "title": "Made set", "prefix": "test-"} | changes.pop("part", {})
    published = [{"part": "made", "model": "Theirs", "metric": "weighted_f1", "value": 0.9, "source": "a paper"}]
    values |= {"name": "own", "parts": [part], "published": published} | changes
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def test_all_protocols_are_there_and_load():
    assert set(protocol_names()) == ASKED_FOR
    for name in protocol_names():
        protocol = load_protocol(name)
        assert protocol.name == name
        assert TASKS[protocol.task].template.reference == protocol.template or protocol.template


@pytest.mark.parametrize("name", sorted(ASKED_FOR))
def test_what_a_protocol_keeps_apart_from_keeps_apart_from_it(name):
    for other in load_protocol(name).apart_from:
        assert other in ASKED_FOR
        if {name, other} == {"flare", "fingpt-v3"}:
            assert name in load_protocol(other).apart_from


def test_published_numbers_are_those_that_were_checked():
    fingpt = {(n.model, n.part): n.value for n in load_protocol("fingpt-v3").published}
    assert fingpt["FinGPT v3.3 (Llama2-13B LoRA)", "fpb"] == 0.882
    assert fingpt["FinBERT", "nwgi"] == 0.538
    assert ("GPT-4", "nwgi") not in fingpt
    acl18 = {(n.model, n.metric): n for n in load_protocol("acl18").published}
    assert acl18["StockNet", "accuracy"].value == 0.5823
    assert "5-seed" in acl18["StockNet", "mcc"].caveat
    for unchecked in ("cmin", "bigdata22", "cikm18", "sep", "headline", "named-entities", "relations", "forecaster"):
        assert load_protocol(unchecked).published == []


def test_an_unknown_name_is_hinted_at():
    with pytest.raises(TickerTuneError, match="did you mean 'fingpt-v3'"):
        load_protocol("fingpt-v2")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"metrics": ["accurracy"]}, "metrics"),
        ({"labels": ["bad", "good"]}, "labels must be those of task sentiment"),
        ({"data": {"kind": "sentiment"}}, "data"),
        ({"part": {"hash": "0" * 64}}, "hash and frozen_from"),
        (
            {"published": [{"part": "x", "model": "m", "metric": "mcc", "value": 0.1, "source": "s"}]},
            "which there is not",
        ),
        (
            {"published": [{"part": "made", "model": "m", "metric": "accuracy", "value": 88, "source": "s"}]},
            "no fraction",
        ),
        ({"surprise": 1}, "unknown key 'surprise'"),
    ],
)
def test_a_wrong_protocol_says_what_is_wrong(tmp_path, changes, said):
    with pytest.raises(TickerTuneError, match=said):
        load_protocol(str(own_protocol(tmp_path, **changes)))


def test_the_frozen_hash_is_met_or_it_is_said_aloud(sentiment_data, tmp_path, capsys):
    samples, info = read_split(sentiment_data, "test"), read_info(sentiment_data)
    right = scored_hash(samples)
    path = own_protocol(tmp_path, part={"hash": right, "frozen_from": "the made set", "samples": 18})
    assert check_parts(load_protocol(str(path)), info, samples, "test")[0].state == "verified"
    relabelled = samples.with_columns(
        label=pl.when(pl.col("sample_id") == "test-000").then(pl.lit("neutral")).otherwise("label")
    )
    opened = open_protocol(str(path), info, relabelled, "test")
    assert opened.checks[0].state == "other"
    assert "WARNING" in capsys.readouterr().err
    assert "NOT the frozen split" in opened.checks[0].said


def test_a_hash_needs_the_samples_and_the_labels_and_no_order(sentiment_data):
    samples = read_split(sentiment_data, "test")
    assert scored_hash(samples.reverse()) == scored_hash(samples)
    assert scored_hash(samples.head(17)) != scored_hash(samples)


@pytest.mark.parametrize(
    ("part", "state"),
    [
        ({}, "unverified"),
        ({"samples": 18}, "unverified"),
        ({"samples": 20}, "other"),
        ({"class_counts": {"neutral": 7}}, "other"),
    ],
)
def test_without_a_hash_what_is_known_decides(sentiment_data, tmp_path, part, state):
    protocol = load_protocol(str(own_protocol(tmp_path, part=part)))
    checks = check_parts(protocol, read_info(sentiment_data), read_split(sentiment_data, "test"), "test")
    assert checks[0].state == state
    assert checks[0].comparable is (state != "other")


def test_another_task_and_another_set_are_refused(sentiment_data, movement_data):
    info, samples = read_info(sentiment_data), read_split(sentiment_data, "test")
    with pytest.raises(TickerTuneError, match="of task movement, the data set of task sentiment"):
        open_protocol("acl18", info, samples, "test")
    with pytest.raises(TickerTuneError, match="has no sample of protocol fingpt-v3"):
        open_protocol("fingpt-v3", info, samples, "test")
    with pytest.raises(TickerTuneError, match="of label acl18, the data set of label None"):
        open_protocol("acl18", read_info(movement_data), read_split(movement_data, "test"), "test")


def scored(data, folder, protocol):
    config = EvalConfig(backend="fake", resamples=200, baselines=["majority"], protocol=str(protocol))
    evaluate(data, [base_checkpoint(ModelConfig(name="tiny-llama"))], config, folder / "eval", "world")
    result = read_result(folder / "eval")
    assert result is not None
    return result


def test_published_numbers_stand_beside_the_frozen_split_and_are_not_ranked(sentiment_data, tmp_path):
    right = scored_hash(read_split(sentiment_data, "test"))
    path = own_protocol(tmp_path, part={"hash": right, "frozen_from": "the made set"})
    result = scored(sentiment_data, tmp_path, path)
    rows = json.loads((tmp_path / "eval" / "metrics.json").read_text())
    assert "Theirs" not in {row["checkpoint"] for row in rows}
    same = {(row["checkpoint"], row["metric"]): row["value"] for row in rows}
    for row in result.rows:
        assert row.value == pytest.approx(same[row.checkpoint, row.metric])
    block = protocol_block(result)
    assert block is not None
    grid = block.parts[0].grid
    assert grid is not None
    assert [name for name, _ in grid.groups] == ["Checkpoints", "Baselines", PUBLISHED]
    assert block.parts[0].references[0].source == "a paper"
    assert result.warnings == []


def test_another_split_gets_no_published_number_and_a_warning(sentiment_data, tmp_path):
    path = own_protocol(tmp_path, part={"hash": "0" * 64, "frozen_from": "another set"})
    result = scored(sentiment_data, tmp_path, path)
    assert result.published == []
    block = protocol_block(result)
    assert block is not None
    assert block.parts[0].tone == "bad"
    assert PUBLISHED not in [name for name, _ in block.parts[0].grid.groups]  # type: ignore[union-attr]
    assert "NOT the frozen split" in result.warnings[0]


def test_a_wrong_protocol_stops_before_anything_is_scored(sentiment_data, tmp_path):
    config = EvalConfig(backend="fake", resamples=200, protocol="acl18")
    with pytest.raises(TickerTuneError, match="of task movement"):
        evaluate(sentiment_data, [base_checkpoint(ModelConfig(name="tiny-llama"))], config, tmp_path / "eval", "world")
    assert not (tmp_path / "eval").exists()


def test_the_frozen_phrasebank_split_is_that_of_the_real_file(shared_data, tmp_path):
    from data_pipeline.sources.labelled import read_labelled
    from tickertune.core.recipe import SentimentSetConfig

    path = shared_data / "sentiment" / "FinancialPhraseBank-v1.0.zip"
    rows = read_labelled(SentimentSetConfig(name="phrasebank", path=path), "test")
    part = load_protocol("fingpt-v3").part("fpb")
    assert part is not None
    assert rows.height == part.samples == 1212
    assert scored_hash(rows.rename({"row_id": "sample_id"})) == part.hash


@pytest.mark.slow
@pytest.mark.parametrize("name", ["acl18", "acl18-all-days"])
def test_the_frozen_stocknet_days_are_those_of_the_real_files(shared_data, tmp_path, name, monkeypatch):
    from pydantic import TypeAdapter

    from data_pipeline.build import build
    from tickertune.core.recipe import DataConfig

    monkeypatch.setenv("TICKERTUNE_DATA", str(shared_data))
    protocol = load_protocol(name)
    part = protocol.part("dev")
    assert part is not None
    build(TypeAdapter(DataConfig).validate_python(protocol.recipe(part)), tmp_path)
    checks = check_parts(protocol, read_info(tmp_path), read_split(tmp_path, "test"), "test")
    assert [(check.part, check.state) for check in checks] == [("dev", "verified")]
