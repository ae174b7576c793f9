"""The command and a running server: how it starts and ends, and that commands go through it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from typer.testing import CliRunner, Result

from app.cli import app, calling, serving
from app.cli.outcome import Stopped
from app.cli.server import Server, address_of, bind
from app.store.ownership import owner_path, read_owner
from tests.conftest import ROOT

START_S = 60

RSS = """<?xml version="1.0"?><rss version="2.0"><channel>
<title>Harbour News</title><link>https://SITE.example/</link><language>en</language>
<item><guid>1</guid><link>https://SITE.example/1</link><title>Ferry back in service</title>
<description>The ferry runs again. (Kyodo)</description><category>Transport</category>
<pubDate>Mon, 16 Nov 2026 09:00:00 GMT</pubDate></item>
</channel></rss>"""


@dataclass
class Running:
    """A `copydesk` that runs; `said` is its standard output so far."""

    process: subprocess.Popen[str]
    folder: Path
    said: list[str] = field(default_factory=list)

    def line(self, pattern: str) -> str:
        """The pattern's group in what is printed next; fails when the output ends without it."""
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found[1]
        pytest.fail(f"no {pattern} in:\n{''.join(self.said)}\n{self.log()}")

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def running(folder: Path, *words: str, **settings: str) -> Iterator[Running]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    env |= {f"COPYDESK_{name.upper()}": value for name, value in settings.items()}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *words],
            cwd=folder,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    watchdog = threading.Timer(START_S, process.kill)
    watchdog.start()
    try:
        yield Running(process=process, folder=folder)
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def publisher() -> Iterator[str]:
    """The address of a feed; any other name there is a feed too, and /broken fails."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            site = self.path.split("/")[1]
            self.send_response(503 if site == "broken" else 200)
            self.send_header("Content-Type", "application/rss+xml")
            self.end_headers()
            self.wfile.write(RSS.replace("SITE", site).encode())

        def log_message(self, *_args): ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/harbour"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of this module's own, with its address read; its folder has the database."""
    folder = tmp_path_factory.mktemp("served")
    settings = {"allow_private_networks": "127.0.0.0/8", "host_gap_s": "0"}
    with running(folder, "serve", "--port", "0", "--no-poll", **settings) as server:
        server.line("(no feeds yet)")
        yield server
        assert server.stop(signal.SIGINT) == 0, server.log()


@pytest.fixture
def here(served: Running, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the server's folder, as somebody who administers it is."""
    monkeypatch.chdir(served.folder)
    return served.folder


def copydesk(*words: str, **env: str) -> Result:
    return CliRunner().invoke(app, words, env=env, prog_name="copydesk")


def done(*words: str, **env: str) -> str:
    ended = copydesk(*words, **env)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def feeds() -> list[dict]:
    return [json.loads(line) for line in done("feeds", "list", "--json").splitlines()]


@pytest.fixture
def feed_id(here: Path, publisher: str) -> Iterator[str]:
    """A feed of the publisher's, deleted afterwards."""
    yield json.loads(done("feeds", "add", publisher, "--json"))["data"]["id"]
    for feed in feeds():
        done("feeds", "delete", feed["id"])


# --- start and end ----------------------------------------------------------------------------


def test_it_says_where_everything_is_and_ends_in_order(tmp_path: Path):
    with running(tmp_path, "serve", "--port", "0", "--no-poll") as server:
        address = server.line(r"Copydesk serves on (http://127\.0\.0\.1:\d+)$")
        assert server.line("API docs +(.+)") == f"{address}/docs"
        assert server.line("admin endpoint +(.+)") == f"{address}/v1/admin/status"
        key = server.line("first admin key +(cdk_.+)")
        assert "keep it" in server.line("(keep it: it is not stored)")
        assert "--starter" in server.line("no feeds yet +(.+)")
        assert json.loads(done("status", "--json", "--url", address, COPYDESK_KEY=key))
        owner = read_owner(str(tmp_path / "copydesk.db"))
        assert owner is not None
        assert owner.url == address
        assert server.stop(signal.SIGTERM) == 0, server.log()
    assert read_owner(str(tmp_path / "copydesk.db")) is None
    events = [json.loads(line)["event"] for line in server.log().splitlines()]
    assert events[0] == "serving"
    assert events[-1] == "stopped"
    assert events.count("stopping") == 1
    with running(tmp_path, "serve", "--port", "0", "--no-poll") as again:
        assert "keys create" in again.line("  admin key +(.+)")
        assert key not in "".join(again.said)


def test_a_second_server_on_a_file_is_refused(here: Path, served: Running):
    done = subprocess.run(
        [sys.executable, "-m", "app", "serve", "--port", "0"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"copydesk: process {served.process.pid} is using copydesk.db")
    assert len(done.stderr.splitlines()) == 1


def test_polling_alone_ends_in_order(tmp_path: Path):
    with running(tmp_path, "poll") as poller:
        while '"polling"' not in poller.log() and poller.process.poll() is None:
            threading.Event().wait(0.02)
        assert poller.stop(signal.SIGTERM) == 0, poller.log()
    assert '"stopped"' in poller.log()
    assert "cdk_" not in poller.log()


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Stopped, match=rf"port {port} on 127\.0\.0\.1 is in use: .*--port"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize("host", ["198.51.100.7", "not a host"])
def test_an_address_of_another_machine_is_named(host: str):
    with pytest.raises(Stopped, match=f"{host} is no address of this machine"):
        bind(host, 0)


def test_the_address_told_is_one_that_can_be_reached():
    with bind("0.0.0.0", 0) as everywhere:
        url = address_of(everywhere)
        assert url == f"http://127.0.0.1:{everywhere.getsockname()[1]}"


def test_a_stop_ends_readiness_polling_and_requests_and_a_second_does_not_wait():
    did = []
    service = SimpleNamespace(stop=lambda: did.append("service"))
    application = SimpleNamespace(state=SimpleNamespace(service=service))
    server = Server(uvicorn.Config(""))
    serving._stop(application, server)
    assert did == ["service"]
    assert server.should_exit
    assert not server.force_exit
    serving._stop(application, server)
    assert server.force_exit


def test_signals_are_left_to_the_command():
    before = signal.getsignal(signal.SIGTERM)
    with Server(uvicorn.Config("")).capture_signals():
        assert signal.getsignal(signal.SIGTERM) is before


def test_a_stop_before_the_service_is_open_is_kept():
    server = Server(uvicorn.Config(""))
    serving._stop(SimpleNamespace(state=SimpleNamespace()), server)
    assert server.should_exit


# --- commands go through the server -----------------------------------------------------------


def test_a_feed_is_tried_added_listed_and_polled(here: Path, publisher: str):
    address = publisher.replace("/harbour", "/tried")
    feed_id = json.loads(done("feeds", "add", address, "--json"))["data"]["id"]
    refused = copydesk("feeds", "add", address)
    assert refused.exit_code == 1
    assert f"is there already, as feed {feed_id}" in refused.stderr
    polled = done("feeds", "refresh", feed_id)
    assert polled.startswith("New: 1 entries, 1 new, 0 changed")
    assert "Next poll 20" in polled
    (feed,) = feeds()
    assert feed["health"] == "ok"
    listed = done("feeds", "list")
    assert "Harbour News" in listed
    assert address in listed
    done("feeds", "delete", feed_id)


def test_what_is_found_at_an_address_is_said(here: Path, publisher: str):
    address = publisher.replace("/harbour", "/other")
    said = copydesk("feeds", "add", address, "--title", "Mine", "--source-name", "Others")
    assert said.exit_code == 0, said.output
    (feed,) = feeds()
    done("feeds", "delete", feed["id"])
    assert said.stdout.startswith(f"Added feed {feed['id']}: Mine\n  rss20, 1 entries")
    assert "Ferry back in service" in said.stdout
    assert feed["source"]["name"] == "Others"


def test_a_poll_that_failed_ends_so(here: Path, publisher: str):
    added = done("feeds", "add", publisher.replace("/harbour", "/broken"), "--no-probe", "--json")
    feed_id = json.loads(added)["data"]["id"]
    ended = copydesk("feeds", "refresh", feed_id)
    failing = done("feeds", "list", "--health", "failing")
    done("feeds", "delete", feed_id)
    assert ended.exit_code == 1
    assert "Failed (http_server): " in ended.stdout
    assert "http_server" in failing


def test_a_feed_is_paused_resumed_and_deleted(feed_id: str):
    assert done("feeds", "pause", feed_id) == f"Paused feed {feed_id} (Harbour News).\n"
    assert "Harbour News" in done("feeds", "list", "--state", "paused")
    assert done("feeds", "resume", feed_id) == f"Resumed feed {feed_id} (Harbour News).\n"
    assert done("feeds", "list", "--state", "paused") == ""
    assert "its stories stay" in done("feeds", "delete", feed_id)
    gone = copydesk("feeds", "pause", feed_id)
    assert gone.exit_code == 1
    assert gone.stderr.startswith(f"copydesk: there is no feed {feed_id}")


def test_feeds_go_out_as_they_came_in(feed_id: str, publisher: str, tmp_path: Path):
    copy = tmp_path / "feeds.opml"
    assert done("feeds", "export", str(copy)) == f"Wrote {copy}.\n"
    assert publisher in copy.read_text()
    assert done("feeds", "export") == copy.read_text()
    done("feeds", "delete", feed_id)
    assert done("feeds", "import", str(copy)) == "1 added, 0 present already, 0 refused.\n"
    assert done("feeds", "import", str(copy)) == "0 added, 1 present already, 0 refused.\n"


def test_lines_that_are_refused_are_shown_and_end_so(here: Path, tmp_path: Path):
    listed = tmp_path / "list.opml"
    listed.write_text('<opml><body><outline xmlUrl="ftp://a.example/x"/></body></opml>')
    ended = copydesk("feeds", "import", str(listed))
    assert ended.exit_code == 1
    assert ended.stdout == "0 added, 0 present already, 1 refused.\n"
    assert "ftp://a.example/x" in ended.stderr
    assert "http or https" in ended.stderr
    listed.write_text("<rss/>")
    ended = copydesk("feeds", "import", str(listed))
    assert ended.exit_code == 1
    assert "no OPML document" in ended.stderr


def test_every_page_of_a_list_is_shown(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calling, "MAX_PAGE", 2)
    listed = tmp_path / "list.opml"
    lines = "".join(f'<outline xmlUrl="https://f{i}.example/"/>' for i in range(5))
    listed.write_text(f"<opml><body>{lines}</body></opml>")
    assert done("feeds", "import", str(listed)).startswith("5 added")
    found = feeds()
    assert len({feed["url"] for feed in found}) == 5
    for feed in found:
        done("feeds", "delete", feed["id"])


def test_stories_are_found(feed_id: str):
    done("feeds", "refresh", feed_id)
    said = done("search", "ferry", "--tag", "agency:kyodo", "--lang", "en")
    assert "2026-11-16" in said
    assert "Ferry back in service" in said
    assert "agency:kyodo" in said
    assert "https://harbour.example/1" in said
    (line,) = done("search", "--source", "harbour.example", "--json").splitlines()
    assert json.loads(line)["title"] == "Ferry back in service"
    nothing = copydesk("search", "submarine")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "No story" in nothing.stderr
    refused = copydesk("search", "ferry AND (")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("copydesk: the search text")


def test_stories_are_found_best_first_and_from_a_time_on(feed_id: str):
    done("feeds", "refresh", feed_id)
    assert "Ferry back" in done("search", "ferries", "--sort", "relevance")
    assert done("search", "ferry", "--after", "2026-11-17T00:00:00Z") == ""
    refused = copydesk("search", "--sort", "relevance")
    assert "send q" in refused.stderr


def test_the_index_is_brought_up_to_date_while_the_service_serves(here: Path, feed_id: str):
    """A source that moves makes its stories outdated."""
    done("feeds", "refresh", feed_id)
    assert "up to date" in done("reindex")
    owner = read_owner("copydesk.db")
    with httpx.Client(
        base_url=owner.url, headers={"Authorization": f"Bearer {owner.key}"}
    ) as client:
        path = f"/v1/admin/feeds/{feed_id}"
        tag = client.get(path).headers["ETag"]
        moved = client.patch(path, json={"country": "NO"}, headers={"If-Match": tag})
        assert moved.status_code == 200, moved.text
    assert "1 stories to be indexed anew" in done("status")
    shown = copydesk("reindex", "--batch", "1")
    assert shown.exit_code == 0, shown.output
    assert "1 stories indexed anew." in shown.stdout
    jobs = map(json.loads, done("jobs", "list", "--json").splitlines())
    job = next(job for job in jobs if job["kind"] == "reindex")
    assert (job["kind"], job["state"], job["actor"]) == ("reindex", "done", "this machine")
    assert "1 of 1 done" in done("jobs", "show", job["id"])
    assert "has ended" in copydesk("jobs", "stop", job["id"]).stderr
    assert "reindex" in done("jobs", "list")
    act = json.loads(done("audit", "--action", "job", "--json").splitlines()[-1])
    assert (act["action"], act["via"]) == ("job.start", "command")
    changed = done("audit", "--subject", f"feed:{feed_id}", "--action", "feed.change")
    assert "feed.change" in changed
    assert "(backfill): done" in done("jobs", "start", "backfill", "--watch")
    assert "up to date" in done("status")
    assert "Ferry back" in done("search", "country:NO")


def test_stories_are_made_again_while_the_service_serves(here: Path, feed_id: str):
    done("feeds", "refresh", feed_id)
    assert "All stories have the normal form" in done("reprocess")
    with closing(sqlite3.connect("copydesk.db", timeout=5)) as database, database:
        stories = database.execute("UPDATE entries SET version = 1").rowcount
    assert f"{stories} stories to be made again" in done("status")
    assert f"0 stories renewed, {stories} were as they are." in done("reprocess", "--batch", "1")
    assert "All stories have the normal form" in done("reprocess")


def test_keys_are_made_listed_and_revoked(here: Path, served: Running):
    address = read_owner("copydesk.db").url
    made = copydesk("keys", "create", "ci", "--scope", "admin", "--expires", "2999-01-01")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert "scope admin until 2999-01-01" in made.stderr
    assert "cannot be shown again" in made.stderr
    (kept,) = [
        k for k in map(json.loads, done("keys", "list", "--json").splitlines()) if k["name"] == "ci"
    ]
    assert kept["prefix"] in done("keys", "list")
    assert key not in done("keys", "list")
    assert "feeds" in done("status", "--url", address, COPYDESK_KEY=key)
    assert "ci" in done("keys", "revoke", kept["id"])
    refused = copydesk("status", "--url", address, COPYDESK_KEY=key)
    assert refused.exit_code == 1
    assert "revoked" in refused.stderr
    assert "COPYDESK_KEY" in refused.stderr


def test_the_state_of_the_service_is_shown(here: Path):
    shown = done("status")
    assert "sqlite" in shown
    newest = max(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("0*.py"))
    assert f"schema {newest}" in shown
    assert json.loads(done("status", "--json"))["database"]["engine"] == "sqlite"


def test_a_server_elsewhere_that_is_none_is_said_to_be(publisher: str):
    for url, why in (
        ("http://127.0.0.1:1", "does not answer"),
        ("news.example", "is no address of a server"),
        (publisher, "answered 200: is that a Copydesk server?"),
        (publisher.replace("/harbour", "/broken"), "answered 503: is that a Copydesk server?"),
    ):
        ended = copydesk("feeds", "list", COPYDESK_URL=url)
        assert ended.exit_code == 1
        assert why in ended.stderr, ended.output
        assert "Traceback" not in ended.output


def test_the_owner_file_is_for_its_user_alone(served: Running):
    mode = owner_path(str(served.folder / "copydesk.db")).stat().st_mode
    assert mode & 0o077 == 0
