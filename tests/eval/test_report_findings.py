from dataclasses import replace

import polars as pl
import pytest

from eval.metrics import MetricRow
from eval.report.collect import World, collect
from eval.report.findings import Finding, findings
from eval.report.layout import MINUS, Rows, interval, number, verdict
from eval.report.plots.confidence import accuracy_by_coverage, reliability_bins
from tests.eval.made_run import make_run


def row(checkpoint: str, metric: str, value: float, low: float | None = None, high: float | None = None) -> MetricRow:
    return MetricRow(world="w", checkpoint=checkpoint, metric=metric, value=value, low=low, high=high, n=100, days=20)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return collect(make_run(tmp_path_factory.mktemp("run"), {"w": ("movement", 0.9)}, ["sft"])).worlds[0]


def said(world: World, *rows: MetricRow, placebo: bool = False) -> list[Finding]:
    return findings(replace(world, rows=Rows(rows, "w"), placebo=placebo))


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.01, 0.2, "better"), (-0.2, -0.01, "worse"), (-0.1, 0.1, "not distinguishable"), (None, None, "too few days")],
)
def test_only_an_interval_without_zero_says_anything(low: float | None, high: float | None, word: str) -> None:
    assert verdict(row("sft minus base", "mcc", 0.05, low, high)) == word


def test_a_gain_over_the_base_is_stated_with_its_interval(world: World) -> None:
    rows = [row("base", "mcc", 0.0), row("sft", "mcc", 0.2), row("sft minus base", "mcc", 0.2, 0.1, 0.3)]
    told = "Against base model: MCC +0.200 [+0.100, +0.300], p < 0.001."
    assert Finding("good", "SFT: better than the base model.", told) in said(world, *rows)


def test_the_share_of_the_ceiling_is_stated(world: World) -> None:
    found = said(world, row("base", "mcc", 0.0), row("sft", "mcc", 0.3), row("ceiling", "mcc", 0.4, 0.4, 0.4))
    assert any("SFT reaches 75% of the best MCC" in finding.text for finding in found)


def test_a_quiet_placebo_is_as_it_should_be(world: World) -> None:
    rows = [row("sft", "mcc", 0.02), row("sft", "mcc_p_above_zero_holm", 0.4, 0.4, 0.4)]
    assert [finding.tone for finding in said(world, *rows, placebo=True)] == ["good"]


@pytest.mark.parametrize("metric", ["mcc", "sharpe_gross"])
def test_something_found_on_a_placebo_is_an_alarm(world: World, metric: str) -> None:
    rows = [row("sft", "mcc", 0.3), row("sft", f"{metric}_p_above_zero_holm", 0.001, 0.001, 0.001)]
    found = said(world, *rows, placebo=True)
    assert found[0].tone == "bad"
    assert "Something was found where nothing is" in found[0].text


def test_many_unparsed_answers_are_an_alarm(world: World) -> None:
    assert any(finding.tone == "bad" for finding in said(world, row("sft", "unparsed_share", 0.06, 0.04, 0.08)))
    assert not any(finding.tone == "bad" for finding in said(world, row("sft", "unparsed_share", 0.04, 0.02, 0.06)))


def test_a_leaky_label_is_an_alarm(world: World) -> None:
    assert world.info is not None
    leaky = replace(world, info=world.info.model_copy(update={"leak_share": 0.31}))
    assert any("31.0% of the samples show text that is later" in finding.text for finding in findings(leaky))


def test_numbers_have_a_true_minus_sign_and_no_negative_zero() -> None:
    assert number("mcc", -0.25) == f"{MINUS}0.250"
    assert number("mcc", -0.0001) == "0.000"
    assert number("mcc", 0.25, signed=True) == "+0.250"
    assert number("accuracy", 0.5) == "50.0%"
    assert number("mean_return_net", -0.00123) == f"{MINUS}12.3"


def test_an_exact_value_has_no_interval() -> None:
    assert interval(row("ceiling", "mcc", 0.4, 0.4, 0.4)) == ""
    assert interval(row("sft", "mcc", 0.4)) == ""
    assert interval(row("sft", "mcc", 0.4, 0.3, 0.5)) == "[0.300, 0.500]"


def test_rows_come_checkpoints_first_then_baselines_then_what_is_reachable() -> None:
    names = ["oracle", "tfidf", "ceiling", "grpo", "my-own", "sft", "majority", "base", "sft minus base"]
    assert Rows([row(name, "mcc", 0.0) for name in names], "w").single() == [
        *("base", "sft", "grpo", "my-own", "majority", "tfidf", "oracle", "ceiling")
    ]


def test_reliability_bins_leave_out_what_is_too_small() -> None:
    stated = pl.DataFrame(
        {"confidence": [0.65] * 10 + [0.95] * 4, "label": ["up"] * 14, "gold": ["up"] * 6 + ["down"] * 8}
    )
    mean, share, size = reliability_bins(stated)
    assert mean == pytest.approx([0.65])
    assert share == pytest.approx([0.6])
    assert size.tolist() == [10]


def test_coverage_takes_the_surest_first_and_equals_together() -> None:
    stated = pl.DataFrame(
        {
            "confidence": [0.9] * 25 + [0.6] * 15,
            "label": ["up"] * 40,
            "gold": ["up"] * 20 + ["down"] * 5 + ["up"] * 3 + ["down"] * 12,
        }
    ).sample(fraction=1, shuffle=True, seed=0)
    taken, right = accuracy_by_coverage(stated)
    assert taken == pytest.approx([25 / 40, 1.0])
    assert right == pytest.approx([20 / 25, 23 / 40])


def test_what_is_better_than_possible_is_called_a_leak(world: World) -> None:
    rows = [row("ceiling", "mcc", 0.5, 0.5, 0.5), row("base", "mcc", 0.0, -0.1, 0.1)]
    assert any("seen the future" in found.text for found in said(world, *rows, row("sft", "mcc", 0.7, 0.51, 0.8)))
    assert not any("seen the future" in found.text for found in said(world, *rows, row("sft", "mcc", 0.6, 0.49, 0.7)))


def test_what_is_not_distinguishable_says_how_long_it_would_take(world: World) -> None:
    rows = [row(name, "mcc", 0.1) for name in ("base", "sft")]
    texts = [found.detail for found in said(world, *rows, row("sft minus base", "mcc", 0.1, -0.1, 0.3))]
    assert any("takes about 163 days; here are 20" in text for text in texts)
    texts = [found.detail for found in said(world, *rows, row("sft minus base", "mcc", 0.001, -0.1, 0.3))]
    assert any("more than 10,000 days" in text for text in texts)
    assert not any("takes" in found.detail for found in said(world, *rows, row("sft minus base", "mcc", 0.2, 0.1, 0.3)))


def test_an_unscored_world_says_so(world: World) -> None:
    assert said(world) == [Finding("plain", "Not scored yet: the eval stage has not finished.")]


def test_a_world_with_nothing_trained_says_so(world: World) -> None:
    assert "Only the untuned model" in said(world, row("base", "mcc", 0.0, -0.1, 0.1))[0].text
