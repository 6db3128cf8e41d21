"""A store gives back, as the source of a data set, what was collected into it, by the ids of the registry."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from data_pipeline.acquisition.collected import REGISTRY, load
from data_pipeline.acquisition.records import Origin, write_parsed
from data_pipeline.build.loading import load_source
from data_pipeline.sources.protocol import Parsed, Request, Response
from tickertune.cli.main import main
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Bar, CorporateAction
from tickertune.core.recipe import CollectedSourceConfig, SimulatedSourceConfig

SINCE, UNTIL = date(2021, 1, 4), date(2021, 4, 1)


@pytest.fixture(scope="module")
def market():
    return load_source(SimulatedSourceConfig(companies=6), SINCE, UNTIL)


def provisional(frame: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    return frame.with_columns(pl.col("instrument_id").replace_strict(names))


def nouns(kind, frame: pl.DataFrame) -> list:
    return [kind.model_validate(row) for row in frame.to_dicts()]


@pytest.fixture
def filled(store, market, tmp_path):
    """A store into which the simulated market was collected under provisional ids, and its registry file."""
    names = {row["instrument_id"]: f"US:{row['symbol']}" for row in market.instruments.to_dicts()}
    texts = [
        document.model_copy(
            update={
                "symbols": [
                    link.model_copy(update={"instrument_id": names[link.instrument_id]}) for link in document.symbols
                ]
            }
        )
        for document in nouns(Document, market.documents)
    ]
    prices = Parsed(
        bars=nouns(Bar, provisional(market.bars, names)),
        actions=nouns(CorporateAction, provisional(market.actions, names)),
    )
    response = Response(
        Request(url="https://x/"), "https://x/", 200, {}, b"", datetime(2021, 6, 1, tzinfo=UTC), "range"
    )
    store.archive.put(response.body_sha256, response.body)
    with store.transaction() as db:
        for source, parsed in (("wire", Parsed(documents=texts)), ("prices", prices)):
            origin = Origin(store.add_response(source, response), response.fetched_at, "range")
            write_parsed(db, source, f"{source}-1", origin, parsed)
    path = tmp_path / "instruments.parquet"
    market.instruments.write_parquet(path)
    with pytest.raises(SystemExit) as end:
        main(["data", "instruments", "--store", str(store.folder), "--from", str(path)])
    assert not end.value.code
    return store


def config(store, **changes) -> CollectedSourceConfig:
    return CollectedSourceConfig.model_validate(
        {"store": store.folder, "prices": "prices", "documents": ["wire"]} | changes
    )


def test_store_gives_back_what_was_collected(filled, market):
    found = load(config(filled), date(2020, 1, 1), UNTIL)
    key = ["instrument_id", "session"]
    assert found.bars.sort(key).equals(market.bars.sort(key))
    assert found.actions.sort("instrument_id", "ex_date").equals(market.actions.sort("instrument_id", "ex_date"))
    wanted = market.documents.filter(pl.col("available_at") < datetime(2021, 4, 1, tzinfo=UTC))
    key = ["doc_id", "revision"]
    assert found.documents.sort(key)["title"].equals(wanted.sort(key)["title"])
    links = pl.col("symbols").list.eval(pl.element().struct.field("instrument_id")).list.sort()
    assert found.documents.sort(key).select(links).equals(wanted.sort(key).select(links))


def test_window_bounds_documents_by_when_they_were_known_and_bars_by_session(filled):
    found = load(config(filled), date(2021, 2, 1), date(2021, 3, 1))
    assert found.documents["available_at"].min() >= datetime(2021, 2, 1, tzinfo=UTC)
    assert found.documents["available_at"].max() < datetime(2021, 3, 1, tzinfo=UTC)
    assert found.bars["session"].max() < date(2021, 3, 1)
    assert found.bars["session"].min() < date(2021, 2, 1), "trailing statistics are known from the first day"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"prices": "yahooo"}, "holds nothing of 'yahooo'"), ({"documents": ["x"]}, "nothing of 'x'")],
)
def test_source_that_is_not_in_the_store_is_named(filled, changes, sentence):
    with pytest.raises(TickerTuneError, match=sentence):
        load(config(filled, **changes), SINCE, UNTIL)


def test_store_without_a_registry_tells_how_to_make_one(filled):
    (filled.folder / REGISTRY).unlink()
    with pytest.raises(TickerTuneError, match="tickertune data instruments"):
        load(config(filled), SINCE, UNTIL)


def test_exported_tables_can_be_audited(filled, tmp_path, capsys):
    for words in (["export", "--store", str(filled.folder), "--output", str(tmp_path / "tables")],
                  ["audit", str(tmp_path / "tables"), "--output", str(tmp_path / "audit"), "--json"]):  # fmt: skip
        with pytest.raises(SystemExit) as end:
            main(["data", *words])
        assert not end.value.code
    assert (tmp_path / "audit" / "findings.parquet").is_file()
    assert '"findings"' in capsys.readouterr().out


def test_audit_of_a_folder_without_tables_is_told(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(["data", "audit", str(tmp_path)])
    assert end.value.code == 2
    assert "holds no data set" in capsys.readouterr().err


def test_bars_of_two_sources_are_not_mixed(filled, store):
    from data_pipeline.acquisition.export import bars_of, parsers

    rows = store.rows("SELECT value FROM records WHERE kind = 'bar' LIMIT 3")
    parsed = Parsed(bars=[Bar.model_validate_json(row["value"]) for row in rows])
    with store.transaction() as db:
        write_parsed(db, "other", "other-1", Origin(1, datetime(2021, 6, 1, tzinfo=UTC), "range"), parsed)
    with pytest.raises(TickerTuneError, match="more than one source"):
        bars_of(store, parsers(store)[0])


def test_data_set_is_built_from_a_store(filled, tmp_path):
    from data_pipeline.build import build
    from tickertune.core.recipe import MovementDataConfig

    split = {"train_start": "2021-02-01", "train_end": "2021-03-01", "validation_end": "2021-03-01",
             "test_start": "2021-03-02", "test_end": "2021-03-25"}  # fmt: skip
    source = {"kind": "collected", "store": str(filled.folder), "prices": "prices", "documents": ["wire"]}
    recipe = MovementDataConfig.model_validate({"source": source, "split": split})
    facts = build(recipe, tmp_path / "from-store")
    assert facts["samples"]["train"] > 20
    assert facts["samples"]["test"] > 10
