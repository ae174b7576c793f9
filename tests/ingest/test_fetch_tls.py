"""TLS and HTTP/2, with a certificate made on the spot."""

import asyncio
import ipaddress
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest

from app.core.types import Failure, Fetched, FetchFailed, FetchPolicy, FetchResult
from app.ingest.fetch import FetchRequest, fetch
from app.net import AddressPolicy, HttpClients
from tests.ingest.servers import RSS, answer, serve

LOCAL = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
POLICY = FetchPolicy(deadline_s=15.0, connect_timeout_s=5.0)
NAME = "feeds.example"


async def here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key of feeds.example, signed by itself."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is not installed")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    make += ["-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-keyout", str(key), "-out", str(cert)]
    make += ["-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run(make, check=True, capture_output=True)
    return cert, key


@pytest.fixture
def server_side(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))


async def get(url: str, context: ssl.SSLContext | None) -> FetchResult:
    async with HttpClients(LOCAL, shards=1, resolver=here, ssl_context=context) as clients:
        return await fetch(FetchRequest(url=url), clients, POLICY)


async def test_the_certificate_is_checked_against_the_name(
    server_side: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    """The connection goes to an address; the certificate still has to be the name's."""
    async with serve(answer(), context=server_side) as server:
        good = await get(server.url(host=NAME), trusting)
        other = await get(server.url(host="other.example"), trusting)
        bare = await get(server.url(host="127.0.0.1"), trusting)
        unknown = await get(server.url(host=NAME), None)
    assert isinstance(good, Fetched)
    for result in (other, bare, unknown):
        assert isinstance(result, FetchFailed)
        assert result.kind is Failure.TLS
        assert "certificate" in result.detail
    assert len(server.requests) == 1


async def test_no_tls_where_tls_was_asked_for(trusting: ssl.SSLContext) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 plain\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        result = await get(f"https://{NAME}:{port}/", trusting)
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.TLS


async def test_from_https_to_http_is_followed_and_on_record(
    server_side: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with serve(answer()) as plain:
        moved = answer(301, b"", (("Location", plain.url(host=NAME)),))
        async with serve(moved, context=server_side) as server:
            result = await get(server.url(host=NAME), trusting)
    assert isinstance(result, Fetched)
    assert [hop.url for hop in result.redirects] == [plain.url(host=NAME)]


# --- HTTP/2 ---------------------------------------------------------------------------------------


class H2Server:
    """Answers each stream by its path; `connections` and `paths` are what it saw."""

    def __init__(self, bodies: Callable[[str], tuple[list[tuple[str, str]], bytes]]) -> None:
        self.bodies = bodies
        self.connections = 0
        self.headers: list[dict[bytes, bytes]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        state.initiate_connection()
        writer.write(state.data_to_send())
        left: dict[int, bytes] = {}
        try:
            while data := await reader.read(65536):
                for event in state.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        self.headers.append(dict(event.headers))
                        headers, body = self.bodies(self.headers[-1][b":path"].decode())
                        state.send_headers(event.stream_id, headers)
                        left[event.stream_id] = body
                self._send(state, left)
                writer.write(state.data_to_send())
                await writer.drain()
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass  # the client or the test has ended it
        finally:
            writer.close()

    def _send(self, state: h2.connection.H2Connection, left: dict[int, bytes]) -> None:
        for stream, body in list(left.items()):
            while body and (room := state.local_flow_control_window(stream)) > 0:
                size = min(room, state.max_outbound_frame_size, len(body))
                state.send_data(stream, body[:size])
                body = body[size:]  # noqa: PLW2901 - what is left of it
            left[stream] = body
            if not body:
                state.end_stream(stream)
                del left[stream]


@asynccontextmanager
async def serve_h2(server: H2Server, context: ssl.SSLContext) -> AsyncIterator[int]:
    context.set_alpn_protocols(["h2", "http/1.1"])
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await listening.wait_closed()


async def test_http2_is_spoken_where_it_is_offered(
    server_side: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    server = H2Server(lambda _: ([(":status", "200"), ("etag", '"a"')], RSS))
    async with serve_h2(server, server_side) as port:
        result = await get(f"https://{NAME}:{port}/feed", trusting)
    assert isinstance(result, Fetched)
    assert (result.http_version, result.body) == ("HTTP/2", RSS)
    assert result.validators.etag == b'"a"'
    assert server.headers[0][b":authority"] == f"{NAME}:{port}".encode()
    assert server.headers[0][b"accept-encoding"] == b"gzip"


async def test_http2_bodies_are_capped_and_the_next_fetch_is_not_stalled(
    server_side: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    """Bodies left in the middle would fill the connection's window of 16 MB between them."""
    big = bytes(12 * 1024 * 1024)
    policy = FetchPolicy(deadline_s=20.0, max_wire_bytes=100_000)
    server = H2Server(
        lambda path: (
            ([(":status", "200")], big if path == "/big" else RSS)
            if path != "/moved"
            else ([(":status", "302"), ("location", "/feed")], big)
        )
    )
    async with (
        serve_h2(server, server_side) as port,
        HttpClients(LOCAL, shards=1, resolver=here, ssl_context=trusting) as clients,
    ):
        for _ in range(2):
            request = FetchRequest(url=f"https://{NAME}:{port}/big")
            result = await fetch(request, clients, policy)
            assert isinstance(result, FetchFailed)
            assert result.kind is Failure.TOO_LARGE
            request = FetchRequest(url=f"https://{NAME}:{port}/moved")
            result = await fetch(request, clients, policy)
            assert isinstance(result, Fetched), result
            assert result.body == RSS


async def test_http2_connections_are_used_again_after_a_whole_answer(
    server_side: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    server = H2Server(lambda _: ([(":status", "200")], RSS))
    async with (
        serve_h2(server, server_side) as port,
        HttpClients(LOCAL, shards=1, resolver=here, ssl_context=trusting) as clients,
    ):
        for _ in range(3):
            request = FetchRequest(url=f"https://{NAME}:{port}/")
            assert isinstance(await fetch(request, clients, POLICY), Fetched)
    assert server.connections == 1


async def test_http2_header_floods_and_nonsense_are_protocol_failures(
    server_side: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    flood = [(":status", "200"), *((f"x-{n}", "y" * 1000) for n in range(100))]
    server = H2Server(lambda _: (flood, RSS))
    async with serve_h2(server, server_side) as port:
        result = await get(f"https://{NAME}:{port}/", trusting)
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.PROTOCOL

    # a DATA frame of the connection itself (RFC 9113 §6.1)
    async with serve(bytes(9), context=server_side) as nonsense:
        result = await get(nonsense.url(host=NAME), trusting)
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.PROTOCOL
