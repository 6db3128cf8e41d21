"""``tickertune guards`` at the command line."""

import json

from tests.cli.test_main import call
from tests.eval.conftest import made_samples, write_made


def test_findings_are_printed_in_words_and_as_json(tmp_path, capsys):
    data = write_made(made_samples(), tmp_path / "data", "movement")
    words = [
        "guards",
        "--data",
        str(data),
        "--model",
        "tiny-llama",
        "--output",
        str(tmp_path / "out"),
        "--backend",
        "fake",
    ]
    words += ["--resamples", "200", "--baselines", "[majority]", "--guards.checks", "[unparsed, injection]"]
    assert call(*words) == 0
    said = capsys.readouterr().out
    assert "passes: unread answers (base model): 0.0% of 24 answers name no label" in said
    assert call(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [result["guard"] for result in found] == ["unparsed", "injection"]
    assert call(*words, "--guards.checks", "[injektion]") == 2
    assert "injektion" in capsys.readouterr().err
