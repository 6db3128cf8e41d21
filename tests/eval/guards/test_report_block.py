"""The guards' table: in words, flags on top, text of models and news escaped."""

import pytest

from eval.guards.result import GuardResult, write_guards
from eval.report import write_report
from tests.eval.made_run import make_run
from tickertune.core.files import read_json, write_json


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run")


def test_flags_stand_on_top_and_all_findings_in_a_table(run):
    folder = next(path.parent for path in sorted(run.glob("*/eval/meta.json")))
    plain = write_report(run).read_text()
    assert "Guards:" not in plain
    nowhere = {"guard": "cutoff", "verdict": "not_applicable", "said": "The market is fictional."}
    write_guards(
        [
            GuardResult(guard="stale_news", checkpoint="sft", verdict="flag", said="Right without the news."),
            GuardResult(guard="cutoff", checkpoint="base", **{key: nowhere[key] for key in ("verdict", "said")}),
            GuardResult(guard="cutoff", checkpoint="sft", **{key: nowhere[key] for key in ("verdict", "said")}),
            GuardResult(
                guard="first_prompt",
                checkpoint=None,
                verdict="remark",
                said="Hash 12.",
                figures={"text": "<script>up</script>"},
            ),
        ],
        folder,
    )
    html = write_report(run).read_text()
    found = html[html.index("What was found") : html.index("What this shows")]
    assert "Guard stale news, SFT: Right without the news." in found
    assert html.count("The market is fictional.") == 1
    assert "&lt;script&gt;up&lt;/script&gt;" in html
    markdown = (run / "report.md").read_text()
    assert "| stale news | SFT | flagged | Right without the news. |" in markdown


def test_verdicts_of_a_part_say_so_and_tables_stay(run):
    """All rows once more, with the last checkpoint's paired differences turned round: the verdict is of these."""
    folder = next(path.parent for path in sorted(run.glob("*/eval/meta.json")) if "placebo" not in str(path))
    plain = write_report(run).read_text()
    rows = read_json(folder / "metrics.json")
    for row in rows:
        row["n"] = 5
        if " minus " in row["checkpoint"] and row["low"] is not None:
            row |= {"value": -9.0, "low": -9.5, "high": -8.5}
    write_json(folder / "metrics_after_cutoff.json", rows)
    html = write_report(run).read_text()
    found = html[html.index("What was found") : html.index("What this shows")]
    assert "These verdicts are of the 5 of " in found
    assert "worse than the base model" in found
    assert "worse than the base model" not in plain[plain.index("What was found") : plain.index("What this shows")]
    assert "-9.0" not in html[html.index("What this shows") :]
