import time

import lxml.etree
import pytest

from data_pipeline.sources.protocol import RefusedResponse
from tests.data_pipeline.sources.feeds.helpers import fixture, read
from tests.data_pipeline.sources.feeds.samples import RECORDED

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<rss><channel><item><title>&b;</title></item></channel></rss>"
)
EXTERNAL = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    b"<rss><channel><item><title>&a;</title></item></channel></rss>"
)


def rss_with(title: bytes, head: bytes = b"") -> bytes:
    return head + b"<rss version='2.0'><channel><item><title>" + title + b"</title></item></channel></rss>"


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_recorded_items_are_those_that_lxml_counts(shared_data, name):
    body = (shared_data / "payloads" / "feeds" / name).read_bytes()
    root = lxml.etree.fromstring(body, lxml.etree.XMLParser(recover=True))
    items = [node for node in root.iter() if isinstance(node.tag, str) and node.tag.split("}")[-1] in ("item", "entry")]
    parsed = read(body)
    assert len(items) == parsed.counts["items"] == sum(RECORDED[name].values())
    assert len({document.doc_id for document in parsed.documents}) == len(parsed.documents)
    assert not parsed.unknown_fields
    assert not parsed.counts["not_well_formed"] or name == "uolNoticias.rss"


def test_recorded_page_in_place_of_a_feed_is_refused(shared_data):
    with pytest.raises(RefusedResponse, match="expected a feed, got <head>") as refusal:
        read((shared_data / "payloads" / "feeds" / "unrecognized.rss").read_bytes())
    assert refusal.value.kind == "content"


def test_recorded_atom_keeps_both_times_and_its_own_ids(shared_data):
    first = read((shared_data / "payloads" / "feeds" / "heise.atom").read_bytes()).documents[0]
    assert first.doc_id == "rss:http://heise.de/-3088438"
    assert first.published_at.isoformat() == "2016-02-01T16:22:00+00:00"
    assert first.updated_at.isoformat() == "2016-02-01T16:54:50+00:00"
    assert "<" not in first.body


def test_recorded_latin_1_feeds_are_read_with_and_without_a_declared_character_set(shared_data):
    folder = shared_data / "payloads" / "feeds"
    assert read((folder / "encoding.rss").read_bytes()).documents[0].title.startswith("Mãe de utente é a nova")
    undeclared = read((folder / "uolNoticias.rss").read_bytes())
    assert "simulações de 2º turno" in undeclared.documents[0].title
    assert undeclared.counts["stamps_unreadable"] == 15  # "Seg, 24 Set 2018": Portuguese
    assert {document.time_quality for document in undeclared.documents} == {"unknown"}


def test_recorded_redirects_give_way_to_the_publishers_own_address(shared_data):
    first = read((shared_data / "payloads" / "feeds" / "encoding.rss").read_bytes()).documents[0]
    assert first.url.startswith("https://www.jn.pt/nacional/")
    assert first.doc_id == f"rss:{first.url}"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "expected a feed, got ''"),
        (b"<html><body>Please log in</body></html>", "expected a feed, got <html>"),
        (b"<!DOCTYPE html><!-- <rss> --><html></html>", "expected a feed, got <html>"),
        (b'{"items": []}', "expected a feed"),
        (BOMB, "declares entities"),
        (EXTERNAL, "declares entities"),
        (BOMB.decode().encode("utf-16"), "declares entities"),
        (b"<rss><channel><item><title>Cut in the mid", "is cut"),
        (b"<rss><channel><item><title>Whole</title></item>", "is cut"),
        (b"<opml><body/></opml>", "got <opml>"),
    ],
)
def test_what_is_no_whole_feed_is_refused(body, reason):
    with pytest.raises(RefusedResponse, match=reason):
        read(body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (rss_with("Café €5".encode()), ""),
        (rss_with("Café €5".encode()), "text/xml; charset=ISO-8859-1"),
        (rss_with("Café €5".encode(), b'<?xml version="1.0" encoding="ISO-8859-1"?>'), "application/xml"),
        (rss_with("Café €5".encode("iso-8859-15"), b'<?xml version="1.0" encoding="ISO-8859-15"?>'), ""),
        (rss_with("Café €5".encode("windows-1252")), "text/xml; charset=utf-8"),
        (rss_with("Café €5".encode("windows-1252")), "text/xml; charset=idna"),
        (rss_with("Café €5".encode("windows-1252"), b'<?xml version="1.0" encoding="nonsense"?>'), ""),
        (b"\xef\xbb\xbf" + rss_with("Café €5".encode()), ""),
        (rss_with("Café €5".encode()).decode().encode("utf-16"), ""),
        (rss_with(b"Caf&#233; &#x20AC;5"), "text/html"),
        (rss_with(b"Caf&amp;eacute; &amp;euro;5"), ""),
        (rss_with(b"<![CDATA[Caf&eacute; &euro;5]]>"), ""),
    ],
)
def test_text_is_the_same_in_every_character_set_and_under_wrong_names(body, kind):
    assert [document.title for document in read(body, kind=kind).documents] == ["Café €5"]


def test_markup_that_is_not_well_formed_is_mended_and_counted():
    parsed = read(fixture("rss/broken_markup.rss"))
    first, second = parsed.documents
    assert first.title == "Café chain AT&T pays £3m \ufffd more"
    assert first.body == "Rates & prices\nrise"
    assert first.url == "https://frayed.example/a?x=1&y=2"
    assert second.doc_id == "rss:https://frayed.example/b"
    assert parsed.counts["not_well_formed"] == 1


def test_items_lost_in_broken_markup_are_set_aside_not_dropped_in_silence():
    body = rss_with(b"One").replace(
        b"</channel>", b"<item>" + b"<a>" * 400 + b"</item><item><title>Two</title></item><item/></channel>"
    )
    parsed = read(body)
    assert [document.title for document in parsed.documents] == ["One"]
    assert parsed.quarantine[0].reason.startswith("2 of 4 items could not be read")
    assert parsed.counts["not_well_formed"] == 1


def test_unknown_elements_of_an_item_are_counted():
    body = rss_with(b"Title</title><x:mood xmlns:x='urn:x'>glad</x:mood><title>Title")
    assert read(body).unknown_fields == {"Entry.x_mood": 1}


def test_markup_in_a_summary_is_text_and_scripts_are_gone():
    body = rss_with(
        b"T</title><description>&lt;p&gt;One&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;two</description><title>T"
    )
    assert read(body).documents[0].body == "One\ntwo"


def test_plain_text_of_atom_may_speak_of_tags():
    assert read(fixture("rss/changed_first.atom")).documents[0].body == "The lender speaks of <b> tags."


@pytest.mark.parametrize(
    "piece", [b"<", b"<div>", b"<![CDATA[", b"<!--", b"&#99999999999;", b"<item>", b"<a b='", b"<title>"]
)
def test_hostile_markup_takes_time_in_proportion_to_its_size(piece):
    started = time.monotonic()
    read(rss_with(piece * (200_000 // len(piece))))
    assert (
        time.monotonic() - started < 20
    )  # the reader of broken markup that feedparser has took minutes for a megabyte
