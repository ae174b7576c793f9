"""One story on record made again in a worker process, while somebody waits for it."""

from __future__ import annotations

from app.core.make import Made, Making, make_again
from app.errors import Unavailable
from app.ingest.offload import Offload, OffloadFailed


async def make_one(offload: Offload, making: Making) -> Made:
    """Raises Unavailable where no worker can make it."""
    made = await offload.run(make_again, [making])
    if isinstance(made, OffloadFailed):
        raise Unavailable(f"the story could not be made again ({made.detail})")
    return made[0]
