"""PostgreSQL servers that a test may kill, restart and promote: one alone, or with a standby."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.postgres import free_port, identity, init, memory, reachable_binaries, tail

# The shell outlives a killed pytest, and takes the servers and their data away with it.
KEEPER = """
trap '' INT TERM HUP
read -r _
for data in "$2"/*/data; do
  "$1/pg_ctl" stop --silent --mode=immediate -D "$data" >/dev/null 2>&1
done
rm -rf "$2" 2>/dev/null
"""

SYNCHRONOUS = ("-c synchronous_standby_names=*", "-c synchronous_commit=remote_apply")
"""A commit is told to its caller when the standby has it and shows it."""


class NodeFailed(Exception):
    """A server did not do what it was asked; the message carries the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """One server with its own data folder and port, on loopback."""

    programs: Path
    folder: Path
    owner: str | None
    password: str
    port: int = field(default_factory=free_port)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self, *options: str) -> None:
        given = " ".join((f"-p {self.port}", *options))
        await self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.log, "-o", given)

    async def restart(self) -> None:
        await self._run("pg_ctl", "restart", "-w", "-m", "fast", "-D", self.data, "-l", self.log)

    async def stop(self) -> None:
        """At once, as when the machine is told to go down: connections are cut."""
        await self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)

    def kill(self) -> None:
        """SIGKILL to the server; its processes go when they see that it has gone."""
        pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)

    async def promote(self) -> None:
        await self._run("pg_ctl", "promote", "-w", "-D", self.data)

    async def standby(self, name: str) -> Node:
        """A copy of this server that follows it; it is not started."""
        folder = new_folder(self.folder.parent / name, self.owner)
        made = replace(self, folder=folder, port=free_port())
        source = f"host=127.0.0.1 port={self.port} user=postgres password={self.password}"
        await self._run("pg_basebackup", "-d", source, "-D", made.data, "-R", "-c", "fast")
        return made

    async def create(self, name: str) -> None:
        source = f"host=127.0.0.1 port={self.port} user=postgres password={self.password}"
        await self._run("psql", "-qX", "-d", source, "-c", f'CREATE DATABASE "{name}"')

    async def ask(self, query: str) -> str:
        source = f"host=127.0.0.1 port={self.port} user=postgres password={self.password}"
        return (await self._run("psql", "-qXAt", "-d", source, "-c", query)).strip()

    @property
    def log(self) -> Path:
        return self.folder / "log"

    async def _run(self, program: str, *words: str | Path) -> str:
        # Into a file: a server that pg_ctl has started keeps its pipes open.
        said = self.folder / f"said-{secrets.token_hex(3)}"
        with said.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                self.programs / program,
                *words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                **identity(self.owner, self.folder),
            )
        if await asyncio.wait_for(process.wait(), 60):
            raise NodeFailed(f"{program}: {tail(said)}{tail(self.log)}")
        return said.read_text()


@contextmanager
def new_node() -> Iterator[Node]:
    """A server that was made but not started; gone, with its standbys, when the block ends."""
    owner = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="copydesk-cluster-", dir=memory()))
    try:
        programs = reachable_binaries(folder, owner)
        first = new_folder(folder / "first", owner)
        password = secrets.token_hex(16)
        init(programs, first, owner, password)
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "keeper", programs, folder],
            stdin=subprocess.PIPE,
            start_new_session=True,
            **identity(owner, folder),
        )
        with keeper:
            yield Node(programs=programs, folder=first, owner=owner, password=password)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_folder(path: Path, owner: str | None) -> Path:
    path.mkdir()
    if owner is not None:
        shutil.chown(path, owner)
    return path


def database_url(name: str, *nodes: Node) -> str:
    """The address of a database on whichever of the servers takes writes."""
    user = f"postgresql://postgres:{nodes[0].password}@"
    if len(nodes) == 1:
        return f"{user}{nodes[0].address}/{name}"
    hosts = "&".join(f"host={node.address}" for node in nodes)
    return f"{user}/{name}?{hosts}&target_session_attrs=read-write"
