import io
import random
import zipfile

import pytest

from data_pipeline.sources.news import gdelt_bulk
from data_pipeline.sources.news.gdelt_bulk import GKG_COLUMNS
from data_pipeline.sources.parsing import MAX_FOLLOW
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import doc_ids, respond, utc, window
from tests.data_pipeline.sources.news.samples import SAMPLES
from tests.data_pipeline.sources.news.tables import pickled_table, recorded_gkg, zipped
from tests.data_pipeline.sources.sample import Sample

SOURCE = gdelt_bulk.SOURCE
RECORDED, WRITTEN = (sample for sample in SAMPLES if sample.source is SOURCE)
HOUR = window(utc(2026, 5, 15, 1), utc(2026, 5, 15, 2))
REQUEST = SOURCE.plan(Cursor(), HOUR, Scope())[1]


def recorded(name):
    return Sample(SOURCE, REQUEST, f"shared:payloads/gdelt/data/{name}", {}).read()


def row(number, **values):
    cells = {"gkgrecordid": f"20260515011500-{number}", "date": "20260515011500", "sourcecollectionidentifier": "1",
             "documentidentifier": f"https://x.example/{number}",
             "extras": f"<PAGE_TITLE>Title {number}</PAGE_TITLE>"} | values  # fmt: skip
    return "\t".join(cells.get(name, "") for name in GKG_COLUMNS)


def test_a_file_is_asked_for_by_its_documented_name_every_fifteen_minutes():
    names = [request.url.rsplit("/", 1)[1] for request in SOURCE.plan(Cursor(), HOUR, Scope())]
    assert names == [f"202605150{hour}00.gkg.csv.zip" for hour in ("100", "115", "130", "145")]
    part = SOURCE.plan(Cursor(), window(utc(2026, 5, 15, 1, 0, 1), utc(2026, 5, 15, 1, 16)), Scope())
    assert [request.url.rsplit("/", 1)[1] for request in part] == ["20260515011500.gkg.csv.zip"]


def test_nothing_is_asked_for_from_before_the_first_file():
    requests = SOURCE.plan(Cursor(), window(utc(2015, 2, 18), utc(2015, 2, 18, 23, 30)), Scope())
    assert [request.url.rsplit("/", 1)[1][:14] for request in requests] == ["20150218230000", "20150218231500"]


def test_recorded_rows_have_the_documented_layout_and_no_titles():
    """The recording is a pickled table of a file of 2017; its cells are read without running it."""
    text = recorded_gkg(recorded("gkg2samp.gz"))
    assert text.count("\n") == 50
    assert "<PAGE_TITLE>" not in text
    assert text.count("<PAGE_LINKS>") == 23
    parsed = RECORDED.parse()
    assert parsed.counts == {"items": 50, "untitled": 50}
    assert parsed.marks[""].at == utc(2017, 7, 1, 23, 45)


def test_a_recorded_row_becomes_a_document_where_it_has_a_title():
    rows = recorded_gkg(recorded("gkg2samp.gz")).splitlines()
    titled = [line + f"<PAGE_TITLE>Title {number}</PAGE_TITLE>" for number, line in enumerate(rows)]
    parsed = respond(SOURCE, RECORDED.request, zipped("\n".join(titled)))
    assert len(parsed.documents) == 50
    first = parsed.documents[0]
    assert first.url.startswith("http://www.ign.com/articles/2017/07/01/anime-expo-2017")
    assert first.available_at == utc(2017, 7, 2)
    assert first.published_at is None


def test_the_pages_own_times_stand_in_no_certain_zone():
    """One of the 22 recorded ones lies after the batch in which GDELT had seen the page: they are not used."""
    text = recorded_gkg(recorded("gkg2samp.gz"))
    stamps = [part[:14] for part in text.split("<PAGE_PRECISEPUBTIMESTAMP>")[1:]]
    assert len(stamps) == 22
    assert [stamp for stamp in stamps if stamp > "20170701234500"] == ["20170702000900"]


def test_recorded_events_hold_addresses_and_codes_and_no_text():
    """Why events are no documents: 50 rows in the 61 documented columns (and one that the recorder added)."""
    table = pickled_table(recorded("events2samp.gz"))
    assert len(set(table) - {"CAMEOCodeDescription"}) == 61
    assert {len(values) for values in table.values()} == {50}
    assert not {name for name in table if "title" in name.lower() or "text" in name.lower()}
    assert len(set(table["SOURCEURL"])) < 50  # several events of one article


def test_documents_carry_title_and_address_alone():
    documents = WRITTEN.parse().documents
    assert documents[0].title == "Made-up maker \u2013 second plant & more"
    assert documents[0].body == ""
    assert documents[0].url == "https://news.example.com/plant"
    assert documents[1].url is None  # a broadcast is cited, not linked
    assert documents[1].doc_id == "gdelt_bulk:20260515011500-2"
    assert WRITTEN.parse().counts["untitled"] == 1
    assert "4 columns instead of 27" in WRITTEN.parse().quarantine[0].reason


def test_rows_can_be_kept_by_theme():
    request = SOURCE.plan(Cursor(), HOUR, Scope(query="econ_stockmarket, ECON_EARNINGSREPORT"))[1]
    assert request.context["themes"] == "ECON_STOCKMARKET,ECON_EARNINGSREPORT"
    body = zipped("\n".join([row(1, themes="TAX_FNCACT;ECON_STOCKMARKET"), row(2, themes="ECON_STOCKMARKETS"), row(3)]))
    parsed = respond(SOURCE, request, body)
    assert doc_ids([parsed]) == ["gdelt_bulk:https://x.example/1"]
    assert parsed.counts["other_themes"] == 2


LIST = (
    b"93731 0123 http://data.gdeltproject.org/gdeltv2/20260515011500.export.CSV.zip\n"
    b"129001 4567 http://data.gdeltproject.org/gdeltv2/20260515011500.mentions.CSV.zip\n"
    b"4367214 89ab http://data.gdeltproject.org/gdeltv2/20260515011500.gkg.csv.zip\n"
)


def test_the_stream_reads_the_newest_file_at_first():
    (request,) = SOURCE.stream(Cursor(), Scope(query="ECON_STOCKMARKET"))
    parsed = respond(SOURCE, request, LIST, mode="stream", fetched_at=utc(2026, 5, 15, 1, 20))
    (file,) = parsed.follow
    assert file.url == "https://data.gdeltproject.org/gdeltv2/20260515011500.gkg.csv.zip"
    assert file.context == {"stream": "live", "themes": "ECON_STOCKMARKET"}


def test_the_stream_reads_every_file_since_its_last():
    cursor = Cursor(marks={"live": Mark(at=utc(2026, 5, 15, 0, 15))})
    (request,) = SOURCE.stream(cursor, Scope())
    parsed = respond(SOURCE, request, LIST, mode="stream", fetched_at=utc(2026, 5, 15, 1, 20))
    assert [file.url[-26:-12] for file in parsed.follow] == [f"20260515{t}00" for t in ("0030", "0045", "0100", "0115")]
    there = Cursor(marks={"live": Mark(at=utc(2026, 5, 15, 1, 15))})
    assert not respond(SOURCE, SOURCE.stream(there, Scope())[0], LIST, mode="stream").follow


@pytest.mark.parametrize("body", [b"", b"<html></html>", LIST[:60], LIST.replace(b"20260515", b"99999999")])
def test_a_list_without_a_file_is_refused(body):
    with pytest.raises(RefusedResponse, match="list of files"):
        respond(SOURCE, SOURCE.stream(Cursor(), Scope())[0], body)


def test_damaged_rows_are_quarantined_and_never_raise():
    good = "\n".join([row(1), row(2), row(3)]).encode()
    rng = random.Random(3)
    for _ in range(300):
        damaged = bytearray(good)
        for _ in range(rng.randint(1, 20)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        parsed = respond(SOURCE, REQUEST, zipped(damaged.decode("latin-1")))
        left = len(parsed.documents) + len(parsed.quarantine) + parsed.counts["untitled"]
        assert left == parsed.counts["items"]


def test_a_damaged_zip_file_is_refused():
    body = zipped(row(1))
    for damaged in (
        body[:-30],
        b"PK\x03\x04garbage",
        body.replace(b"20260515011500.gkg.csv", b"20260515011500.gkg.txt"),
    ):
        with pytest.raises(RefusedResponse):
            respond(SOURCE, REQUEST, damaged)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(gdelt_bulk, "_MAX_UNZIPPED", 1000)
    with pytest.raises(RefusedResponse, match="longer than 1,000 bytes"):
        respond(SOURCE, REQUEST, zipped("x" * 100_000))


def test_an_unexpected_packing_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.gkg.csv", row(1))
    with pytest.raises(RefusedResponse, match="unexpected method"):
        respond(SOURCE, REQUEST, buffer.getvalue())


def test_a_file_without_the_wanted_themes_was_read_all_the_same():
    cursor = Cursor(marks={"live": Mark(at=utc(2026, 5, 15, 0, 15))})
    (request,) = SOURCE.stream(cursor, Scope(query="RARE_THEME"))
    file = respond(SOURCE, request, LIST, mode="stream", fetched_at=utc(2026, 5, 15, 1, 20)).follow[-1]
    parsed = respond(SOURCE, file, zipped(row(1, themes="OTHER")), mode="stream")
    assert not parsed.documents
    assert parsed.counts["other_themes"] == 1
    assert parsed.marks["live"].at == utc(2026, 5, 15, 1, 15)


def test_files_that_a_stream_leaves_out_after_a_long_pause_are_counted():
    cursor = Cursor(marks={"live": Mark(at=utc(2025, 5, 15, 1, 15))})
    (request,) = SOURCE.stream(cursor, Scope())
    parsed = respond(SOURCE, request, LIST, mode="stream", fetched_at=utc(2026, 5, 15, 1, 20))
    assert len(parsed.follow) == MAX_FOLLOW
    assert parsed.counts["files_left_out"] == 365 * 96 - MAX_FOLLOW
    assert parsed.follow[-1].url.endswith("20260515011500.gkg.csv.zip")
    assert "files_left_out" not in respond(SOURCE, SOURCE.stream(Cursor(), Scope())[0], LIST, mode="stream").counts
