"""Servers that mean harm, or are broken; where a guard is shown, so is what happens without it."""

import asyncio
import gzip
import ipaddress
import socket
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Sequence

import pytest

from app.core.types import Failure, Fetched, FetchFailed, FetchPolicy, FetchResult
from app.ingest.fetch import FetchRequest, fetch
from app.net import AddressPolicy, HttpClients, plain_client
from tests.ingest.servers import RESET, RSS, Script, answer, gzip_of_zeros, head, serve

LOCAL = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1")))
MB = 1024 * 1024
POLICY = FetchPolicy(
    deadline_s=15.0, connect_timeout_s=5.0, max_wire_bytes=MB, max_body_bytes=2 * MB
)
HASTY = FetchPolicy(deadline_s=0.3, connect_timeout_s=0.2)


@pytest.fixture
async def clients() -> AsyncIterator[HttpClients]:
    """Without certificates, which take a while to load and are not needed here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with HttpClients(LOCAL, shards=1, ssl_context=context) as made:
        yield made


async def run(
    clients: HttpClients, script: Script | bytes, policy: FetchPolicy = POLICY
) -> FetchResult:
    async with serve(script) as server:
        return await fetch(FetchRequest(url=server.url()), clients, policy)


async def failure(
    clients: HttpClients, script: Script | bytes, policy: FetchPolicy = POLICY
) -> FetchFailed:
    result = await run(clients, script, policy)
    assert isinstance(result, FetchFailed), result
    assert result.detail
    assert "\n" not in result.detail
    return result


def stream(*pieces: object) -> Script:
    """The pieces one by one, then a close."""

    async def script() -> AsyncIterator[object]:
        for piece in pieces:
            yield piece

    return lambda _: script()


def dripping(first: bytes, piece: bytes, every_s: float = 0.02) -> Script:
    """A server that never stops and never hurries."""

    async def script() -> AsyncIterator[bytes]:
        yield first
        while True:
            await asyncio.sleep(every_s)
            yield piece

    return lambda _: script()


# --- too much -------------------------------------------------------------------------------------


async def test_a_gzip_bomb_stops_at_the_cap(clients: HttpClients) -> None:
    bomb = answer(200, gzip_of_zeros(100 * MB), (("Content-Encoding", "gzip"),))
    assert len(bomb) < MB
    tracemalloc.start()
    try:
        result = await failure(clients, bomb)
        ours = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        async with serve(bomb) as server, plain_client(server.url("")) as careless:  # the control
            assert len((await careless.get("/")).content) == 100 * MB
        theirs = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.kind is Failure.TOO_LARGE
    assert ours < 16 * MB
    assert theirs > 100 * MB


async def test_a_bomb_of_many_members_stops_too(clients: HttpClients) -> None:
    member = gzip_of_zeros(MB)
    many = answer(200, member * 100, (("Content-Encoding", "gzip"),))
    assert (await failure(clients, many)).kind is Failure.TOO_LARGE
    empty = answer(200, gzip.compress(b"") * 2000, (("Content-Encoding", "gzip"),))
    assert (await failure(clients, empty)).kind is Failure.ENCODING


async def test_the_event_loop_turns_while_a_body_is_inflated(clients: HttpClients) -> None:
    policy = FetchPolicy(max_body_bytes=64 * MB)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with serve(
        answer(200, gzip_of_zeros(32 * MB), (("Content-Encoding", "gzip"),))
    ) as server:
        counting = asyncio.create_task(count())
        result = await fetch(FetchRequest(url=server.url()), clients, policy)
        counting.cancel()
    assert isinstance(result, Fetched)
    assert turns > 32


@pytest.mark.parametrize("size", [2 * MB, 2 * MB + 1])
async def test_the_cap_on_the_inflated_body_is_exact(clients: HttpClients, size: int) -> None:
    result = await run(clients, answer(200, gzip_of_zeros(size), (("Content-Encoding", "gzip"),)))
    if size <= POLICY.max_body_bytes:
        assert isinstance(result, Fetched)
        assert len(result.body) == size
    else:
        assert isinstance(result, FetchFailed)
        assert result.kind is Failure.TOO_LARGE


async def test_a_body_longer_than_the_wire_cap_is_given_up(clients: HttpClients) -> None:
    block = b"x" * 65536

    async def endless() -> AsyncIterator[bytes]:
        yield head()
        while True:
            yield block

    async with serve(lambda _: endless()) as server:
        result = await fetch(FetchRequest(url=server.url()), clients, POLICY)
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.status) == (Failure.TOO_LARGE, 200)
    assert "COPYDESK_MAX_WIRE_BYTES" in result.detail
    assert MB < result.wire_bytes < MB + 2 * 65536


async def test_the_cap_on_a_body_that_is_not_packed_is_exact(clients: HttpClients) -> None:
    policy = FetchPolicy(max_body_bytes=len(RSS) - 1)
    assert (await failure(clients, answer(), policy)).kind is Failure.TOO_LARGE
    policy = FetchPolicy(max_body_bytes=len(RSS))
    assert isinstance(await run(clients, answer(), policy), Fetched)


async def test_a_declared_length_is_believed_before_a_byte_is_read(clients: HttpClients) -> None:
    for length in (str(MB + 1), "9" * 18):
        result = await failure(clients, stream(head(200, ("Content-Length", length))))
        assert (result.kind, result.wire_bytes) == (Failure.TOO_LARGE, 0)


async def test_a_body_in_crumbs_is_given_up(clients: HttpClients) -> None:
    crumbs = b"1\r\nx\r\n" * 70_000
    result = await failure(clients, stream(head(200, ("Transfer-Encoding", "chunked")), crumbs))
    assert result.kind is Failure.PROTOCOL
    assert "pieces" in result.detail


@pytest.mark.parametrize(
    "headers",
    [
        tuple((f"X-{n}", "y") for n in range(300)),
        (("X-Long", "y" * 70_000),),
        (("X-Longer", "y" * 400_000),),
        tuple((f"X-{n}", "y" * 8000) for n in range(100)),
    ],
)
async def test_a_flood_of_headers_is_given_up(
    clients: HttpClients, headers: tuple[tuple[str, str], ...]
) -> None:
    assert (await failure(clients, answer(200, RSS, headers))).kind is Failure.PROTOCOL


async def test_headers_within_the_cap_are_taken(clients: HttpClients) -> None:
    headers = tuple((f"X-{n}", "y" * 200) for n in range(250))
    assert isinstance(await run(clients, answer(200, RSS, headers)), Fetched)


# --- codings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "coding",
    ["br", "zstd", "deflate", "compress", "gzip, gzip", "br, gzip", "gzip, br", "é", "gzip;q=1"],
)
async def test_codings_that_were_not_asked_for_are_refused(
    clients: HttpClients, coding: str
) -> None:
    result = await failure(clients, answer(200, RSS, (("Content-Encoding", coding),)))
    assert (result.kind, result.wire_bytes) == (Failure.ENCODING, 0)


async def test_a_chain_over_two_headers_is_refused(clients: HttpClients) -> None:
    headers = (("Content-Encoding", "gzip"), ("Content-Encoding", "gzip"))
    twice = gzip.compress(gzip.compress(RSS))
    assert (await failure(clients, answer(200, twice, headers))).kind is Failure.ENCODING


async def test_a_brotli_bomb_is_not_inflated(clients: HttpClients) -> None:
    brotli = pytest.importorskip("brotli", reason="the control inflates brotli")
    bomb = answer(200, brotli.compress(bytes(20 * MB)), (("Content-Encoding", "br"),))
    assert len(bomb) < 1024
    assert (await failure(clients, bomb)).kind is Failure.ENCODING
    async with serve(bomb) as server, plain_client(server.url("")) as careless:  # the control
        assert len((await careless.get("/")).content) == 20 * MB


@pytest.mark.parametrize("coding", ["identity", "", "GZIP", "identity, gzip", " gzip "])
async def test_codings_that_mean_gzip_or_nothing_are_read(
    clients: HttpClients, coding: str
) -> None:
    body = gzip.compress(RSS) if "gzip" in coding.lower() else RSS
    result = await run(clients, answer(200, body, (("Content-Encoding", coding),)))
    assert isinstance(result, Fetched), result
    assert result.body == RSS


@pytest.mark.parametrize(
    "body",
    [
        RSS,
        gzip.compress(RSS)[:-1],
        gzip.compress(RSS)[:40],
        gzip.compress(RSS)[:-8] + b"\0" * 8,
        zlib.compress(RSS),
        gzip.compress(RSS) + gzip.compress(RSS)[:20],
        b"\x1f",
    ],
)
async def test_a_broken_gzip_stream_is_told_apart(clients: HttpClients, body: bytes) -> None:
    result = await failure(clients, answer(200, body, (("Content-Encoding", "gzip"),)))
    assert result.kind is Failure.ENCODING
    assert "gzip" in result.detail


# --- too slow -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        dripping(b"", b""),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        dripping(b"", b"HTTP/1.1 103 X\r\n\r\n"),
        dripping(head(), b"x"),
        dripping(head(200, ("Transfer-Encoding", "chunked")), b"1\r\nx\r\n"),
        dripping(head(200, ("Content-Encoding", "gzip")) + gzip.compress(RSS)[:12], b"\0"),
    ],
    ids=["silence", "headers", "interim", "body", "chunks", "gzip"],
)
async def test_a_slow_server_meets_the_deadline(clients: HttpClients, script: Script) -> None:
    result = await failure(clients, script, HASTY)
    assert result.kind in {Failure.TIMEOUT, Failure.ENCODING}
    assert 250 <= result.elapsed_ms < 5000 or result.kind is Failure.ENCODING
    assert "127.0.0.1" in result.detail or result.kind is Failure.ENCODING


async def test_control_a_timeout_for_each_read_never_comes() -> None:
    """What httpx has by itself: the same drip outlasts it many times over."""
    async with (
        serve(dripping(head(), b"x")) as server,
        plain_client(server.url(""), timeout_s=0.2) as careless,
    ):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await careless.get("/")


async def test_redirects_share_one_deadline(clients: HttpClients) -> None:
    async def late(target: str) -> AsyncIterator[bytes]:
        await asyncio.sleep(0.1)
        yield head(302, ("Location", target + "x"))

    async with serve(lambda request: late(request.target)) as server:
        result = await fetch(FetchRequest(url=server.url()), clients, HASTY)
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.TIMEOUT
    assert 1 <= len(result.redirects) <= 3


async def test_a_host_that_does_not_take_connections(clients: HttpClients) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            result = await fetch(FetchRequest(url=f"http://127.0.0.1:{port}/"), clients, HASTY)
        finally:
            for one in waiting:
                one.close()
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.TIMEOUT


# --- broken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        stream(b"SSH-2.0-OpenSSH_9.2\r\n"),
        b"\x16\x03\x01\x02\x00",
        b"HTTP/x 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\n no colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        stream(head()[:20]),
        stream(b""),
        stream(head(200, ("Content-Length", "100")), b"<rss>"),
        stream(head(200, ("Transfer-Encoding", "chunked")), b"5\r\n<rss>\r\n"),
        stream(head(200, ("Content-Length", "100")), b"<rss>", RESET),
        stream(RESET),
    ],
)
async def test_what_is_not_whole_http_is_a_protocol_failure(
    clients: HttpClients, script: Script | bytes
) -> None:
    assert (await failure(clients, script)).kind is Failure.PROTOCOL


async def test_control_bytes_of_a_server_do_not_reach_the_log(clients: HttpClients) -> None:
    headers = (("Content-Type", b"text/xml\x1b[31m"), ("Content-Encoding", b"\x1b[31m\x7f"))
    result = await failure(clients, answer(200, RSS, headers))
    assert result.detail.isprintable()
    plain = await run(clients, answer(200, RSS, headers[:1]))
    assert isinstance(plain, Fetched)
    assert plain.content_type is not None
    assert plain.content_type.isprintable()


async def test_a_port_where_nothing_listens(clients: HttpClients) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = await fetch(FetchRequest(url=f"http://127.0.0.1:{port}/"), clients, POLICY)
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.status) == (Failure.CONNECT, None)
    assert "refused" in result.detail


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(socket.EAI_NONAME, "Name or service not known"), UnicodeError("label"), None],
)
async def test_a_name_that_does_not_resolve(error: Exception | None) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        if error is not None:
            raise error
        return []

    async with HttpClients(LOCAL, resolver=resolver) as clients:
        result = await fetch(FetchRequest(url="http://nowhere.example/"), clients, POLICY)
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.DNS
    assert "nowhere.example" in result.detail


async def test_the_systems_resolver_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(host, *args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    async with HttpClients(LOCAL) as clients:
        result = await fetch(FetchRequest(url="http://nowhere.example/"), clients, POLICY)
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.DNS
    assert "Name or service not known" in result.detail


@pytest.mark.parametrize(
    "url", ["", "not an address", "file:///etc/passwd", "http://a:b@10.0.0.1/"]
)
async def test_an_address_that_cannot_be_fetched(clients: HttpClients, url: str) -> None:
    result = await fetch(FetchRequest(url=url), clients, POLICY)
    assert isinstance(result, FetchFailed)
    assert (result.kind, result.status) == (Failure.BLOCKED, None)
    assert result.url == ("" if "@" in url else url)
