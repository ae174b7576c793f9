"""The image and the composition, read and held against the real entry points.

No container engine is needed: what they run are commands, files and settings that exist or do not.
"""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import load_settings
from app.store.engine import check_database_url
from tests import documents
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One line of a Dockerfile, continuations joined; `stage` counts from 0."""

    name: str
    text: str
    stage: int


def instructions(dockerfile: str) -> list[Instruction]:
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    found: list[Instruction] = []
    stage = -1
    for line in filter(None, joined.splitlines()):
        name, _, text = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(name=name, text=text.strip(), stage=stage))
    return found


DOCKERFILE = instructions((ROOT / "Dockerfile").read_text())
LAST = max(i.stage for i in DOCKERFILE)


def texts(name: str, *, stage: int | None = None) -> list[str]:
    return [i.text for i in DOCKERFILE if i.name == name and stage in {None, i.stage}]


def environment(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split() if "=" in pair)


# --- the image --------------------------------------------------------------------------------


def test_what_runs_is_not_what_built():
    assert LAST >= 1
    assert texts("COPY", stage=LAST)
    assert all(copied.startswith("--from=builder ") for copied in texts("COPY", stage=LAST))
    assert not any("pip" in run for run in texts("RUN", stage=LAST))


def test_the_base_is_a_python_that_the_project_takes():
    least = tuple(map(int, PROJECT["requires-python"].removeprefix(">=").split(".")))
    for base in texts("FROM"):
        version = re.match(r"python:(\d+)\.(\d+)-slim(?: AS \w+)?$", base)
        assert version is not None, base
        assert tuple(map(int, version.groups())) >= least


def test_everything_copied_is_there_and_reaches_the_builder():
    ignored = (ROOT / ".dockerignore").read_text().split()
    sources = [word for text in texts("COPY", stage=0) for word in text.split()[:-1]]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.split('/')[0]}" in ignored, source
    assert "*" in ignored


def test_every_installation_is_locked():
    runs = " && ".join(texts("RUN")).split("&&")
    installs = [run for run in runs if "pip install" in run]
    assert len(installs) >= 3
    for install in installs:
        assert "--require-hashes --requirement requirements/" in install or "--no-deps" in install
    assert "apt-get" not in " ".join(runs)


def test_it_does_not_run_as_root():
    users = texts("USER", stage=LAST)
    assert len(users) == 1
    user, group = users[0].split(":")
    assert int(user) > 0
    assert int(group) > 0
    order = [i.name for i in DOCKERFILE if i.stage == LAST]
    assert order.index("USER") < order.index("CMD")


def test_the_command_exists_and_listens_to_the_outside():
    command = json.loads(texts("CMD", stage=LAST)[0])
    assert command[0] in PROJECT["scripts"]
    assert documents.misused(documents.command(), command) == []
    assert command[command.index("--host") + 1] == "0.0.0.0"


def test_its_environment_is_made_of_settings_that_are_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)  # away from anybody's .env
    given = environment(" ".join(texts("ENV", stage=LAST)))
    ours = {name: value for name, value in given.items() if name.startswith("COPYDESK_")}
    assert set(ours) <= documents.settings()
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    assert load_settings().database_url == "sqlite+aiosqlite:////data/copydesk.db"
    assert texts("EXPOSE", stage=LAST) == [ours["COPYDESK_PORT"]]
    assert "/data" in texts("VOLUME", stage=LAST)


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str]]]:
    """A server on loopback that always answers so: its port, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (404, False)])
def test_the_health_check_tells_well_from_ill(status: int, healthy: bool):
    words = json.loads(texts("HEALTHCHECK", stage=LAST)[0].partition("CMD ")[2])
    assert words[0] == "python"
    with answering(status) as (port, asked):
        done = subprocess.run(
            [sys.executable, *words[1:]],
            check=False,
            env={"COPYDESK_PORT": str(port), "http_proxy": "http://127.0.0.1:9"},
            timeout=30,
        )
    assert (done.returncode == 0) is healthy
    assert asked == ["/healthz"]
    assert any('"/healthz"' in path.read_text() for path in (ROOT / "app").rglob("*.py"))


def test_the_health_check_fails_where_nobody_answers():
    words = json.loads(texts("HEALTHCHECK", stage=LAST)[0].partition("CMD ")[2])
    with answering(200) as (port, _):
        pass
    command = [sys.executable, *words[1:]]
    done = subprocess.run(
        command,
        check=False,
        env={"COPYDESK_PORT": str(port)},
        stderr=subprocess.DEVNULL,
        timeout=30,
    )
    assert done.returncode != 0


# --- the composition --------------------------------------------------------------------------


def test_it_runs_each_role_beside_one_database():
    assert SERVICES["api"]["deploy"]["replicas"] == 2
    assert SERVICES["poller"]["deploy"]["replicas"] == 2
    assert set(SERVICES) == {"database", "migrate", "api", "poller", "push"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_command_exists(name: str):
    command = OURS[name]["command"]
    assert command[0] in PROJECT["scripts"]
    assert documents.misused(documents.command(), command) == []


def test_only_the_pollers_poll():
    for name in ("api", "push"):
        assert SERVICES[name]["environment"]["COPYDESK_POLL"] == "off"
    assert SERVICES["poller"]["command"] == ["copydesk", "poll"]
    assert SERVICES["migrate"]["command"] == ["copydesk", "migrate"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_environment_is_taken(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    given = {k: filled(str(v)) for k, v in OURS[name]["environment"].items()}
    assert set(given) <= documents.settings()
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    settings = load_settings()
    assert settings.database_url.startswith("postgresql+asyncpg://copydesk:")
    assert settings.poll is (name not in {"api", "push"})
    assert settings.push is (name != "api")
    assert check_database_url(given["COPYDESK_DATABASE_URL"]) == settings.database_url


def filled(value: str) -> str:
    """With a value for each variable that must be set."""
    return re.sub(r"\$\{\w+:\?[^}]*\}", "s3cret0123456789s3cret0123456789", value)


def secrets(services: dict[str, dict[str, Any]]) -> list[str]:
    """Values that hold a secret and are not asked of the one who starts it."""
    return [
        f"{service}: {name}"
        for service, content in services.items()
        for name, value in content.get("environment", {}).items()
        if re.search("KEY|PASSWORD|SECRET|_URL", name) and not re.search(r"\$\{\w+:\?", str(value))
    ]


def test_no_secret_is_written_down():
    assert secrets(SERVICES) == []


def test_a_written_secret_is_seen():
    given = {"A_PASSWORD": "x", "B_PASSWORD": "${B:-x}", "C_KEY": "${C:?set it}"}
    assert secrets({"a": {"environment": given}}) == ["a: A_PASSWORD", "a: B_PASSWORD"]


def test_what_waits_for_what():
    assert SERVICES["database"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert SERVICES["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    for name in ("api", "poller", "push"):
        waits = SERVICES[name]["depends_on"]["migrate"]["condition"]
        assert waits == "service_completed_successfully"
    assert SERVICES["migrate"]["restart"] == "no"


def test_each_role_has_a_health_check_that_it_can_pass():
    assert SERVICES["migrate"]["healthcheck"] == {"disable": True}  # it ends by itself
    for name in ("api", "push"):  # the image's, which asks over HTTP
        assert "healthcheck" not in SERVICES[name]
    kind, *command = SERVICES["poller"]["healthcheck"]["test"]
    assert kind == "CMD"
    assert documents.misused(documents.command(), command) == []


def test_who_is_not_asked_from_outside_listens_to_nobody_outside():
    assert "ports" not in SERVICES["push"]
    assert "--host" not in SERVICES["push"]["command"]


def test_ports_are_open_to_this_machine_only():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(str(port).startswith("127.0.0.1:") for port in ports)


def test_the_dockerfile_reader_joins_and_counts():
    found = instructions("# a\nFROM a AS b\nRUN x \\\n    && y\nFROM c\nUSER 1\n")
    assert [(i.name, i.text, i.stage) for i in found] == [
        ("FROM", "a AS b", 0),
        ("RUN", "x && y", 0),
        ("FROM", "c", 1),
        ("USER", "1", 1),
    ]
