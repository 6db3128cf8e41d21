"""Model cutoffs: who is known, and what lies before, after or in the dark."""

from datetime import date

import polars as pl
import pytest

from eval.guards.case import Case
from eval.guards.cutoffs import ModelCutoff, cutoff_of, cutoff_split, package_registry, tag_of, tagged
from tests.eval.guards.scripted import coin, subjects
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig, GuardsConfig


@pytest.mark.parametrize(
    ("model", "cutoff", "released"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", date(2023, 12, 31), date(2024, 7, 23)),
        ("NousResearch/Meta-Llama-3.1-8B", date(2023, 12, 31), date(2024, 7, 23)),
        ("meta-llama/Meta-Llama-3-8B-Instruct", date(2023, 3, 31), date(2024, 4, 18)),
        ("meta-llama/Llama-2-7b-chat-hf", date(2023, 7, 31), None),
        ("meta-llama/Llama-2-7b-hf", date(2022, 9, 30), None),
        ("Qwen/Qwen3-4B", None, date(2025, 4, 29)),
        ("Qwen/Qwen3-4B-Instruct-2507", None, None),
        ("somebody/Llama-3.1-8B-finance-2025", None, None),
        ("/cache/smollm2-135m-instruct-v2", None, None),
        ("someone/something", None, None),
    ],
)
def test_what_is_known_of_a_model(model, cutoff, released):
    known = cutoff_of(model)
    assert (known.cutoff, known.released) == (cutoff, released)
    assert known.source


def test_every_entry_names_its_source():
    assert all(entry.source for entry in package_registry().cutoffs)


@pytest.mark.parametrize(
    ("day", "cutoff", "released", "tag"),
    [
        (date(2023, 12, 31), date(2023, 12, 31), None, "before"),
        (date(2024, 1, 2), date(2023, 12, 31), None, "after"),
        (date(2024, 1, 2), None, date(2024, 7, 23), "unknown"),
        (date(2024, 7, 24), None, date(2024, 7, 23), "after"),
        (date(2024, 7, 23), None, date(2024, 7, 23), "unknown"),
        (date(2030, 1, 1), None, None, "unknown"),
        (None, date(2023, 12, 31), date(2024, 7, 23), "unknown"),
    ],
)
def test_tags(day, cutoff, released, tag):
    assert tag_of(day, ModelCutoff(models=["m"], cutoff=cutoff, released=released, source="s")) == tag


def test_a_cutoff_after_the_release_is_refused():
    with pytest.raises(ValueError, match="after the release"):
        ModelCutoff(models=["m"], cutoff=date(2024, 1, 1), released=date(2023, 1, 1), source="s")


def test_the_users_own_registry_goes_first(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("cutoffs:\n  - {models: ['smollm2-*'], cutoff: 2020-05-01, source: me}\n", encoding="utf-8")
    assert cutoff_of("x/smollm2-135m", path).cutoff == date(2020, 5, 1)
    assert cutoff_of("x/smollm2-135m", path, date(2019, 1, 1)).cutoff == date(2019, 1, 1)
    path.write_text("cutoffs:\n  - {models: ['SmolLM2-*'], cutoff: 2020-05-01, source: me}\n", encoding="utf-8")
    assert cutoff_of("x/smollm2-135M", path).cutoff == date(2020, 5, 1)
    path.write_text("cutoffs:\n  - {models: ['a'], cutof: 2020-05-01, source: me}\n", encoding="utf-8")
    with pytest.raises(TickerTuneError, match="did you mean 'cutoff'"):
        cutoff_of("a", path)


@pytest.fixture
def case(movement_data, movement_samples):
    from data_pipeline.dataset import read_info
    from tickertune.core.tasks import label_task

    test = movement_samples.filter(pl.col("split") == "test")
    train = movement_samples.filter(pl.col("split") == "train")
    return Case(
        read_info(movement_data), label_task("movement"), test, train, movement_data, EvalConfig(resamples=200),
        GuardsConfig(checks=["cutoff"], cutoff=date(2020, 1, 16)),
    )  # fmt: skip


def test_scores_are_told_before_and_after(case):
    """The made test days are 13 to 20 January 2020."""
    subject = subjects(case, {"coin": coin(case.task.labels)})[0]
    result = cutoff_split(case, subject)
    assert (result.figures["before_samples"], result.figures["after_samples"]) == (12, 12)
    assert result.figures["unknown_samples"] == 0
    assert "The verdicts are of the part after." in result.said
    assert result.verdict == "remark"


def test_without_a_sample_after_there_is_no_headline(case):
    late = Case(**{**vars(case), "guards": GuardsConfig(cutoff=date(2024, 1, 1))})
    subject = subjects(late, {"coin": coin(case.task.labels)})[0]
    result = cutoff_split(late, subject)
    assert result.verdict == "flag"
    assert "there is no headline" in result.said


def test_every_sample_gets_one_tag(case):
    tags = tagged(case.samples, [ModelCutoff(models=["m"], cutoff=date(2020, 1, 16), source="s")])
    assert tags["sample_id"].to_list() == case.samples["sample_id"].to_list()
    assert set(tags["tag"]) == {"before", "after"}


def test_of_two_bases_before_one_is_before_and_after_is_after_both(case):
    early, late, unknown = (
        ModelCutoff(models=["m"], cutoff=day, source="s") for day in (date(2020, 1, 14), date(2020, 1, 17), None)
    )
    days = case.samples["session"].to_list()
    both = tagged(case.samples, [early, late])["tag"].to_list()
    assert both == ["after" if day > date(2020, 1, 17) else "before" for day in days]
    dark = tagged(case.samples, [early, unknown])["tag"].to_list()
    assert dark == ["before" if day <= date(2020, 1, 14) else "unknown" for day in days]
