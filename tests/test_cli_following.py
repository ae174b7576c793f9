"""Saved searches and webhooks, by command."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.test_cli import copydesk, folder

__all__ = ["folder"]


@pytest.fixture
def receiver() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204 if self.path == "/hook" else 500)
            self.end_headers()

        def log_message(self, *_said: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    serving.join()


def said(*words: str) -> str:
    result = copydesk(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_searches_are_saved_shown_and_removed(folder: Path) -> None:
    added = said("searches", "add", "Ferries", "ferry -strike", "--tag", "place:jp")
    assert added == "Saved search 1 (Ferries): ferry -strike, tag place:jp\n"
    assert "/v1/searches/1/feed.atom" in said("searches", "show", "1")
    (listed,) = said("searches", "list", "--json").splitlines()
    assert json.loads(listed)["query"] == {"q": "ferry -strike", "tag": ["place:jp"]}
    assert "Ferries" in said("searches", "list")
    nothing = copydesk("searches", "add", "All")
    assert (nothing.exit_code, "asks for nothing" in nothing.stderr) == (1, True)
    assert said("searches", "remove", "1") == "Removed search 1 (Ferries).\n"
    assert copydesk("searches", "show", "1").exit_code == 1


def test_webhooks_are_added_tested_changed_and_removed(
    folder: Path, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYDESK_ALLOW_PRIVATE_NETWORKS", "127.0.0.0/8")
    added = said("webhooks", "add", f"{receiver}/hook", "--type", "story.killed").splitlines()
    assert added[0] == f"Added webhook 1: {receiver}/hook is told of story.killed."
    assert added[1].startswith("whsec_")
    said("webhooks", "add", f"{receiver}/odd")
    assert said("webhooks", "test", "1").startswith("204 in ")
    refused = copydesk("webhooks", "test", "2")
    assert (refused.exit_code, refused.stdout.startswith("500 in ")) == (1, True)
    assert said("webhooks", "pause", "1") == f"Paused webhook 1 ({receiver}/hook).\n"
    assert "paused" in said("webhooks", "list")
    assert "paused by its owner" in said("webhooks", "show", "1")
    said("webhooks", "resume", "1")
    rotated = said("webhooks", "rotate", "1").splitlines()
    assert rotated[1].startswith("whsec_")
    assert rotated[1] != added[1]
    assert said("webhooks", "redeliver", "1", "--after", "0", "--until", "0").startswith("0 ")
    for words in ((), ("--after", "0"), ("7", "--after", "0", "--until", "1")):
        assert copydesk("webhooks", "redeliver", "1", *words).exit_code == 2
    assert copydesk("webhooks", "redeliver", "1", "7").exit_code == 1
    assert said("webhooks", "deliveries", "1", "--json") == ""
    said("webhooks", "remove", "2")
    (left,) = said("webhooks", "list", "--json").splitlines()
    assert json.loads(left)["url"] == f"{receiver}/hook"
