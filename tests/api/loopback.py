"""The running application on a port of this machine, for readers that are programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.cli.server import address_of, bind, server_of
from tests.api.conftest import Api


@asynccontextmanager
async def served(api: Api) -> AsyncIterator[str]:
    """The address, without a slash at its end, while it is served."""
    server = server_of(api.app)
    with bind("127.0.0.1", 0) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield address_of(listening)
        finally:
            server.stop()
            await serving
