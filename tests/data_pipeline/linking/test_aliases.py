"""The user's table of aliases."""

from datetime import date
from pathlib import Path

import pytest

from data_pipeline.linking import link
from data_pipeline.linking.aliases import read_aliases
from tests.data_pipeline.nouns import UNIVERSE, document, documents
from tickertune.core.errors import TickerTuneError


def write(folder: Path, text: str) -> Path:
    path = folder / "aliases.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_aliases_are_read_by_symbol_or_id_and_link(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "alias,symbol,instrument_id,valid_from,valid_to\n"
        "Ma Bell,T,,,2016-01-01\nThe Social Network,FB,,2012-05-18,\nBig Oil Co,,US:XOM,,\n",
    )
    aliases = read_aliases(path, UNIVERSE)
    assert aliases.rows() == [
        ("US:META", "The Social Network", date(2012, 5, 18), None),
        ("US:T", "Ma Bell", None, date(2016, 1, 1)),
        ("US:XOM", "Big Oil Co", None, None),
    ]
    kept, drops = link(documents(document("a", "Ma Bell hangs up"), document("b", "Pa Bell")), UNIVERSE, aliases)
    assert [(entry["symbol"], entry["evidence"], entry["detail"]) for entry in kept["symbols"][0]] == [
        ("T", "name", "Ma Bell")
    ]
    assert drops["doc_id"].to_list() == ["b"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("alias,symbol\nX,NOSUCH\n", "means 0 instruments"),
        ("alias,symbol,valid_from\nX,META,2015-01-02\n", "means 0 instruments on 2015-01-02"),
        ("alias,instrument_id\nX,US:NO\n", "no instrument has the id"),
        ("alias,symbol\nMa Bell,T\n ,T\n", "no alias"),
        ("alias,symbol,colour\nMa Bell,T,red\n", "unknown_field colour"),
        ("name,symbol\nX,T\n", "lacks the column"),
    ],
)
def test_a_wrong_alias_is_an_error_that_says_what(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(TickerTuneError, match=cause):
        read_aliases(write(tmp_path, text), UNIVERSE)
