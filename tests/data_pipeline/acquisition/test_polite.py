"""What the client asks for, and what it does not."""

import asyncio

import pytest

from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.failures import CredentialsError, ForbiddenError
from data_pipeline.acquisition.transport import check_address
from data_pipeline.sources.protocol import Request
from tests.data_pipeline.acquisition.conftest import titles
from tests.data_pipeline.acquisition.server import LocalSource

RULES = b"User-agent: *\nDisallow: /items?page=2\n\nUser-agent: TickerTune\nDisallow: /private\n"


def robots(status: int, body: bytes = b""):
    def answer(handler, hit):
        handler.answer(status, body, "text/plain")
        return True

    return answer


def test_agent_names_itself_and_its_contact(server, run, monkeypatch):
    monkeypatch.setenv("TICKERTUNE_CONTACT", "someone@example.org")
    run()
    agents = {headers["User-Agent"] for _, _, headers in server.log}
    assert len(agents) == 1
    assert agents.pop().endswith("(someone@example.org)")


def test_sec_is_not_asked_without_a_contact(settings, source, monkeypatch):
    monkeypatch.delenv("TICKERTUNE_CONTACT", raising=False)

    async def ask():
        async with PoliteClient(settings) as client:
            await client.fetch(source.info, Request(url="https://data.sec.gov/submissions/x.json"), "range")

    with pytest.raises(CredentialsError, match="TICKERTUNE_CONTACT"):
        asyncio.run(ask())


def test_robots_txt_is_asked_once_and_obeyed(server, run):
    source = LocalSource(server.url, robots=True)
    server.behaviours["/robots.txt"] = robots(200, RULES.replace(b"/private", b"/items?page=2"))
    outcome = run(of=source)
    assert outcome.state == "failed"
    assert "robots.txt" in outcome.reason
    asked = [path for _, path, _ in server.log]
    assert asked.count("/robots.txt") == 1
    assert "/items?page=2" not in asked


@pytest.mark.parametrize(("status", "state"), [(404, "done"), (200, "done"), (500, "failed"), (503, "failed")])
def test_missing_robots_txt_allows_and_a_failing_one_forbids(status, state, server, run):
    server.behaviours["/robots.txt"] = robots(status)
    assert run(of=LocalSource(server.url, robots=True)).state == state


def test_api_with_terms_of_its_own_is_not_asked_for_robots_txt(server, run):
    run()
    assert "/robots.txt" not in [path for _, path, _ in server.log]


def test_unchanged_page_is_not_sent_again(server, run, store):
    def tagged(handler, hit):
        if handler.headers.get("If-None-Match") == '"v1"':
            handler.send_response(304)
            handler.end_headers()
        else:
            handler.answer(200, handler.server.page(4), ETag='"v1"', Last_Modified="Mon, 02 Nov 2026 12:00:00 GMT")
        return True

    server.behaviours["/items"] = tagged
    assert [run(None).new["document"] for _ in range(3)] == [4, 0, 0]
    sent = [headers for _, _, headers in server.log]
    assert [headers.get("If-None-Match") for headers in sent] == [None, '"v1"', '"v1"']
    assert sent[1]["If-Modified-Since"] == "Mon, 02 Nov 2026 12:00:00 GMT"
    assert len(titles(store)) == 4


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "2002:a00:1::", "ff02::1", "::"],
)  # fmt: skip
def test_address_that_is_not_public_is_refused(address):
    with pytest.raises(ForbiddenError, match="not a public address"):
        check_address("host", address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_public_address_is_allowed(address):
    check_address("host", address)


def test_plain_http_is_refused_but_for_own_hosts(settings, source):
    async def ask():
        async with PoliteClient(settings) as client:
            await client.fetch(source.info, Request(url="http://example.org/"), "range")

    with pytest.raises(ForbiddenError, match="is not an https address"):
        asyncio.run(ask())
