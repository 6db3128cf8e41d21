"""The guards' table: in words, flags on top, text of models and news escaped."""

import pytest

from eval.guards.result import GuardResult, write_guards
from eval.report import write_report
from tests.eval.made_run import make_run


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
