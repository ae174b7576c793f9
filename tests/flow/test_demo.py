"""The demo shows what it claims, and says so when it cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from app.cli import app
from app.cli.demo import staging, texts
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def _logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Quiet, and then as it was."""

    def quiet(level: str, *, as_json: bool) -> None:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))

    monkeypatch.setattr(staging, "configure_logging", quiet)
    yield
    structlog.reset_defaults()


def demo(*words: str) -> Result:
    return CliRunner().invoke(app, ["demo", *words])


def test_it_shows_all():
    ended = demo()
    assert ended.exit_code == 0, ended.output
    assert ended.stderr == ""
    for shown in (
        "GET /v1/stories?q=灯台",
        "GET /v1/stories?tag=agency:kyodo",
        "/revisions",
        '"type": "story.corrected"',
        '"failure": "http_server"',
        '"boilerplate": "Sign up',
        "All of this was as it should be.",
    ):
        assert shown in ended.stdout


def test_it_serves_on_until_told_to_stop_and_leaves_nothing(tmp_path: Path):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "app", "demo", "--serve"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True
    ) as playing:
        watchdog = threading.Timer(100, playing.kill)
        watchdog.start()
        try:
            said = list(takewhile(lambda line: "admin key" not in line, playing.stdout))
            assert "It serves on, on http://127.0.0.1:" in "".join(said)
            playing.send_signal(signal.SIGINT)
            assert playing.wait(30) == 0
        finally:
            watchdog.cancel()
            playing.kill()
    assert list(tmp_path.iterdir()) == []


def test_a_claim_that_does_not_hold_fails_it_and_feeds_of_others_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    url = f"sqlite:///{tmp_path / 'mine.db'}"
    monkeypatch.setattr(texts, "CORRECTED_FARES", texts.FARES)
    ended = demo("--database-url", url)
    assert ended.exit_code == 1, ended.output
    assert "the demo did not go as it should: the second round" in ended.stderr
    assert "All of this was as it should be" not in ended.stdout
    ended = demo("--database-url", url)
    assert ended.exit_code == 1
    assert "the demo needs an empty one" in ended.stderr
