"""The command for feeds that are found, that move, or that ask who is there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from app.cli import app, discovering, inside, polling
from tests.test_cli import log_quietly

KEY = "a-key-of-these-tests-and-no-other"
SECRET = "tide-table-7731"


@dataclass
class Site:
    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = made.pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    yield made
    server.shutdown()
    server.server_close()
    serving.join()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    for module in (inside, polling):
        monkeypatch.setattr(module, "configure_logging", log_quietly)
    yield
    structlog.reset_defaults()


def copydesk(*words: str, stdin: str | None = None) -> Result:
    env = {
        "COPYDESK_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "COPYDESK_HOST_GAP_S": "0",
        "COPYDESK_SECRET_KEY": KEY,
    }
    return CliRunner().invoke(app, words, input=stdin, env=env, prog_name="copydesk")


def feeds() -> list[str]:
    lines = copydesk("feeds", "list", "--json").stdout.splitlines()
    return [json.loads(line)["url"] for line in lines]


def rss(*titles: str) -> str:
    items = "".join(
        f"<item><title>{t}</title><link>https://harbour.example/{t}</link></item>" for t in titles
    )
    return f"<rss version='2.0'><channel><title>Harbour</title>{items}</channel></rss>"


def page(*paths: str) -> str:
    links = (f'<link rel="alternate" type="application/rss+xml" href="{path}">' for path in paths)
    return f"<!doctype html><html><head>{''.join(links)}</head></html>"


def test_a_sites_only_feed_is_added(site: Site):
    site.pages = {"/": page("/all.xml"), "/all.xml": rss("a", "b")}
    added = copydesk("feeds", "add", site.url)
    assert added.exit_code == 0, added.output
    assert "looking for the feeds of the site" in added.stderr
    assert "Added feed 1: Harbour" in added.stdout
    assert feeds() == [f"{site.url}/all.xml"]


def test_of_several_feeds_one_has_to_be_chosen(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.pages = {
        "/": page("/all.xml", "/sport.xml"),
        "/all.xml": rss("a", "b"),
        "/sport.xml": rss("c"),
    }
    listed = copydesk("feeds", "add", site.url)
    assert listed.exit_code == 1
    for path in ("/all.xml", "/sport.xml"):
        assert f"{site.url}{path}" in listed.stderr
    assert f"copydesk feeds add {site.url}/all.xml, or the first with --first" in " ".join(
        listed.stderr.split()
    )
    assert feeds() == []
    monkeypatch.setattr(discovering, "is_asked", lambda: True)
    assert copydesk("feeds", "add", site.url, stdin="7\n").exit_code == 1
    chosen = copydesk("feeds", "add", site.url, stdin="2\n")
    assert chosen.exit_code == 0, chosen.output
    assert copydesk("feeds", "add", site.url, "--json", stdin="1\n").exit_code == 1
    assert copydesk("feeds", "add", site.url, "--first").exit_code == 0
    assert feeds() == [f"{site.url}/sport.xml", f"{site.url}/all.xml"]


def test_a_site_without_a_feed_says_where_it_was_looked_for(site: Site):
    site.pages = {"/": page()}
    ended = copydesk("feeds", "add", site.url)
    assert ended.exit_code == 1
    assert "no feed was found at" in ended.stderr
    assert "in 10 requests" in ended.stderr


def test_other_refusals_are_not_searched_for(site: Site):
    ended = copydesk("feeds", "add", f"{site.url}/none.xml")
    assert ended.exit_code == 1
    assert "(not_found)" in ended.stderr
    assert "looking" not in ended.stderr


def test_an_address_without_a_scheme_is_one_of_https():
    ended = copydesk("feeds", "add", "127.0.0.1:9/feed")
    assert ended.exit_code == 1
    assert "https://127.0.0.1:9/feed could not be fetched" in ended.stderr


def test_a_feed_is_moved(site: Site):
    site.pages = {"/new.xml": rss("a")}
    copydesk("feeds", "add", "https://harbour.example/feed", "--no-probe")
    refused = copydesk("feeds", "move", "1", f"{site.url}/none.xml")
    assert refused.exit_code == 1
    moved = copydesk("feeds", "move", "1", f"{site.url}/new.xml")
    assert moved.exit_code == 0, moved.output
    assert moved.stdout == f"Moved feed 1 to {site.url}/new.xml; it is due now.\n"
    there = copydesk("feeds", "move", "1", "https://harbour.example/x", "--no-probe", "--json")
    assert json.loads(there.stdout)["url"] == "https://harbour.example/x"
    assert copydesk("feeds", "move", "7", f"{site.url}/new.xml").exit_code == 1


def test_credentials_are_set_shown_and_forgotten():
    copydesk("feeds", "add", "https://harbour.example/feed", "--no-probe")
    none = copydesk("feeds", "credentials", "1")
    assert none.exit_code == 1
    given = copydesk(
        "feeds", "credentials", "1", "--basic", "desk", "--prompt", stdin=f"{SECRET}\n"
    )
    assert given.exit_code == 0, given.output
    said = "Feed 1: basic (desk) for https://harbour.example, the secret kept encrypted.\n"
    assert given.stdout.endswith(said)
    assert SECRET not in given.output
    assert copydesk("feeds", "credentials", "1").stdout == said
    given = copydesk("feeds", "credentials", "1", "--bearer", "--env", "COPYDESK_FEED_WIRE")
    assert given.stdout.endswith(
        "bearer for https://harbour.example, the secret in COPYDESK_FEED_WIRE.\n"
    )
    shown = copydesk("feeds", "credentials", "1", "--json")
    assert json.loads(shown.stdout)["variable"] == "COPYDESK_FEED_WIRE"
    gone = copydesk("feeds", "credentials", "1", "--forget")
    assert gone.stdout == "Feed 1 is asked without credentials.\n"
    assert copydesk("feeds", "credentials", "1").exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--basic", "desk"),
        ("--bearer", "--header", "X-Key", "--prompt"),
        ("--bearer", "--prompt", "--env", "COPYDESK_FEED_X"),
        ("--env", "COPYDESK_FEED_X"),
        ("--forget", "--bearer", "--prompt"),
    ],
)
def test_credentials_that_are_half_said_are_wrong_use(words: tuple[str, ...]):
    ended = copydesk("feeds", "credentials", "1", *words, stdin=f"{SECRET}\n")
    assert ended.exit_code == 2
