"""Published numbers in the report: apart from our rows, with source and caveat, escaped, and absent beside another split."""

from base64 import b64decode
from pathlib import Path

import polars as pl
import pytest

from eval.metrics import MetricRow
from eval.protocols.check import PartCheck
from eval.protocols.protocol import PublishedNumber
from eval.protocols.result import ProtocolResult, read_result, write_result
from eval.report import write_report
from tests.eval.made_run import make_run
from tests.eval.page import Page
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json


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


def test_published_numbers_are_lines_with_source_and_caveat(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"planted": ("movement", 0.9)}, ["sft"])
    samples = pl.read_parquet(run / "planted/data/dataset/data/test.parquet").height
    rows = [row | {"world": "all"} for row in read_json(run / "planted/eval/metrics.json")]
    rows = [row for row in rows if row["metric"] in ("mcc", "accuracy") and " minus " not in row["checkpoint"]]
    about = {"part": "all", "model": "Elder & Sons", "source": "Their paper <2019>", "caveat": "other days"}
    check = {
        "part": "all",
        "title": "All",
        "state": "verified",
        "samples": samples,
        "hash": "0" * 64,
        "said": "All: frozen.",
    }
    result = {
        "protocol": "made", "version": 1, "title": "Made", "headline": "mcc", "metrics": ["mcc", "accuracy"],
        "comparability": "None.", "remarks": [], "rows": rows, "checks": [check],
        "published": [about | {"metric": "mcc", "value": 0.21}, about | {"metric": "accuracy", "value": 0.61}],
    }  # fmt: skip
    plain = Page(write_report(run).read_text())
    write_json(run / "planted/eval/protocol.json", result)
    page = Page(write_report(run).read_text())
    assert len(page.all("img")) == len(plain.all("img")) + 1  # MCC in the first plot, accuracy in one of its own
    assert "Accuracy on All, published numbers as lines" in {image["alt"] for image in page.all("img")}
    assert "#e69f00" in b64decode(page.all("img")[0]["src"].partition(",")[2]).decode().lower()
    assert "Elder & Sons: MCC 0.21 (Their paper <2019>; other days)" in page.texts("li")
    assert "Diamonds and dashed lines are published numbers" in page.texts("figcaption")[0]
    assert "Diamonds" not in plain.texts("figcaption")[0]
    apart = [check, check | {"part": "other", "title": "Other"}]
    write_json(run / "planted/eval/protocol.json", result | {"checks": apart})
    page = Page(write_report(run).read_text())
    assert {"MCC on All, published numbers as lines", "Accuracy on All, published numbers as lines"} <= {
        image["alt"] for image in page.all("img")
    }
    assert "#e69f00" not in b64decode(page.all("img")[0]["src"].partition(",")[2]).decode().lower()
