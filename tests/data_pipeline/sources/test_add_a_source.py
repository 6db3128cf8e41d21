"""The page "add your own source in 40 lines" is a working source of about 40 lines."""

import json
import re
import types

import pytest

from data_pipeline.sources.protocol import Cursor, Request, Scope
from tests.conftest import ROOT
from tests.data_pipeline.sources import test_contract
from tests.data_pipeline.sources.sample import Sample

PAGE = (ROOT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
CODE = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1)
ANSWER = {
    "stories": [
        {
            "id": 7,
            "headline": "Acme buys Globex",
            "text": "For cash.",
            "published": "2025-06-10T09:30:00",
            "tickers": ["ACME"],
        },
        {"id": 8, "headline": "Globex agrees", "published": "2025-06-10T16:05:00", "tickers": []},
    ]
}


@pytest.fixture
def sample(tmp_path):
    module = types.ModuleType("acme_wire")
    exec(compile(CODE, "docs/add-a-source.md", "exec"), module.__dict__)
    body = tmp_path / "answer.json"
    body.write_text(json.dumps(ANSWER))
    request: Request = module.SOURCE.stream(Cursor(), Scope())[0]
    return Sample(module.SOURCE, request, str(body), {"documents": 2})


def test_the_example_has_about_40_lines_of_code():
    assert len([line for line in CODE.splitlines() if line.strip()]) <= 45


CHECKS = [name for name in dir(test_contract) if name.startswith("test_")]


@pytest.mark.parametrize("check", CHECKS)
def test_the_example_keeps_the_contract(check, sample, monkeypatch):
    function = getattr(test_contract, check)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    function(**{name: value for name, value in {"sample": sample, "monkeypatch": monkeypatch}.items() if name in names})


def test_the_example_reads_new_york_clock_time(sample):
    assert sample.parse().documents[0].published_at.isoformat() == "2025-06-10T13:30:00+00:00"
