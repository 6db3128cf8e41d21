"""The verdict in words: what is said, and that it is never more than the corrected intervals hold."""

import re
from pathlib import Path

import pytest

from eval.metrics import MetricRow
from eval.report.collect import World, collect
from eval.report.findings import findings, judged
from eval.report.layout import Rows
from eval.report.shelves import verdict_rows
from eval.report.verdicts import LEVEL, Verdict, summary, verdicts
from eval.report.view_tables import verdict_grid
from tests.eval.made_run import make_run
from tests.eval.page import page_of
from tickertune.core.files import read_json

BETTER, UNDECIDED, WORSE = (0.2, 0.1, 0.3), (0.02, -0.08, 0.12), (-0.2, -0.3, -0.1)


def row(checkpoint: str, ends: tuple[float, float, float] | None, metric: str = "mcc") -> MetricRow:
    value, low, high = ends or (0.1, None, None)
    return MetricRow(world="w", checkpoint=checkpoint, metric=metric, value=value, low=low, high=high, n=400, days=60)


def judge(*rows: MetricRow, headline: str = "mcc") -> list[Verdict]:
    names = dict.fromkeys(name for one in rows for name in one.checkpoint.split(" minus "))
    singles = [row(name, BETTER, headline) for name in names]
    return verdicts(Rows([*singles, *rows], "w"), headline, headline, 1)


def test_a_verdict_names_what_is_beaten_and_what_is_not() -> None:
    (found,) = judge(row("sft minus base", BETTER), row("sft minus tfidf", UNDECIDED), row("sft minus majority", WORSE))
    assert found.words == (
        "better than the base model; worse than majority; not distinguishable from TF-IDF + logistic"
    )
    assert found.tone == "bad"


def test_better_than_all_references_is_good_and_than_one_is_not() -> None:
    assert judge(row("sft minus base", BETTER), row("sft minus tfidf", BETTER))[0].tone == "good"
    assert judge(row("sft minus base", BETTER), row("sft minus tfidf", UNDECIDED))[0].tone == "plain"
    assert judge(row("sft minus base", UNDECIDED))[0].tone == "plain"


def test_texts_are_judged_by_their_own_metric() -> None:
    (found,) = judge(row("sft minus base", BETTER, "weighted_f1"), headline="weighted_f1")
    assert found.words == "better than the base model"


def test_one_day_says_nothing() -> None:
    (found,) = judge(row("sft minus base", None))
    assert found.words == "too few days to compare with the base model"
    assert found.comparisons[0].holm is None


def test_oracles_are_no_opponents() -> None:
    (found,) = judge(row("sft minus base", BETTER), row("sft minus oracle", WORSE))
    assert [one.against for one in found.comparisons] == ["base"]


def test_what_just_leaves_zero_out_does_not_survive_the_correction() -> None:
    """Alone it is better; as one of thirty it is not said to be."""
    just = (0.1, 0.005, 0.195)
    (alone,) = judge(row("sft minus base", just))
    assert alone.words == "better than the base model"
    many = judge(*(row(f"step-{step} minus base", just) for step in range(30)))
    assert {found.words for found in many} == {"not distinguishable from the base model"}
    assert all(one.fell and one.holm is not None and one.holm > LEVEL for found in many for one in found.comparisons)


def test_what_is_clear_survives_among_thirty() -> None:
    clear = (0.3, 0.2, 0.4)
    found = judge(
        row("step-0 minus base", clear), *(row(f"step-{step} minus base", UNDECIDED) for step in range(1, 30))
    )
    assert [one.against("base").word for one in found].count("better") == 1  # type: ignore[union-attr]
    assert found[0].tests == 30
    assert summary(found) == "30 trained checkpoints: against the base model 1 better, 29 not distinguishable."


def test_no_word_goes_beyond_the_interval() -> None:
    found = judge(
        *(row(f"step-{step} minus base", (0.02 * step, 0.02 * step - 0.1, 0.02 * step + 0.1)) for step in range(20))
    )
    for one in (one for each in found for one in each.comparisons):
        if one.word == "better":
            assert one.row.low is not None
            assert one.row.low > 0
            assert one.p is not None
            assert one.holm is not None
            assert one.p <= one.holm < LEVEL


def test_votes_are_set_beside_one_reply_and_an_untuned_vote_is_no_trained_checkpoint() -> None:
    found = judge(
        row("sft minus base", BETTER), row("base@8 minus base", BETTER), row("sft@8 minus base", BETTER),
        row("sft@8 minus sft", UNDECIDED),
    )  # fmt: skip
    assert [one.checkpoint for one in found] == ["sft", "sft@8"]
    assert "not distinguishable from SFT" in found[1].words


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> World:
    names = [f"step-{step}" for step in range(1, 31)]
    return collect(make_run(tmp_path_factory.mktemp("many"), {"w": ("movement", 0.9)}, names)).worlds[0]


def test_thirty_checkpoints_are_told_in_groups_and_each_has_a_row(many: World) -> None:
    told = [finding.text for finding in findings(many)]
    assert told[0].startswith("30 trained checkpoints: against the base model ")
    assert len(told) < 15
    grid = verdict_grid(many)
    assert grid is not None
    assert [line.name for line in grid.groups[0][1]] == [f"step-{step}" for step in range(1, 31)]
    assert {one["checkpoint"] for one in verdict_rows(many)} == {f"step-{step}" for step in range(1, 31)}


def test_each_checkpoint_is_compared_with_the_one_before(many: World) -> None:
    before = {each.checkpoint: [one.against for one in each.comparisons if one.trained] for each in judged(many)}
    assert before["step-1"] == []
    assert before["step-10"] == ["step-9"]


@pytest.mark.parametrize(("task", "signal"), [("movement", 0.9), ("sentiment", 1.0)])
def test_one_checkpoint_has_a_sentence_first(tmp_path: Path, task: str, signal: float) -> None:
    world = collect(make_run(tmp_path, {"w": (task, signal)}, ["sft"])).worlds[0]
    first = findings(world)[0]
    assert first.text.startswith("SFT: better than the base model")
    assert f"Against base model: {'MCC' if task == 'movement' else 'Weighted F1'} +" in first.detail
    assert "corrected for" in first.detail


def test_a_placebo_verdict_is_no_success(tmp_path: Path) -> None:
    world = collect(make_run(tmp_path, {"w": ("movement", 0.0)}, ["sft", "grpo"])).worlds[0]
    told = [finding for finding in findings(world) if finding.text.startswith(("SFT: ", "GRPO: "))]
    assert len(told) == 2
    assert {finding.tone for finding in told} == {"plain"}


def test_a_sweep_of_thirty_says_how_many_are_better_after_the_correction(reported_runs: dict[str, Path]) -> None:
    page = page_of(reported_runs, "swept")
    text = " ".join(page.texts("p"))
    said = re.search(r"Of 30 checkpoints that training kept, against the base model .* \(Holm\): (\d+) better", text)
    assert said
    told = read_json(reported_runs["swept"] / "report.json")["planted"]["checkpoints_against_base"]
    better = [row for row in told if row["verdict"] == "better"]
    assert len(better) == int(said[1])
    assert 0 < len(better) < 30
    assert all(row["p_holm"] < 0.05 and row["low"] > 0 for row in better)
