"""The wheel is enough: it carries all that the service needs, and runs in an empty folder."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from pathlib import Path

import pytest

from tests import house
from tests.conftest import ROOT

STARTUP_S = 60


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with what is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def carried(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def tracked(folder: str) -> set[str]:
    paths = (path.relative_to(ROOT).as_posix() for path in house.files(ROOT))
    return {path for path in paths if path.startswith(f"{folder}/")}


def test_it_carries_the_package_with_its_data(carried: set[str]):
    assert tracked("app") - carried == set()
    assert {"app/py.typed", "app/core/vocab/starter.opml"} <= carried


def test_it_carries_the_migrations(carried: set[str]):
    inside = {
        f"app/_migrations/{path.removeprefix('migrations/')}" for path in tracked("migrations")
    }
    assert inside - carried == set()
    assert {"app/_migrations/env.py", "app/_migrations/script.py.mako"} <= carried
    assert any(name.startswith("app/_migrations/versions/0001") for name in carried)


def test_it_carries_nothing_else(carried: set[str]):
    tops = {name.partition("/")[0] for name in carried}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"app"}
    assert [name for name in carried if "test" in name or name.endswith((".pyc", ".db"))] == []


def test_it_says_what_it_is(wheel: Path, carried: set[str]):
    (info,) = {name.partition("/")[0] for name in carried if ".dist-info/" in name}
    files = zipfile.ZipFile(wheel)
    assert "copydesk = app.__main__:main" in files.read(f"{info}/entry_points.txt").decode()
    metadata = files.read(f"{info}/METADATA").decode()
    assert "Requires-Python: >=3.11" in metadata
    assert "License-Expression: MIT" in metadata
    assert f"{info}/licenses/LICENSE" in carried


# --- in an empty folder -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `copydesk` of a new environment that holds the wheel.

    Its dependencies are those installed here, by a path file; the project is not, because a path
    file's folder is searched but its own path files (the editable install) are not read.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run(
        [*pip, "--no-deps", "--no-index", "--disable-pip-version-check", wheel],
        check=True,
        timeout=120,
    )
    scheme = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    Path(scheme, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "copydesk"


def run(command: Path, *words: str, cwd: Path) -> str:
    done = subprocess.run(
        [command, *words], check=False, cwd=cwd, capture_output=True, text=True, timeout=STARTUP_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path):
    where = run(
        installed.with_name("python"), "-c", "import app; print(app.__file__)", cwd=tmp_path
    )
    assert Path(where.strip()).is_relative_to(installed.parent.parent)


@pytest.mark.slow
def test_it_explains_itself_and_makes_its_database(installed: Path, tmp_path: Path):
    assert "migrate" in run(installed, "--help", cwd=tmp_path)
    run(installed, "migrate", cwd=tmp_path)
    run(installed, "migrate", cwd=tmp_path)
    assert (tmp_path / "copydesk.db").stat().st_size > 0


@pytest.mark.slow
def test_it_serves_and_stops_when_asked(installed: Path, tmp_path: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path / "log").open("w+")
    server = subprocess.Popen(
        [installed, "serve", "--port", str(port), "--no-poll"],
        cwd=tmp_path,
        env={**os.environ, "COPYDESK_ADMIN_KEY": "a-key-for-this-test"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    with log, server:
        try:
            assert wait_for(port, "/healthz", server) == 200, Path(log.name).read_text()
            assert get(port, "/v1/stories") == 200
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0, Path(log.name).read_text()
        finally:
            server.kill()


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def wait_for(port: int, path: str, server: subprocess.Popen[bytes]) -> int | None:
    """The first answer of a server that is starting; None if it ends or does not come up."""
    deadline = time.monotonic() + STARTUP_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return get(port, path)
        except OSError:
            time.sleep(0.05)
    return None
