"""Published numbers in the report: apart from our rows, with source and caveat, escaped, and absent beside another split."""

import pytest

from eval.metrics import MetricRow
from eval.protocols.check import PartCheck
from eval.protocols.protocol import PublishedNumber
from eval.protocols.result import ProtocolResult, read_result, write_result
from eval.report import write_report
from tests.eval.made_run import make_run
from tickertune.core.errors import TickerTuneError


def result(state):
    check = PartCheck(
        part="fpb", title="PhraseBank", state=state, samples=500, hash="a" * 64, said=f"PhraseBank: {state}."
    )
    rows = [
        MetricRow(
            world="fpb",
            checkpoint=name,
            metric="weighted_f1",
            value=value,
            low=value - 0.1,
            high=value + 0.1,
            n=500,
            days=500,
        )
        for name, value in (("base", 0.3), ("sft", 0.6), ("majority", 0.4))
    ]
    number = PublishedNumber(
        part="fpb",
        model="Their <b>model</b>",
        metric="weighted_f1",
        value=0.882,
        source="a paper",
        caveat="unparsed is neutral",
    )
    return ProtocolResult(
        protocol="fingpt-v3", version=1, title="t", headline="weighted_f1", metrics=["weighted_f1", "accuracy"],
        comparability="Never beside flare.", remarks=["The prompt is another."], checks=[check], rows=rows,
        published=[] if state == "other" else [number],
    )  # fmt: skip


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run")


def world_of(run):
    return next(path.parent.parent for path in sorted(run.glob("*/eval/meta.json")))


def test_published_numbers_stand_apart_with_source_and_caveat(run):
    write_result(result("verified"), world_of(run) / "eval")
    html = write_report(run).read_text()
    markdown = (run / "report.md").read_text()
    for text in (
        "Never beside flare.",
        "The prompt is another.",
        "a paper",
        "unparsed is neutral",
        "not ranked here",
        "0.882",
    ):
        assert text in html
    assert "Their &lt;b&gt;model&lt;/b&gt;" in html
    assert "<b>model</b>" not in html
    assert "0.882" in markdown
    assert "0.882" not in (run / "metrics.json").read_text()


def test_another_split_is_told_on_top_and_shows_no_published_number(run):
    write_result(result("other"), world_of(run) / "eval")
    html = write_report(run).read_text()
    assert "0.882" not in html
    found = html[html.index("What was found") : html.index("What this shows")]
    assert "PhraseBank: other." in found


def test_a_damaged_result_is_told(run):
    (world_of(run) / "eval" / "protocol.json").write_text('{"protocol": 1}')
    with pytest.raises(TickerTuneError, match="holds no protocol's result"):
        read_result(world_of(run) / "eval")
