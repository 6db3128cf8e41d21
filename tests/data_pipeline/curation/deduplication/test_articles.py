"""Many pairs at once are judged as ``same_report`` judges each of them."""

import numpy as np
import polars as pl
import pytest

from data_pipeline.curation.deduplication import articles
from data_pipeline.curation.deduplication.same import same_report
from data_pipeline.curation.deduplication.sketch import sketch
from data_pipeline.curation.deduplication.texts import CandidateTexts
from data_pipeline.curation.deduplication.words import word_parts
from data_pipeline.curation.parts import PART_BYTES, map_parts, parts_of
from tests.data_pipeline.nouns import document, documents

THRESHOLD = 0.8
PLAIN = [f"word{letter}{other}" for letter in "abcdefghij" for other in "klmnopqrst"]
NAMES = ["Ardent", "Belmont", "Corvus", "Delphi-Marine", "O'Hara"]
FACTS = ["12.5%", "3,400", "$ARDN", "2019"]
SAID = ["rises", "fell", "higher", "lower", "monday", "friday", "april", "buy", "sell"]


def pairs_of_articles(seed: int, count: int = 150) -> tuple[CandidateTexts, np.ndarray, np.ndarray]:
    """Articles and copies with up to ten words exchanged, left out or put in, with and without payload symbols."""
    rng = np.random.default_rng(seed)
    special = [*NAMES, *FACTS, *SAID]
    records = []
    for number in range(count):
        words = rng.choice([*PLAIN, *special], 80).tolist()
        copy = list(words)
        for place in rng.choice(80, rng.integers(0, 11), replace=False):
            copy[place] = str(rng.choice([*special, *PLAIN[:10], ""]))
        for side, text in enumerate((words, copy)):
            symbols = tuple(rng.choice(["AAA", "BBB"], rng.integers(0, 3), replace=False).tolist())
            name = f"{number}-{side}"
            records.append(document(name, " ".join(text[:8]), body=" ".join(text[8:]), symbols=symbols))
    table = documents(*records)
    parts = word_parts(table)
    rows = np.arange(count) * 2
    return CandidateTexts(table.with_columns(sketch(table, THRESHOLD, parts)), parts), rows, rows + 1


@pytest.mark.parametrize("seed", range(4))
def test_all_pairs_at_once_are_judged_as_each_alone(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, some, others = pairs_of_articles(seed)
    assert not texts.short.any()
    pairs = zip(some.tolist(), others.tolist(), strict=True)
    alone = [same_report(texts.text(one), texts.text(other), THRESHOLD) for one, other in pairs]
    assert 10 < sum(alone) < len(alone) - 10, "both verdicts occur"
    assert texts.agree(some, others).tolist() == alone
    assert texts.agree(others, some).tolist() == alone
    monkeypatch.setattr(articles, "AT_ONCE", 500)
    assert texts.agree(some, others).tolist() == alone


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("rises", "worda", True),
        ("rises", "falls", False),
        ("monday", "friday", False),
        ("monday", "worda", True),
        ("Ardent", "Belmont", False),
        ("Ardent", "worda", True),
        ("12.5%", "13.5%", False),
        ("12.5%", "worda", True),
    ],
)
def test_one_word_that_speaks_against(one: str, other: str, same: bool) -> None:
    body = " ".join(PLAIN)
    table = documents(
        document("a", "a title in front", body=f"{body} {one} end"),
        document("b", "a title in front", body=f"{body} {other} end"),
    )
    parts = word_parts(table)
    texts = CandidateTexts(table.with_columns(sketch(table, THRESHOLD, parts)), parts)
    assert texts.agree(np.array([0]), np.array([1])).tolist() == [same]


def test_no_pairs_agree_on_nothing() -> None:
    texts, *_ = pairs_of_articles(0, 3)
    none = np.zeros(0, dtype=np.int64)
    assert texts.agree(none, none).tolist() == []


def test_parts_worked_at_by_threads_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    table = documents(*(document(str(number), "title", body="text " * (PART_BYTES // 12)) for number in range(8)))
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 2)
    assert len(list(parts_of(table))) > 2
    found = map_parts(lambda part: part.select("doc_id"), table)
    assert pl.concat(found)["doc_id"].to_list() == table["doc_id"].to_list()
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        map_parts(lambda part: part.select("missing"), table)
