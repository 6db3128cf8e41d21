"""No secret reaches anything that is written, printed or raised."""

import asyncio
import base64
import json

import pytest

from data_pipeline.acquisition import secrets
from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.failures import CredentialsError, FetchError
from data_pipeline.sources.protocol import Auth, Request, Scope
from tests.data_pipeline.acquisition.server import LocalSource, item

SECRET = "s3cr3t/value+with=signs"
FORMS = (SECRET, "s3cr3t%2Fvalue%2Bwith%3Dsigns", base64.b64encode(SECRET.encode()).decode())


@pytest.fixture
def keyed(server, monkeypatch):
    monkeypatch.setenv("LOCAL_KEY", SECRET)
    return LocalSource(server.url, credentials=("LOCAL_KEY",))


def everything_written(folder) -> bytes:
    """All bytes below a folder, archive bodies unpacked."""
    import zstandard

    parts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            parts.append(zstandard.ZstdDecompressor().decompress(data) if path.suffix == ".zst" else data)
    return b"\n".join(parts)


def test_key_is_sent_and_stands_nowhere_afterwards(server, keyed, run, tmp_path, capfd, caplog):
    def echo(handler, hit):
        """Repeat the key in body, header and redirect, as some servers do."""
        if handler.path.startswith("/items?page=1&") and "moved" not in handler.path:
            handler.answer(302, b"", Location=handler.path + "&moved=1")
            return True
        if handler.path.startswith("/items?page=2&") and hit == 0:
            handler.answer(500, f"bad key {SECRET}".encode(), ETag=f'"{SECRET}"')
            return True
        if handler.path.startswith("/items?page=3&"):
            body = {"items": [item(3) | {"text": f"your key is {SECRET}"}], "next": 4}
            handler.answer(200, json.dumps(body).encode())
            return True
        return False

    server.behaviours["/items"] = echo
    outcome = run(of=keyed)
    assert outcome.state == "done"
    assert all("token=s3cr3t" in path for _, path, _ in server.log), "the server did get the key"
    written = everything_written(tmp_path)
    printed = "".join(capfd.readouterr()) + caplog.text + repr(outcome)
    for form in FORMS:
        assert form.encode() not in written
        assert form not in printed
    assert secrets.MASK.encode() in written


@pytest.mark.parametrize("place", ["query", "header", "cookie", "form", "json"])
def test_secret_goes_where_the_source_says(place, server, keyed, settings):
    seen = {}

    def look(handler, hit):
        length = int(handler.headers.get("Content-Length") or 0)
        seen.update(path=handler.path, headers=dict(handler.headers), body=handler.rfile.read(length).decode())
        handler.answer(200, b"{}")
        return True

    server.behaviours["/items"] = look
    request = Request(
        url=f"{server.url}/items",
        method="POST" if place in ("form", "json") else "GET",
        form={"a": "1"} if place == "form" else None,
        body_json='{"a": 1}' if place == "json" else None,
        auth=(Auth(place=place, name="key", env="LOCAL_KEY"),),
    )

    async def ask():
        async with PoliteClient(settings) as client:
            return await client.fetch(keyed.info, request, "range")

    response = asyncio.run(ask())
    found = {
        "query": "key=s3cr3t%2Fvalue%2Bwith%3Dsigns" in seen["path"],
        "header": seen["headers"].get("key") == SECRET,
        "cookie": seen["headers"].get("Cookie") == f"key={SECRET}",
        "form": seen["body"] == "a=1&key=s3cr3t%2Fvalue%2Bwith%3Dsigns",
        "json": seen["body"].startswith("{") and json.loads(seen["body"]) == {"a": 1, "key": SECRET},
    }
    assert found == {name: name == place for name in found}
    assert SECRET not in response.url


def test_secret_is_not_sent_to_another_host(server, keyed, settings, run):
    from tests.data_pipeline.acquisition.server import serving

    with serving() as other:

        def away(handler, hit):
            handler.answer(302, b"", Location=f"{other.url}/items?page=0")
            return True

        server.behaviours["/items"] = away
        run(of=keyed)
        assert other.log
        assert not [entry for entry in other.log if "s3cr3t" in str(entry)]


@pytest.mark.parametrize(
    ("value", "reason"), [("", "is not set"), ("abc", "that is no key"), ("abcdefgh\nX-Evil: 1", "no key has")]
)
def test_key_that_cannot_be_one_is_refused_before_anything_is_asked(value, reason, monkeypatch):
    monkeypatch.setenv("LOCAL_KEY", value)
    with pytest.raises(CredentialsError, match=reason) as refused:
        secrets.inject((Auth(place="header", name="X", env="LOCAL_KEY"),), "local")
    assert "Evil" not in str(refused.value)


@pytest.mark.parametrize(
    "spelt",
    ["s3cr3t/value+with=signs", r"s3cr3t\/value+with=signs", "s3cr3t%2fvalue%2bwith%3dsigns", "s3cr3t%2Fvalue%2Bwith%3Dsigns",
     r"s3cr3t\u002fvalue\u002bwith\u003dsigns"],
)  # fmt: skip
def test_secret_is_masked_however_a_server_spells_it(spelt, monkeypatch):
    monkeypatch.setenv("LOCAL_KEY", SECRET)
    found = secrets.redact_bytes(f"your key {spelt} is".encode(), secrets.known_secrets(("LOCAL_KEY",)))
    assert found == b"your key [secret] is"


def test_no_address_is_logged(server, keyed, run, caplog):
    import logging

    with caplog.at_level(logging.INFO):
        run(of=keyed)
    assert "token=" not in caplog.text


def test_injected_parts_do_not_print_themselves(monkeypatch):
    monkeypatch.setenv("LOCAL_KEY", SECRET)
    assert SECRET not in repr(secrets.inject((Auth(place="header", name="X", env="LOCAL_KEY"),), "local"))


def test_oauth_token_is_fetched_once_and_masked(server, settings, monkeypatch, store):
    monkeypatch.setenv("LOCAL_ID", "client-id-1")
    monkeypatch.setenv("LOCAL_SECRET", SECRET)
    token = "token-abcdef-123456"

    def give_token(handler, hit):
        expected = "Basic " + base64.b64encode(f"client-id-1:{SECRET}".encode()).decode()
        good = handler.headers["Authorization"] == expected
        handler.rfile.read(int(handler.headers["Content-Length"]))
        body = {"access_token": token, "expires_in": 3600} if good else {"error": "no"}
        handler.answer(200 if good else 401, json.dumps(body).encode())
        return True

    def check(handler, hit):
        good = handler.headers["Authorization"] == f"Bearer {token}"
        handler.answer(200 if good else 401, json.dumps({"said": handler.headers["Authorization"]}).encode())
        return True

    server.behaviours |= {"/token": give_token, "/items": check}
    auth = Auth(place="oauth", name=f"{server.url}/token", env="LOCAL_ID", secret_env="LOCAL_SECRET")
    source = LocalSource(server.url)

    async def ask():
        async with PoliteClient(settings) as client:
            request = Request(url=f"{server.url}/items", auth=(auth,))
            return [await client.fetch(source.info, request, "range") for _ in range(3)]

    answers = asyncio.run(ask())
    assert [path for _, path, _ in server.log].count("/token") == 1
    assert all(token.encode() not in answer.body for answer in answers)
    monkeypatch.setenv("LOCAL_SECRET", "another-secret")
    with pytest.raises(CredentialsError, match="LOCAL_ID and LOCAL_SECRET"):
        asyncio.run(ask())


def test_error_of_a_fetch_holds_no_secret(server, keyed, settings):
    server.shutdown()
    server.server_close()

    async def ask():
        async with PoliteClient(settings) as client:
            await client.fetch(keyed.info, keyed.request(0), "range")

    with pytest.raises(FetchError) as failure:
        asyncio.run(ask())
    text = f"{failure.value!r} {failure.value.__cause__!r}"
    assert not [form for form in FORMS if form in text]


def test_scope_without_the_key_names_the_variable(store, settings, server, monkeypatch):
    from data_pipeline.acquisition.wanted import check_wanted
    from tickertune.core.errors import TickerTuneError

    monkeypatch.delenv("LOCAL_KEY", raising=False)
    with pytest.raises(TickerTuneError, match="LOCAL_KEY"):
        check_wanted(LocalSource(server.url, credentials=("LOCAL_KEY",)), Scope(), "stream")
