import asyncio
import gzip
import ipaddress
import ssl
from collections.abc import AsyncIterator

import pytest

from app.core.types import (
    Barred,
    Failure,
    Fetched,
    FetchFailed,
    FetchPolicy,
    FetchResult,
    NotModified,
    Redirect,
    ServerHints,
    Validators,
)
from app.ingest.fetch import ACCEPT, FetchRequest, fetch
from app.net import AddressPolicy, HttpClients, plain_client
from tests.ingest.servers import RESET, RSS, Request, Script, answer, head, serve

LOCAL = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1")))
POLICY = FetchPolicy(deadline_s=15.0, connect_timeout_s=5.0, user_agent="Copydesk/1 (test)")


@pytest.fixture
async def clients() -> AsyncIterator[HttpClients]:
    """Without certificates, which take a while to load and are not needed here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with HttpClients(LOCAL, shards=2, ssl_context=context) as made:
        yield made


async def get(clients: HttpClients, url: str, **request: object) -> FetchResult:
    return await fetch(FetchRequest(url=url, **request), clients, POLICY)


async def failure(clients: HttpClients, script: Script | bytes) -> FetchFailed:
    async with serve(script) as server:
        result = await get(clients, server.url())
    assert isinstance(result, FetchFailed)
    assert result.detail == result.detail.strip()
    assert "\n" not in result.detail
    return result


# --- a document -----------------------------------------------------------------------------------


async def test_a_document_comes_with_all_that_is_known_of_it(clients: HttpClients) -> None:
    packed = gzip.compress(RSS)
    headers = (
        ("Content-Type", "application/rss+xml; charset=utf-8"),
        ("Content-Encoding", "gzip"),
        ("ETag", 'W/"a"'),
        ("Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT"),
        ("Cache-Control", "max-age=300"),
    )
    async with serve(answer(200, packed, headers)) as server:
        result = await get(clients, server.url())
    assert isinstance(result, Fetched)
    assert (result.status, result.body, result.wire_bytes) == (200, RSS, len(packed))
    assert result.url == server.url()
    assert result.content_type == "application/rss+xml; charset=utf-8"
    assert result.validators.etag == b'W/"a"'
    assert result.validators.last_modified == b"Sun, 01 Mar 2026 12:00:00 GMT"
    assert result.hints == ServerHints(max_age_s=300)
    assert result.http_version == "HTTP/1.1"
    assert result.redirects == ()
    assert 0 <= result.elapsed_ms < 5000


async def test_the_address_that_was_dialled_is_told_of_each_host(clients: HttpClients) -> None:
    async with serve(answer(), host="127.0.0.2") as there:
        moved = answer(302, b"", (("Location", there.url()),))
        async with serve(moved) as server:
            result = await get(clients, server.url())
    assert result.dialled == (("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"))


async def test_a_redirect_is_followed_only_where_it_may(clients: HttpClients) -> None:
    asked: list[str] = []

    async def enter(url: str) -> Barred | None:
        asked.append(url)
        return Barred(kind=Failure.RATE_LIMITED, detail="not now", hints=ServerHints(max_age_s=7))

    async with (
        serve(answer()) as there,
        serve(answer(301, b"", (("Location", there.url()),))) as server,
    ):
        result = await get(clients, server.url(), enter=enter)
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.detail) == (Failure.RATE_LIMITED, "not now")
    assert (result.url, result.status) == (there.url(), None), "it said nothing: it was not asked"
    assert result.hints.max_age_s == 7
    assert asked == [there.url()]
    assert there.requests == []


async def test_behind_a_proxy_no_address_is_told() -> None:
    async with (
        serve(answer()) as proxy,
        HttpClients(LOCAL, shards=1, proxy=f"http://127.0.0.1:{proxy.port}") as made,
    ):
        result = await get(made, "http://news.example/feed")
    assert isinstance(result, Fetched)
    assert result.dialled == ()


async def test_what_is_asked(clients: HttpClients) -> None:
    async with serve(answer()) as server:
        await get(clients, server.url("/a?b=c#d"))
    (request,) = server.requests
    assert request.target == "/a?b=c"
    assert request.header("Accept") == ACCEPT.encode()
    assert request.header("Accept-Encoding") == b"gzip"
    assert request.header("User-Agent") == b"Copydesk/1 (test)"
    for name in ("If-None-Match", "If-Modified-Since", "Authorization", "Cookie", "Referer"):
        assert request.header(name) is None


async def test_an_empty_document_is_a_document(clients: HttpClients) -> None:
    for headers in ((), (("Content-Encoding", "gzip"),)):
        async with serve(answer(200, b"", headers)) as server:
            result = await get(clients, server.url())
        assert isinstance(result, Fetched)
        assert result.body == b""


async def test_a_gzip_stream_may_have_several_members(clients: HttpClients) -> None:
    packed = gzip.compress(RSS[:50]) + gzip.compress(b"") + gzip.compress(RSS[50:]) + b"\0\0rest"

    async def script(pieces: int) -> AsyncIterator[bytes]:
        yield head(200, ("Content-Encoding", "x-gzip"))
        for start in range(0, len(packed), pieces):
            yield packed[start : start + pieces]
            await asyncio.sleep(0)

    for pieces in (1, 7, len(packed)):
        async with serve(lambda _, pieces=pieces: script(pieces)) as server:
            result = await get(clients, server.url())
        assert isinstance(result, Fetched), result
        assert result.body == RSS


async def test_a_connection_is_used_again(clients: HttpClients) -> None:
    async with serve(answer()) as server:
        await get(clients, server.url())
        await get(clients, server.url())
    assert (server.connections, len(server.requests)) == (1, 2)


async def test_an_idle_connection_that_the_server_closes_is_not_held_against_it(
    clients: HttpClients,
) -> None:
    """It answers one request for each connection, and breaks off at the second."""
    seen: list[Request] = []

    def script(request: Request) -> bytes | AsyncIterator[object]:
        seen.append(request)
        return answer() if len(seen) != 2 else broken()

    async def broken() -> AsyncIterator[object]:
        yield RESET

    async with serve(script) as server:
        assert isinstance(await get(clients, server.url()), Fetched)
        assert isinstance(await get(clients, server.url()), Fetched)
    assert (server.connections, len(seen)) == (2, 3)


async def test_a_new_connection_that_breaks_off_is_tried_once(clients: HttpClients) -> None:
    async def broken() -> AsyncIterator[object]:
        yield RESET

    async with serve(lambda _: broken()) as server:
        result = await get(clients, server.url())
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.PROTOCOL
    assert server.connections == 1


# --- conditional GET ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "etag", [b'"a"', b'W/"b"', b"no quotes", '"é"'.encode(), '"é"'.encode("latin-1")]
)
async def test_validators_go_back_byte_for_byte(clients: HttpClients, etag: bytes) -> None:
    def script(request: Request) -> bytes:
        headers = (("ETag", etag), ("Last-Modified", "some time ago"))
        if request.header("If-None-Match") == etag:
            return answer(304, b"", headers)
        return answer(200, RSS, headers)

    async with serve(script) as server:
        first = await get(clients, server.url())
        assert isinstance(first, Fetched)
        second = await get(clients, server.url(), validators=first.validators)
    assert isinstance(second, NotModified)
    assert (
        second.validators
        == first.validators
        == Validators(etag=etag, last_modified=b"some time ago")
    )
    assert server.requests[1].header("If-Modified-Since") == b"some time ago"


async def test_poisoned_validators_are_not_kept(clients: HttpClients) -> None:
    headers = (("ETag", b'"\x01\x02"'), ("Last-Modified", "x" * 2000))
    async with serve(answer(200, RSS, headers)) as server:
        result = await get(clients, server.url())
    assert isinstance(result, Fetched)
    assert result.validators == Validators()


async def test_304_keeps_what_was_sent_and_takes_what_is_new(clients: HttpClients) -> None:
    sent = Validators(etag=b'"a"', last_modified=b"then")
    headers = (("ETag", '"b"'), ("Cache-Control", "max-age=60"), ("Retry-After", "90"))
    async with serve(answer(304, b"", headers)) as server:
        result = await get(clients, server.url(), validators=sent)
    assert isinstance(result, NotModified)
    assert result.validators == Validators(etag=b'"b"', last_modified=b"then")
    assert result.hints == ServerHints(max_age_s=60, retry_after_s=90)


async def test_304_that_was_not_asked_for_is_no_answer(clients: HttpClients) -> None:
    assert (await failure(clients, answer(304, b""))).kind is Failure.HTTP_UNEXPECTED


# --- statuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Failure.HTTP_CLIENT),
        (401, Failure.UNAUTHORIZED),
        (403, Failure.UNAUTHORIZED),
        (404, Failure.NOT_FOUND),
        (407, Failure.UNAUTHORIZED),
        (410, Failure.GONE),
        (418, Failure.HTTP_CLIENT),
        (429, Failure.RATE_LIMITED),
        (500, Failure.HTTP_SERVER),
        (503, Failure.HTTP_SERVER),
        (599, Failure.HTTP_SERVER),
        (201, Failure.HTTP_UNEXPECTED),
        (206, Failure.HTTP_UNEXPECTED),
        (300, Failure.HTTP_UNEXPECTED),
        (305, Failure.HTTP_UNEXPECTED),
        (600, Failure.HTTP_UNEXPECTED),
        (999, Failure.HTTP_UNEXPECTED),
    ],
)
async def test_a_status_without_a_document_has_a_kind(
    clients: HttpClients, status: int, kind: Failure
) -> None:
    result = await failure(clients, answer(status, RSS, (("Retry-After", "604800"),)))
    assert (result.kind, result.status) == (kind, status)
    assert result.hints.retry_after_s == 604_800
    assert str(status) in result.detail
    assert result.wire_bytes == 0


async def test_204_and_interim_answers(clients: HttpClients) -> None:
    assert (await failure(clients, answer(204, b""))).kind is Failure.HTTP_UNEXPECTED
    async with serve(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + answer()) as server:
        assert isinstance(await get(clients, server.url()), Fetched)


# --- redirects ------------------------------------------------------------------------------------


def moving(routes: dict[str, tuple[int, str]]) -> Script:
    """Redirects by path; any other path is the feed."""

    def script(request: Request) -> bytes:
        if request.target not in routes:
            return answer()
        status, location = routes[request.target]
        return answer(status, b"moved", (("Location", location.encode()),))

    return script


async def test_every_hop_is_on_record(clients: HttpClients) -> None:
    routes = {
        "/a": (301, "/b?x#y"),
        "/b?x": (302, "c"),
        "/c": (303, "?d"),
        "/e": (308, "ü"),
    }
    async with serve(moving(routes)) as server:
        routes["/c?d"] = (307, f"//127.1:{server.port}/e")
        result = await get(clients, server.url("/a"))
    assert isinstance(result, Fetched)
    assert result.redirects == (
        Redirect(status=301, url=server.url("/b?x")),
        Redirect(status=302, url=server.url("/c")),
        Redirect(status=303, url=server.url("/c?d")),
        Redirect(status=307, url=server.url("/e")),
        Redirect(status=308, url=server.url("/%C3%BC")),
    )
    assert result.url == server.url("/%C3%BC")


async def test_redirects_have_a_limit(clients: HttpClients) -> None:
    routes = {f"/{n}": (302, f"/{n + 1}") for n in range(50)}
    async with serve(moving(routes)) as server:
        result = await get(clients, server.url("/0"))
        assert isinstance(result, FetchFailed)
        assert (result.kind, result.status) == (Failure.REDIRECT, 302)
        assert len(result.redirects) == 6
        assert len(server.requests) == 6
        near = await get(clients, server.url("/45"))  # the control: five are followed
    assert isinstance(near, Fetched)


async def test_a_circle_is_left_at_once(clients: HttpClients) -> None:
    async with serve(moving({"/a": (302, "/b"), "/b": (302, "/a#x")})) as server:
        result = await get(clients, server.url("/a"))
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.REDIRECT
    assert "circle" in result.detail
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        (None, Failure.REDIRECT),
        ("", Failure.REDIRECT),
        ("file:///etc/passwd", Failure.BLOCKED),
        ("http://[", Failure.BLOCKED),
        ("http://10.0.0.1/", Failure.BLOCKED),
        ("gopher://a.example/", Failure.BLOCKED),
    ],
)
async def test_a_location_that_leads_nowhere(
    clients: HttpClients, location: str | None, kind: Failure
) -> None:
    headers = () if location is None else (("Location", location),)
    result = await failure(clients, answer(302, b"", headers))
    assert (result.kind, result.status) == (kind, 302)


async def test_a_location_in_latin_1_is_read(clients: HttpClients) -> None:
    def script(request: Request) -> bytes:
        if request.target == "/feed":
            return answer(302, b"", (("Location", "/é".encode("latin-1")),))
        return answer()

    async with serve(script) as server:
        result = await get(clients, server.url())
    assert isinstance(result, Fetched)
    assert result.url == server.url("/%C3%A9")


async def test_the_body_behind_a_redirect_is_not_read(clients: HttpClients) -> None:
    size = 200 * 1024 * 1024
    block = bytes(64 * 1024)

    async def endless() -> AsyncIterator[bytes]:
        yield head(302, ("Location", "/end"), ("Content-Length", str(size)))
        for _ in range(size // len(block)):
            yield block

    def script(request: Request) -> bytes | AsyncIterator[bytes]:
        return answer() if request.target == "/end" else endless()

    async with serve(script) as server:
        result = await get(clients, server.url())
        assert isinstance(result, Fetched)
        assert server.sent < size // 10  # what the sockets' buffers hold

        before = server.sent
        async with plain_client(server.url("")) as careless:  # the control
            await careless.get("/feed")
        assert server.sent - before >= size


async def test_nothing_secret_goes_to_another_origin(clients: HttpClients) -> None:
    sent = Validators(etag=b'"a"', last_modified=b"then")
    async with serve(answer()) as other:
        script = moving({"/a": (302, "/b"), "/b": (302, other.url("/c"))})
        async with serve(script) as server:
            url = server.url("/a", host="ada:secret@127.0.0.1")
            result = await get(clients, url, validators=sent)
    assert isinstance(result, Fetched)
    first, second = server.requests
    (third,) = other.requests
    assert first.header("Authorization") == b"Basic YWRhOnNlY3JldA=="
    assert second.header("Authorization") is third.header("Authorization") is None
    assert first.header("If-None-Match") == second.header("If-None-Match") == b'"a"'
    assert third.header("If-None-Match") is third.header("If-Modified-Since") is None
    assert "secret" not in repr(result)


async def test_credentials_in_a_location_are_not_used(clients: HttpClients) -> None:
    async with serve(answer()) as other:
        location = other.url("/c", host="ada:secret@127.0.0.1")
        async with serve(moving({"/a": (302, location)})) as server:
            result = await get(clients, server.url("/a"))
    assert isinstance(result, Fetched)
    assert result.redirects == (Redirect(status=302, url=other.url("/c")),)
    assert other.requests[0].header("Authorization") is None


async def test_validators_go_to_the_origin_that_gave_them(clients: HttpClients) -> None:
    def script(request: Request) -> bytes:
        return answer(304, b"") if request.header("If-None-Match") else answer()

    async with serve(script) as final, serve(moving({"/a": (301, final.url("/c"))})) as server:
        request = FetchRequest(
            url=server.url("/a"), validators=Validators(etag=b'"a"'), validators_url=final.url("/c")
        )
        result = await fetch(request, clients, POLICY)
    assert isinstance(result, NotModified)
    assert server.requests[0].header("If-None-Match") is None


async def test_a_304_from_an_origin_that_saw_no_validators_is_no_answer(
    clients: HttpClients,
) -> None:
    sent = Validators(etag=b'"a"')
    async with (
        serve(answer(304, b"")) as other,
        serve(moving({"/a": (302, other.url("/c"))})) as server,
    ):
        result = await get(clients, server.url("/a"), validators=sent)
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.HTTP_UNEXPECTED


# --- cancellation ---------------------------------------------------------------------------------


async def test_cancelling_is_the_one_thing_that_is_raised(clients: HttpClients) -> None:
    arrived = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        arrived.set()
        await asyncio.Event().wait()
        yield b""

    async with serve(lambda _: silent()) as server:
        task = asyncio.create_task(get(clients, server.url()))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_fault_of_ours_is_a_value_too(
    clients: HttpClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ingest.fetch.read_body", None)
    async with serve(answer()) as server:
        result = await get(clients, server.url())
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.INTERNAL
    assert "TypeError" in result.detail
