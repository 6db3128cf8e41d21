"""What a store says of time and text, when a source is looked at again and again."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from data_pipeline.acquisition import jobs
from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.collect import collect
from data_pipeline.acquisition.watch import watch
from data_pipeline.sources.protocol import Scope, Window
from tests.data_pipeline.acquisition.conftest import WINDOW, titles
from tests.data_pipeline.acquisition.server import LocalSource, item, serving
from tickertune.core.lock import folder_lock

START = datetime(2025, 6, 20, 12, tzinfo=UTC)


@pytest.fixture
def look(store, settings, source):
    """Collect at a stated time."""

    def at(moment: datetime, window: Window | None = None, of=None, again: bool = True):
        async def work():
            async with PoliteClient(settings, store.record_answer, clock=lambda: moment) as client:
                return await collect(store, of or source, client, Scope(), window, again=again, clock=lambda: moment)

        return asyncio.run(work())

    return at


def answers(server, *texts: str) -> None:
    """Serve one item whose text changes from look to look."""
    turn = iter(texts)

    def change(handler, hit):
        handler.answer(200, json.dumps({"items": [item(0) | {"text": next(turn)}], "next": None}).encode())
        return True

    server.behaviours["/items"] = change


def revisions(store) -> list[tuple[str, str, str]]:
    rows = store.rows(
        "SELECT json_extract(value, '$.body') AS body, json_extract(value, '$.available_at') AS at,"
        " json_extract(value, '$.availability') AS why FROM records ORDER BY revision"
    )
    return [(row["body"], row["at"], row["why"]) for row in rows]


@pytest.mark.parametrize("window", [WINDOW, None])
def test_changed_text_is_known_from_the_look_that_showed_it(window, look, server, store):
    answers(server, "profit warning", "profit warning", "profit warning withdrawn")
    for days in (0, 1, 2):
        look(START + timedelta(days=days), window)
    first, second = revisions(store)
    assert first[2] == ("lag" if window else "seen")
    assert second == ("profit warning withdrawn", "2025-06-22T12:00:00Z", "seen")


def test_company_that_a_stream_names_later_is_not_dated_back(look, server, store, source):
    tagged = iter([["AAA"], ["AAA", "BBB"], ["BBB"]])
    plain = source.parse

    def parse(response):
        parsed, tags = plain(response), next(tagged)
        link = {"evidence": "payload", "detail": "tags"}
        parsed.documents = [
            document.model_validate(
                document.model_dump()
                | {"symbols": [{"symbol": tag, "instrument_id": f"US:{tag}", **link} for tag in tags]}
            )
            for document in parsed.documents
        ]
        return parsed

    source.parse = parse
    answers(server, "text", "text", "text")
    for days in (0, 1, 2):
        look(START + timedelta(days=days))
    rows = store.rows("SELECT value FROM records ORDER BY revision")
    found = [json.loads(row["value"]) for row in rows]
    assert [[link["symbol"] for link in value["symbols"]] for value in found] == [["AAA"], ["AAA", "BBB"]]
    assert found[1]["available_at"] == "2025-06-21T12:00:00Z"


def test_unchanged_first_page_does_not_hide_a_page_that_failed(look, server, store):
    """Page 0 is not sent again, page 1 failed in the first look: the second look asks it all the same."""

    def tagged(handler, hit):
        if handler.path == "/items?page=0":
            if handler.headers.get("If-None-Match"):
                handler.send_response(304)
                handler.end_headers()
            else:
                handler.answer(200, handler.server.page(0), ETag='"v1"')
            return True
        if handler.path == "/items?page=1" and hit == 0:
            handler.answer(400, b"")
            return True
        return False

    server.behaviours["/items"] = tagged
    assert look(START).state == "failed"
    assert look(START + timedelta(minutes=1)).state == "done"
    assert titles(store) == sorted(f"Story {n}" for n in range(20))


def test_304_that_was_not_asked_for_is_no_answer(look, server, store):
    server.behaviours["/items"] = lambda handler, hit: bool(handler.send_response(304) or handler.end_headers() or True)
    assert look(START, WINDOW).state == "failed"


def test_window_is_asked_a_little_before_its_start(look, source):
    asked = []
    source.plan = lambda cursor, window, scope: asked.append(window) or [source.request(0)]
    look(START, WINDOW)
    assert asked == [Window(since=WINDOW.since - source.info.settles, until=WINDOW.until)]


def test_windows_to_now_follow_each_other(store, look):
    first = Window(since=WINDOW.since, until=WINDOW.since + timedelta(days=5))
    look(START, first)
    now = WINDOW.until
    rest = Window(since=first.until, until=now)
    assert jobs.windows_to_now(store, "local", Scope(), WINDOW.since, now) == [rest]
    look(START, rest)
    assert jobs.windows_to_now(store, "local", Scope(), WINDOW.since, now) == []
    assert jobs.windows_to_now(store, "local", Scope(), WINDOW.since, now + timedelta(days=1)) == [
        Window(since=now, until=now + timedelta(days=1))
    ]


def test_nothing_that_exists_is_a_failure(look, server):
    server.behaviours["/items"] = lambda handler, hit: bool(handler.answer(404, b"") or True)
    outcome = look(START, WINDOW)
    assert outcome.state == "failed"
    assert "nothing that was asked for exists" in outcome.reason


def test_host_in_trouble_does_not_starve_the_others(look, server, store):
    with serving() as ill:
        ill.behaviours["/items"] = lambda handler, hit: bool(handler.answer(403, b"") or True)
        source, dead = LocalSource(server.url), LocalSource(ill.url)
        source.plan = lambda cursor, window, scope: [*(dead.request(n) for n in range(9)), source.request(0)]
        for _ in range(2):
            assert look(START, WINDOW, of=source, again=False).state == "failed"
        assert len(ill.log) == 6, "three requests a run, then the host is left alone"
    assert titles(store) == sorted(f"Story {n}" for n in range(20))


def follow(store, settings, *sources, looks=2):
    async def work():
        async with PoliteClient(settings, store.record_answer) as client:
            return await watch(store, client, [(source, Scope()) for source in sources], looks=looks, interval=0.01)

    return asyncio.run(work())


def test_lock_or_defect_of_one_source_does_not_stop_the_watch(store, settings, server):
    good, held, broken = (LocalSource(server.url, name) for name in ("good", "held", "broken"))
    broken.parse = lambda response: 1 // 0
    with folder_lock(store.folder / "locks" / "held"):
        rows = {row.source.info.name: row for row in follow(store, settings, good, held, broken, good)}
    assert {name: row.state for name, row in rows.items()} == {"good": "done", "held": "failed", "broken": "failed"}
    assert "in use" in rows["held"].reason
    assert "ZeroDivisionError" in rows["broken"].reason
    assert rows["good"].looks == 2


@pytest.mark.parametrize(
    "headers",
    [{"ETag": '"caf\u00e9"'}, {"Last_Modified": "g\u00e9nial"}],
)
def test_validators_that_no_header_takes_are_left_out(headers, look, server, store):
    server.behaviours["/items"] = lambda handler, hit: bool(
        handler.answer(200, handler.server.page(4), **headers) or True
    )
    assert [look(START).state, look(START).state] == ["done", "done"]


@pytest.mark.parametrize(
    "target",
    [
        "https://exam..ple.com/",
        f"https://{'a' * 70}.com/",
        "https:///x",
        "https://xn--/",
        "https://[::1",
        "https://x:abc/",
    ],
)
def test_redirect_to_what_is_no_address_is_a_failed_request(target, look, server):
    server.behaviours["/items"] = lambda handler, hit: bool(handler.answer(302, b"", Location=target) or True)
    assert look(START, WINDOW).state == "failed"


def test_odd_retry_after_is_no_crash(look, server, store):
    server.behaviours["/items"] = lambda handler, hit: (
        hit == 0 and bool(handler.answer(429, b"", Retry_After="\u00b2") or True)
    )
    assert look(START, WINDOW).state == "done"


def test_robots_txt_that_fails_once_is_asked_again(look, server, store):
    server.behaviours["/robots.txt"] = lambda handler, hit: bool(handler.answer(503 if hit < 3 else 404, b"") or True)
    source = LocalSource(server.url, robots=True)
    assert look(START, of=source).state == "failed"
    assert look(START, of=source).state == "done"


def test_answer_cannot_lead_to_a_file_of_this_machine(look, source, server, store):
    from data_pipeline.sources.protocol import Request

    plain = source.parse

    def parse(response):
        parsed = plain(response)
        parsed.follow = [Request(url="file:/etc/hostname")]
        return parsed

    source.parse = parse
    outcome = look(START, WINDOW)
    assert outcome.state == "failed"
    assert "no answer may lead to" in outcome.failed[0]
