"""Each fault ends in the stated outcome, with no document lost and none doubled."""

import json
import socket
import time

import pytest

from data_pipeline.acquisition.limits import Limiter
from tests.data_pipeline.acquisition.conftest import titles
from tests.data_pipeline.acquisition.server import LocalSource, bomb, item, page_of

ALL = sorted(f"Story {n}" for n in range(20))


def on_page(number: int, behaviour):
    """Misbehave on one page alone."""

    def choose(handler, hit):
        return handler.path.startswith(f"/items?page={number}") and behaviour(handler, hit)

    return choose


def status(code: int, hits: int, **headers: str):
    """Answer with ``code`` on the first ``hits`` hits."""

    def answer(handler, hit):
        if hit < hits:
            handler.answer(code, b'{"message": "not now"}', **headers)
        return hit < hits

    return answer


def raw(data: bytes, pause: float = 0.0, hits: int = 1):
    """Write bytes on the socket, wait, and hang up, on the first ``hits`` hits."""

    def answer(handler, hit):
        if hit >= hits:
            return False
        handler.wfile.write(data)
        handler.wfile.flush()
        time.sleep(pause)
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
        return True

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def drip(handler, hit):
    """Send a byte every 50 ms: each within the read time-out, together beyond the deadline."""
    if hit > 0:
        return False
    handler.wfile.write(HEAD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(60):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)
    handler.close_connection = True
    return True


def broken_gzip(handler, hit):
    if hit == 0:
        handler.answer(200, handler.server.page(1), Content_Encoding="gzip")
    return hit == 0


PASSING = {
    "429 without Retry-After": status(429, 2),
    "429 with Retry-After": status(429, 1, Retry_After="1"),
    "500 storm": status(500, 2),
    "502 storm": status(502, 2),
    "503 storm": status(503, 2),
    "time-out before the body": raw(b"", pause=0.6),
    "time-out within the body": raw(HEAD + b'Content-Length: 500\r\n\r\n{"items": [', pause=0.6),
    "cut body": raw(HEAD + b'Content-Length: 500\r\n\r\n{"items": ['),
    "cut chunks": raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"ite\r\n'),
    "no HTTP at all": raw(b"\x00\x01\x02 garbage\r\n\r\n"),
    "slow drip": drip,
    "body that is not the gzip it says": broken_gzip,
}


@pytest.mark.parametrize("fault", PASSING)
def test_passing_fault_is_overcome(fault, server, run, store):
    server.behaviours["/items"] = on_page(1, PASSING[fault])
    outcome = run()
    assert (outcome.state, outcome.failed) == ("done", [])
    assert titles(store) == ALL


def page(body: bytes, kind: str = "application/json", **headers: str):
    def answer(handler, hit):
        handler.answer(200, body, kind, **headers)
        return True

    return answer


def endless(handler, hit):
    """Five gigabytes, unless the client hangs up."""
    handler.wfile.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    part = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    for _ in range(80_000):
        handler.wfile.write(part)
    return True


def announced(handler, hit):
    handler.wfile.write(HEAD + b"Content-Length: 5000000000\r\n\r\n")
    handler.close_connection = True
    return True


LASTING = {
    "HTML in place of JSON": (page(b"<html>Please log in</html>", "text/html"), "expected JSON, got markup"),
    "wrong content type": (page(b"\x89PNG\r\n", "image/png"), "expected JSON"),
    "cut JSON": (page(b'{"items": [{"id": 1'), "expected JSON"),
    "5 GB body": (endless, "longer than the limit"),
    "5 GB announced": (announced, "more than the limit"),
    "gzip bomb": (page(bomb(64), Content_Encoding="gzip"), "longer than the limit"),
    "nested gzip bomb": (page(bomb(1), Content_Encoding="gzip, gzip"), "not asked for"),
    "500 without end": (status(500, 10**9), "answered 500"),
    "400": (status(400, 10**9), "answered 400"),
}


@pytest.mark.parametrize("fault", LASTING)
def test_lasting_fault_fails_its_request_and_is_asked_again(fault, server, run, store):
    behaviour, reason = LASTING[fault]
    server.behaviours["/items"] = on_page(1, behaviour)
    outcome = run()
    assert outcome.state == "failed"
    assert reason in outcome.failed[0]
    assert titles(store) == sorted(f"Story {n}" for n in range(4)), "what was answered before is durable"
    server.behaviours.clear()
    assert run().state == "done"
    assert titles(store) == ALL


def test_gzip_bomb_is_not_unpacked_in_memory(server, run):
    import resource

    server.behaviours["/items"] = page(bomb(256), Content_Encoding="gzip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert run().state == "failed"
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 100  # MiB; the bomb has 256


def redirect(target: str):
    def answer(handler, hit):
        handler.answer(302, b"", Location=target)
        return True

    return answer


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/items?page=1", "redirects more than"),
        ("http://169.254.169.254/latest/meta-data", "is not an https address"),
        ("https://169.254.169.254/latest/meta-data", "not a public address"),
        ("https://[::1]/", "not a public address"),
        ("https://10.1.2.3/", "not a public address"),
        ("https://localhost/", "not a public address"),
        ("https://user:password@127.0.0.1/", "password"),
        ("file:///etc/passwd", "is not an https address"),
    ],
)
def test_redirect_to_where_we_must_not_go_stops_the_source(target, reason, server, run, store):
    server.behaviours["/items"] = on_page(1, redirect(target))
    outcome = run()
    assert outcome.state == "failed"
    assert reason in outcome.reason
    server.behaviours.clear()
    assert run().state == "done"
    assert titles(store) == ALL


def test_redirect_is_followed_and_recorded(server, run, store):
    def moved(handler, hit):
        if handler.path == "/items?page=1":
            handler.answer(301, b"", Location="/moved?page=1")
        return handler.path == "/items?page=1"

    server.behaviours["/items"] = moved
    server.behaviours["/moved"] = page(server.page(1))
    assert run().state == "done"
    assert titles(store) == ALL
    assert {row["status"] for row in store.rows("SELECT status FROM responses")} == {200, 301}


def test_duplicate_and_out_of_order_pages_double_nothing(server, run, store):
    orders = {0: [3, 1, 2, 0, 1], 1: [7, 6, 5, 4, 3], 2: range(4, 12), 3: range(12, 16), 4: [19, 0, 18, 17, 16]}

    def jumbled(handler, hit):
        number = int(handler.path.rpartition("=")[2])
        handler.answer(200, page_of(orders[number], number, 5))
        return True

    server.behaviours["/items"] = jumbled
    outcome = run()
    assert outcome.new["document"] == 20
    assert outcome.new["seen_again"] == 7
    assert titles(store) == ALL


def test_pages_that_shift_while_paging_lose_nothing(server, run, store):
    """Newest first; a new item arrives before every page, so that each page repeats the last item of the one before."""
    arrived = list(range(12))

    def shifting(handler, hit):
        number = int(handler.path.rpartition("=")[2])
        newest_first = arrived[::-1]
        shown = newest_first[number * 4 : number * 4 + 4]
        handler.answer(200, page_of(shown, number, 99 if shown else 0))
        arrived.append(len(arrived))
        return True

    server.behaviours["/items"] = shifting
    assert run().state == "done"
    assert set(titles(store)) >= {f"Story {n}" for n in range(12)}
    assert len(titles(store)) == len(set(titles(store)))


def test_page_that_leads_back_ends(server, run, store):
    server.behaviours["/items"] = page(json.dumps({"items": [item(0)], "next": 0}).encode())
    assert run().state == "done"
    assert titles(store) == ["Story 0"]


def test_changed_text_is_a_new_revision(server, run, store):
    texts = iter(["first", "first", "second"])

    def changing(handler, hit):
        handler.answer(200, json.dumps({"items": [item(0) | {"text": next(texts)}], "next": None}).encode())
        return True

    server.behaviours["/items"] = changing
    for _ in range(3):
        run(None)
    rows = store.rows("SELECT revision, json_extract(value, '$.body') AS body FROM records ORDER BY revision")
    assert rows == [{"revision": 0, "body": "first"}, {"revision": 1, "body": "second"}]


def test_expired_credentials_stop_the_source_and_name_the_variable(server, run, store, monkeypatch):
    monkeypatch.setenv("LOCAL_KEY", "expired-key-123")
    source = LocalSource(server.url, credentials=("LOCAL_KEY",))
    server.behaviours["/items"] = on_page(2, status(401, 1))
    outcome = run(of=source)
    assert outcome.state == "failed"
    assert "LOCAL_KEY" in outcome.reason
    assert "expired-key-123" not in outcome.reason
    assert run(of=source).state == "done"
    assert titles(store) == ALL


def test_budget_told_in_a_good_answer_pauses_and_resumes(server, run, store):
    def spent(handler, hit):
        if hit == 0:
            handler.answer(200, b'{"error": "25 requests per day"}')
        return hit == 0

    server.behaviours["/items"] = on_page(3, spent)
    outcome = run()
    assert outcome.state == "paused"
    assert "25 requests per day" in outcome.reason
    assert outcome.until is not None


def test_used_up_credits_pause_the_source(server, run):
    server.behaviours["/items"] = on_page(1, status(402, 1))
    assert run().state == "paused"
    assert run().state == "done"


def test_budget_of_calls_a_day_stops_cleanly_and_resumes_the_next_day(server, run, store, settings, monkeypatch):
    from data_pipeline.sources.protocol import RateLimit

    source = LocalSource(server.url, rate=RateLimit(calls=1000, seconds=1, per_day=3, shared="vendor"))
    outcome = run(of=source)
    assert outcome.state == "paused"
    assert "3 calls a day" in outcome.reason
    assert titles(store) == sorted(f"Story {n}" for n in range(12))
    assert len(server.log) == 3, "nothing was asked beyond the budget"
    assert run(of=source).state == "paused"
    monkeypatch.setattr(Limiter.__init__, "__defaults__", (lambda: time.time() + 86_400,))
    assert run(of=source).state == "done"
    assert titles(store) == ALL


def test_long_retry_after_pauses_all_who_share_the_host(server, run):
    server.behaviours["/items"] = status(429, 1, Retry_After="3600")
    assert run().state == "paused"
    asked = len(server.log)
    assert run().state == "paused", "the pause holds for the next run, too"
    assert len(server.log) == asked


def test_three_failed_requests_in_a_row_leave_the_host_alone(server, run):
    server.behaviours["/items"] = status(503, 10**9)
    source = LocalSource(server.url)
    source.plan = lambda cursor, window, scope: [source.request(n) for n in range(50)]
    assert run(of=source).state == "failed"
    assert len({path for _, path, _ in server.log}) == 3


def test_missing_page_is_counted_and_not_asked_for_ever(server, run, store):
    server.behaviours["/items"] = on_page(4, status(404, 10**9))
    outcome = run()
    assert (outcome.state, outcome.new["gone"]) == ("done", 1)
    assert len(titles(store)) == 16
