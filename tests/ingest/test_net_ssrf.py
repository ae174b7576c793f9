"""No address from outside leads inside; each guard is shown with its control: without, it does."""

import asyncio
import ipaddress
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpcore
import httpx
import pytest

from app.core.types import (
    Failure,
    Fetched,
    FetchFailed,
    FetchPolicy,
    FetchResult,
    ServerHints,
    Validators,
)
from app.ingest import websub
from app.ingest.fetch import FetchRequest, fetch
from app.net import AddressPolicy, HttpClients, failure_of, plain_client, read_body
from app.net.dial import PinnedBackend
from app.net.targets import Blocked
from app.store.engine import open_database
from tests.ingest.servers import RSS, Server, answer, serve

GUARDED = AddressPolicy()
OPEN = AddressPolicy(allow=(ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")))
OUTSIDE = "127.77.0.1"  # plays a public address, where a test needs one that answers
POLICY = FetchPolicy(deadline_s=15.0, connect_timeout_s=5.0)

PRIVATE = ["127.0.0.1", "127.8.9.10", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1",
           "192.168.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1"]  # fmt: skip
NAMES = ["localhost", "LOCALHOST", "localhost.", "inside.example", "ｌocalhost", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
         "local%68ost", "inside。example", "two-faced.example", "mapped.example",
         "bücher-inside.example", "a_b.inside.example"]  # fmt: skip
HOSTS_V6 = ["[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::127.0.0.1]", "[fe80::1]",
            "[fec0::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]", "[2001:db8::1]", "[2001::1]",
            "[3fff::1]", "[5f00::1]", "[64:ff9b:1::7f00:1]", "[::ffff:0:7f00:1]"]  # fmt: skip
HOSTS_ODD = ["0", "0.0.0.0", "0x0", "00", "127.1", "127.0.1", "0x7f.0.1", "0177.1", "017700000001",
             "127.0.0.1.", "127.1.", "１２７．１", "①②⑦.①", "user@127.0.0.1", "a:b@127.0.0.1",
             "127.0.0.1%2e", "feeds.example@127.0.0.1", "0x7F000001.", "%31%32%37.0.0.1",
             "①②⑦。⓪。⓪。①", "127\t.0.0.1", "12\n7.0.0.1", "127.0.0x0.1"]  # fmt: skip
NEVER = ["file:///etc/passwd", "gopher://127.0.0.1:{port}/_x", "ftp://127.0.0.1:{port}/",
         "dict://127.0.0.1:{port}/", "ldap://127.0.0.1:{port}/", "ws://127.0.0.1:{port}/",
         "data:text/xml,x", "javascript:alert(1)", "http://", "http://[::1%25lo]:{port}/",
         "http://127.0.0.1:22/", "http://127.0.0.1:25/", "http://127.0.0.1.5:{port}/"]  # fmt: skip


def spellings(address: str) -> list[str]:
    """Hosts that all mean one IPv4 address, or carry it inside an IPv6 one."""
    a, b, c, d = (int(part) for part in address.split("."))
    number = int(ipaddress.IPv4Address(address))
    high, low = number >> 16, number & 0xFFFF
    return [
        address,
        address + ".",
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(hex(part) for part in (a, b, c, d)),
        ".".join(f"0{part:o}" for part in (a, b, c, d)),
        f"{a}.{b}.{(c << 8) + d}",
        f"{a}.{(b << 16) + (c << 8) + d}",
        f"{hex(a)}.{b}.0{c:o}.{d}",
        address.translate({ord(digit): 0xFF10 + int(digit) for digit in "0123456789"}),
        address.replace(".", "。"),
        address.replace(".", "．"),
        address.replace(".", "｡"),
        address.replace(".", "%2e"),
        f"[::ffff:{address}]",
        f"[::ffff:{high:x}:{low:x}]",
        f"[64:ff9b::{high:x}:{low:x}]",
        f"[2002:{high:x}:{low:x}::1]",
    ]


HOSTS = [*(h for a in PRIVATE for h in spellings(a)), *NAMES, *HOSTS_V6, *HOSTS_ODD]


async def inside(host: str, port: int) -> Sequence[str]:
    """Names that someone made stand for something inside."""
    if host == "redirect.example":
        return [OUTSIDE]
    if host == "two-faced.example":
        return ["93.184.216.34", "127.0.0.1"]
    return ["::ffff:127.0.0.1"] if host == "mapped.example" else ["127.0.0.1"]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address a socket is opened to; those beyond this machine are refused at once."""
    seen: list[str] = []
    really = httpcore.AnyIOBackend.connect_tcp

    async def connect_tcp(self, host, port, **options):
        seen.append(host)
        address = ipaddress.ip_address(host)
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not (mapped.is_loopback or mapped.is_unspecified):
            raise httpcore.ConnectError("beyond this machine")
        return await really(self, host, port, **options)

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    return seen


@asynccontextmanager
async def canaries() -> AsyncIterator[list[Server]]:
    """Listeners on one port of both loopback addresses."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(serve(answer(), host="127.0.0.1"))
        second = await stack.enter_async_context(serve(answer(), host="::1", port=first.port))
        yield [first, second]


def reached(servers: list[Server]) -> int:
    return sum(server.connections for server in servers)


async def by_feed(url: str, clients: HttpClients) -> FetchResult:
    return await fetch(FetchRequest(url=url), clients, POLICY)


async def by_redirect(url: str, clients: HttpClients) -> FetchResult:
    """Fetched from a public server that sends the poller on to the address."""
    location = url.encode("utf-8").replace(b"\n", b"").replace(b"\t", b"")
    script = answer(302, b"", (("Location", location),))
    async with serve(script, host=OUTSIDE) as server:
        return await fetch(FetchRequest(url=server.url()), clients, POLICY)


async def by_hub(url: str, clients: HttpClients) -> FetchResult:
    """Named as a hub, which is asked by a POST."""
    asked = websub.ClaimedSubscription(
        id=1,
        feed_id=1,
        subscribe=True,
        requested=False,
        hub_url=url,
        hub_host="",
        topic_url="https://feed.example/",
        callback_url="https://desk.example/websub/x",
        token="x",
        secret="y",
        failures=0,
        lease_token=1,
    )
    hubs = websub.Hubs(
        database=open_database("sqlite+aiosqlite:///unused.db"),
        clients=clients,
        public_url="https://desk.example",
        user_agent="Desk",
        host_gap_s=0,
    )
    try:
        await websub._post(asked, hubs)
    except Exception as error:  # noqa: BLE001 - whatever the guards raise is told as a fetch would
        kind, detail = failure_of(error)
        return FetchFailed(kind=kind, detail=detail, url="")
    return fetched_nothing(url)


def fetched_nothing(url: str) -> Fetched:
    return Fetched(
        url=url,
        status=202,
        body=b"",
        content_type=None,
        validators=Validators(),
        hints=ServerHints(),
    )


WAYS = pytest.mark.parametrize("way", [by_feed, by_redirect, by_hub])


def test_the_table_is_long_enough() -> None:
    assert len({*HOSTS, *NEVER}) >= 150


@WAYS
async def test_no_odd_address_leads_inside(way: Callable, dialled: list[str]) -> None:
    policy = AddressPolicy(allow=(ipaddress.ip_network(f"{OUTSIDE}/32"),))
    async with canaries() as servers, HttpClients(policy, shards=1, resolver=inside) as clients:
        port = servers[0].port
        urls = [f"http://{host}:{port}/" for host in HOSTS]
        urls += [url.format(port=port) for url in NEVER]
        for url in urls:
            result = await way(url, clients)
            assert isinstance(result, FetchFailed), url
            assert result.kind is Failure.BLOCKED, (url, result)
        assert set(dialled) <= {OUTSIDE}
        assert reached(servers) == 0


async def test_without_the_guard_every_one_of_them_is_dialled(dialled: list[str]) -> None:
    async with canaries() as servers, HttpClients(OPEN, shards=1, resolver=inside) as clients:
        for host in HOSTS:
            before = len(dialled), reached(servers)
            result = await by_feed(f"http://{host}:{servers[0].port}/", clients)
            if isinstance(result, Fetched):
                assert result.body == RSS
                continue
            assert result.kind in {Failure.CONNECT, Failure.BLOCKED}, (host, result)
            assert len(dialled) > before[0], (host, result)
        assert sum(len(server.requests) for server in servers) > 30


async def test_without_the_guard_a_redirect_leads_inside() -> None:
    hosts = ["127.0.0.1", "2130706433", "[::1]", "localhost", "[::ffff:127.0.0.1]"]
    async with canaries() as servers, HttpClients(OPEN, shards=1, resolver=inside) as clients:
        for host in hosts:
            result = await by_redirect(f"http://{host}:{servers[0].port}/", clients)
            assert isinstance(result, Fetched), (host, result)
        assert sum(len(server.requests) for server in servers) == len(hosts)


# --- names ----------------------------------------------------------------------------------------


def flipping(answers: list[list[str]]) -> Callable:
    """socket.getaddrinfo of a name whose address changes from one look-up to the next."""

    def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):  # noqa: A002 - its own names
        try:
            found = [str(ipaddress.ip_address(host))]
        except ValueError:
            looked_up.append(host)
            found = answers[min(len(looked_up), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, int(port or 0))) for a in found]

    looked_up: list[str] = []
    getaddrinfo.looked_up = looked_up
    return getaddrinfo


async def test_a_name_that_changes_its_address_is_dialled_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allow = AddressPolicy(allow=(ipaddress.ip_network(f"{OUTSIDE}/32"),))
    async with (
        serve(answer(), host=OUTSIDE) as outside,
        serve(answer(), host="127.0.0.1", port=outside.port) as canary,
    ):
        rebinding = flipping([[OUTSIDE], ["127.0.0.1"]])
        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        url = f"http://rebinding.example:{outside.port}/"
        async with HttpClients(allow) as clients:
            assert isinstance(await by_feed(url, clients), Fetched)
        assert rebinding.looked_up == ["rebinding.example"]
        assert (outside.connections, canary.connections) == (1, 0)
        async with HttpClients(allow) as clients:
            again = await by_feed(url, clients)
        assert isinstance(again, FetchFailed)
        assert again.kind is Failure.BLOCKED
        assert canary.connections == 0


async def test_control_a_check_before_the_library_looks_up_again_is_deceived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rebinding = flipping([["93.184.216.34"], ["127.0.0.1"]])
    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    async with serve(answer()) as canary:
        checked = socket.getaddrinfo("rebinding.example", canary.port)[0][4][0]
        assert ipaddress.ip_address(checked).is_global
        async with plain_client(f"http://rebinding.example:{canary.port}") as client:
            await client.get("/")
        assert canary.connections == 1


@pytest.mark.parametrize("order", [1, -1])
async def test_one_bad_address_among_good_ones_refuses_the_name(order: int) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return [OUTSIDE, "127.0.0.1"][::order]

    allow = AddressPolicy(allow=(ipaddress.ip_network(f"{OUTSIDE}/32"),))
    both = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
    async with serve(answer(), host=OUTSIDE) as outside:
        url = f"http://mixed.example:{outside.port}/"
        async with HttpClients(allow, resolver=resolver) as clients:
            result = await by_feed(url, clients)
        assert isinstance(result, FetchFailed)
        assert result.kind is Failure.BLOCKED
        assert "127.0.0.1" in result.detail
        assert outside.connections == 0
        async with HttpClients(both, resolver=resolver) as clients:
            assert isinstance(await by_feed(url, clients), Fetched)


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return ["::1", "127.0.0.1"]

    both = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1")))
    async with serve(answer()) as server, HttpClients(both, resolver=resolver) as clients:
        result = await by_feed(f"http://dual.example:{server.port}/", clients)
    assert isinstance(result, Fetched)


class _Elsewhere(httpcore.AsyncNetworkBackend):
    """Claims a connection to an address, and has another one's."""

    def __init__(self, peer: str) -> None:
        self.stream = _Stream(peer)

    async def connect_tcp(self, *_args, **_options):
        return self.stream


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.closed = False

    async def aclose(self) -> None:
        self.closed = True

    def get_extra_info(self, info: str):
        return (self.peer, 80) if info == "server_addr" else None


async def test_the_other_end_must_be_the_address_that_was_checked() -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34"]

    elsewhere = _Elsewhere("127.0.0.1")
    with pytest.raises(Blocked, match=r"dialled 93\.184\.216\.34"):
        await PinnedBackend(GUARDED, resolver, dialler=elsewhere).connect_tcp("a.example", 80)
    assert elsewhere.stream.closed

    there = _Elsewhere("93.184.216.34")
    stream = await PinnedBackend(GUARDED, resolver, dialler=there).connect_tcp("a.example", 80)
    assert stream is there.stream


async def test_a_port_of_another_protocol_is_not_dialled() -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34"]

    there = _Elsewhere("93.184.216.34")
    with pytest.raises(Blocked, match="port 25"):
        await PinnedBackend(GUARDED, resolver, dialler=there).connect_tcp("a.example", 25)


async def test_a_name_server_that_does_not_answer_ends_at_the_connect_timeout() -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    policy = FetchPolicy(deadline_s=5.0, connect_timeout_s=0.05)
    async with HttpClients(GUARDED, resolver=resolver) as clients:
        result = await fetch(FetchRequest(url="http://hangs.example/"), clients, policy)
    assert isinstance(result, FetchFailed)
    assert result.kind is Failure.TIMEOUT
    assert "name servers" in result.detail


async def test_names_that_hang_do_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than the loop's own threads, which are the processors and four."""
    hanging = threading.Event()
    loop, arrived, all_arrived = asyncio.get_running_loop(), [], asyncio.Event()
    addresses = flipping([["127.0.0.1"]])

    def getaddrinfo(host, *args, **options):
        if host.startswith("hangs"):
            arrived.append(host)
            if len(arrived) == len(names):
                loop.call_soon_threadsafe(all_arrived.set)
            hanging.wait(30)
        return addresses(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    names = [f"hangs{n}.example" for n in range((os.cpu_count() or 1) + 4)]
    local = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
    async with serve(answer()) as server, HttpClients(local) as clients:
        waiting = [asyncio.create_task(by_feed(f"http://{name}/", clients)) for name in names]
        try:
            await all_arrived.wait()
            url = f"http://answers.example:{server.port}/"
            assert isinstance(await by_feed(url, clients), Fetched)
        finally:
            hanging.set()
            await asyncio.gather(*waiting)


# --- the face of the factory ----------------------------------------------------------------------


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    local = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
    async with serve(answer()) as proxy, serve(answer()) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        async with HttpClients(local) as clients:
            assert isinstance(await by_feed(server.url(), clients), Fetched)
        async with plain_client(server.url("")) as client:
            await client.get("/")
        assert (proxy.connections, server.connections) == (0, 2)

        async with httpx.AsyncClient() as careless:  # the control
            await careless.get(server.url())
        assert (proxy.connections, server.connections) == (1, 2)


async def test_the_operators_proxy_is_used_and_literal_addresses_stay_checked() -> None:
    async with serve(answer()) as proxy:
        setting = f"http://ada:secret@127.0.0.1:{proxy.port}"
        async with HttpClients(GUARDED, proxy=setting) as clients:
            assert isinstance(await by_feed("http://feeds.example/rss", clients), Fetched)
            blocked = await by_feed("http://127.0.0.1:8000/", clients)
            with pytest.raises(Blocked):
                async with clients.client_for("10.0.0.1").stream("GET", "http://10.0.0.1/"):
                    pass
        assert isinstance(blocked, FetchFailed)
        assert blocked.kind is Failure.BLOCKED
        assert [request.target for request in proxy.requests] == ["http://feeds.example/rss"]
        assert proxy.requests[0].header("Proxy-Authorization") == b"Basic YWRhOnNlY3JldA=="


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "127.0.0.1:3128", "http://"])
def test_a_proxy_of_another_kind_is_refused_at_once(proxy: str) -> None:
    with pytest.raises(ValueError, match="proxy"):
        HttpClients(GUARDED, proxy=proxy)


async def test_a_guarded_client_cannot_be_used_past_its_limits() -> None:
    local = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
    script = answer(302, b"", (("Location", "/x"),))
    async with serve(script) as server, HttpClients(local) as clients:
        client = clients.client_for("127.0.0.1")
        with pytest.raises(RuntimeError, match="read_body"):
            await client.get(server.url())
        async with client.stream("GET", server.url(), follow_redirects=True) as response:
            assert response.status_code == 302
            assert await read_body(response, max_wire_bytes=9, max_body_bytes=9) == b""
        with pytest.raises(Blocked):
            async with client.stream("GET", "http://10.0.0.1/"):
                pass
    assert len(server.requests) == 1


async def test_cookies_are_not_kept() -> None:
    local = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
    script = answer(200, RSS, (("Set-Cookie", "who=ada; Path=/"),))
    async with serve(script) as server:
        async with HttpClients(local) as clients:
            await by_feed(server.url(), clients)
            await by_feed(server.url(), clients)
        async with httpx.AsyncClient(trust_env=False) as careless:  # the control
            await careless.get(server.url())
            await careless.get(server.url())
    cookies = [request.header("Cookie") for request in server.requests]
    assert cookies == [None, None, None, b"who=ada"]


async def test_a_host_has_one_client_and_hosts_are_spread() -> None:
    async with HttpClients(GUARDED, shards=8) as clients:
        assert clients.client_for("a.example") is clients.client_for("a.example")
        spread = {id(clients.client_for(f"{n}.example")) for n in range(200)}
    assert len(spread) == 8
