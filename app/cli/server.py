"""Uvicorn as we run it: on a socket of ours, ended by us, over an application that is open."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from app.cli.outcome import Stopped

GRACE_S = 15
"""For requests under way when a stop begins; polls get their own time beside it."""

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


class Server(uvicorn.Server):
    """A server that leaves signals to its owner, so that a stop in order ends with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """Take no more requests and end those under way; the second time, do not wait."""
        self.force_exit = self.should_exit
        self.should_exit = True


def server_of(app: FastAPI) -> Server:
    """A server for an application whose lifespan somebody else has entered."""
    return Server(
        uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; Stopped, with what to do, where there can be none."""
    try:
        return socket.create_server(
            (host.strip("[]"), port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=2048,
        )
    except OSError as error:
        raise Stopped(_bind_fault(host, port, error)) from error


def address_of(listening: socket.socket) -> str:
    """The URL under which this machine reaches the socket."""
    host, port = listening.getsockname()[:2]
    host = _ANY.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bind_fault(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} on {host} is in use: stop what uses it, or take another port "
                "(--port or COPYDESK_PORT; 0 takes a free one)"
            )
        case errno.EACCES:
            return f"port {port} may not be used by this user: take one above 1023 (--port)"
        case errno.EADDRNOTAVAIL | socket.EAI_NONAME | socket.EAI_AGAIN:
            return f"{host} is no address of this machine: see --host and COPYDESK_HOST"
        case _:
            return f"{host} port {port} cannot be listened on: {error.strerror}"
