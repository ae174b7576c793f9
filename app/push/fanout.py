"""One reading of the change log, handed to all who listen for the same."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Final
from weakref import WeakSet

import structlog

from app.errors import Unavailable
from app.push.watch import RETRY_S, LogWatch
from app.store.engine import DATABASE_FAULTS, Database
from app.store.following import Following, Stretch, Told, read_on
from app.work.listening import Batch, Ended

log = structlog.get_logger()

STRETCH: Final = 200
"""Entries that are read at a time."""

MAX_BEHIND: Final = 2_000
"""Entries that are kept for a listener who does not take them."""

MAX_CHANNELS: Final = 200
"""Different things that are followed in one process: the log is read for each when it grows."""

MAX_LISTENERS: Final = 5_000
"""Who follow in one process, at some 40 KB each."""

WAIT_S: Final = 60.0


class Fanout:
    """Reads the log once for all who follow the same, however many they are.

    `write` says how an entry is sent; it is asked once for each, not once for each listener.
    """

    def __init__(
        self,
        database: Database,
        watch: LogWatch,
        *,
        write: Callable[[Told, Following], bytes],
        clock: Callable[[], datetime],
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._database = database
        self.watch = watch
        self._write = write
        self._clock = clock
        self._start = start
        self.on_read: Callable[[], None] = lambda: None
        self._channels: dict[str, _Channel] = {}
        self._everybody: WeakSet[Listener] = WeakSet()

    @property
    def channels(self) -> int:
        """How many different things are followed."""
        return len(self._channels)

    @property
    def listeners(self) -> int:
        """How many listen now to what is new."""
        return sum(len(channel.listeners) for channel in self._channels.values())

    def listen(self, key: str, wanted: Following, after: int) -> Listener:
        """Follow the log from an entry on; `key` tells what is wanted from everything else.

        Raises Unavailable where there are as many listeners, or things followed, as may be.
        """
        if len(self._everybody) >= MAX_LISTENERS:
            raise Unavailable(
                f"{MAX_LISTENERS} clients follow streams of this server: come again in a moment, "
                "or ask GET /v1/changes with wait"
            )
        if self.is_full(key):
            raise Unavailable(
                f"{MAX_CHANNELS} different searches are followed on this server: come again in a "
                "moment, or ask GET /v1/changes with wait"
            )
        listener = Listener(self, key, wanted, after)
        self._everybody.add(listener)
        return listener

    def is_full(self, key: str) -> bool:
        """Whether nobody may begin to follow this."""
        return key not in self._channels and len(self._channels) >= MAX_CHANNELS

    def join(self, listener: Listener) -> bool:
        """Hand on to a listener what comes; False if its place has been passed by already."""
        channel = self._channels.get(listener.key)
        if channel is None:
            channel = _Channel(self, listener.wanted, listener.after)
            self._channels[listener.key] = channel
            self._start(self._keep(listener.key, channel))
        if channel.position > listener.after:
            return False
        channel.listeners.add(listener)
        return True

    def leave(self, listener: Listener) -> None:
        if (channel := self._channels.get(listener.key)) is not None:
            channel.listeners.discard(listener)

    async def read(self, wanted: Following, after: int) -> tuple[Batch, bool]:
        """The next entries after one, and whether there are more."""
        self.on_read()
        async with self._database.read() as session:
            found: Stretch = await read_on(session, wanted, after, STRETCH, self._clock())
        frames = [(told.change.seq, self._write(told, wanted)) for told in found.told]
        return Batch(frames=frames, scanned=found.scanned), found.more

    async def _keep(self, key: str, channel: _Channel) -> None:
        try:
            await channel.run()
        except Exception:
            log.exception("channel_broke")  # its listeners are told to come again
        finally:
            if self._channels.get(key) is channel:
                del self._channels[key]
            for listener in channel.listeners:
                listener.wake()


class _Channel:
    """What many follow alike, from the entry `position` on."""

    def __init__(self, fanout: Fanout, wanted: Following, position: int) -> None:
        self._fanout = fanout
        self._wanted = wanted
        self.position = position
        self.listeners: set[Listener] = set()

    async def run(self) -> None:
        """Until nobody listens any more, or the service stops."""
        watch = self._fanout.watch
        while not watch.stopping:
            news = await watch.beyond(self.position, WAIT_S)
            if not self.listeners:
                return
            if not news:
                continue
            try:
                batch, _ = await self._fanout.read(self._wanted, self.position)
            except DATABASE_FAULTS as error:
                log.warning("database_away", error=str(error), retry_s=RETRY_S)
                await asyncio.sleep(RETRY_S)
                continue
            self.position = batch.scanned
            for listener in tuple(self.listeners):
                listener.offer(batch)


class Listener:
    """One who follows: first what it has missed, then what comes."""

    def __init__(self, fanout: Fanout, key: str, wanted: Following, after: int) -> None:
        self._fanout = fanout
        self.key = key
        self.wanted = wanted
        self.after = after
        self._joined = False
        self._waiting: deque[Batch] = deque()
        self._kept = 0
        self._too_slow = False
        self._news = asyncio.Event()

    async def next(self, timeout_s: float) -> Batch | Ended | None:
        """The next entries; None if there are none for so long. Raises what the database does."""
        if not self._joined:
            if self._fanout.is_full(self.key):
                return Ended.FULL
            batch, more = await self._fanout.read(self.wanted, self.after)
            self.after = batch.scanned
            self._joined = not more and self._fanout.join(self)
            return batch
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return None
        return self._take()

    def offer(self, batch: Batch) -> None:
        """Keep entries until they are taken; too many are let go, and the listener told."""
        self._kept += len(batch.frames)
        if self._kept > MAX_BEHIND:
            self._too_slow = True
            self._waiting.clear()
            self._fanout.leave(self)
        elif not self._too_slow:
            self._waiting.append(batch)
        self._news.set()

    def wake(self) -> None:
        self._news.set()

    def close(self) -> None:
        self._fanout.leave(self)

    def _take(self) -> Batch | Ended:
        """What is kept; entries that were there before it joined it has already."""
        if self._too_slow:
            return Ended.TOO_SLOW
        if not self._waiting:
            return Ended.STOPPING
        batch = self._waiting.popleft()
        self._kept -= len(batch.frames)
        if not self._waiting:
            self._news.clear()
        frames = [frame for frame in batch.frames if frame[0] > self.after]
        self.after = max(self.after, batch.scanned)
        return Batch(frames=frames, scanned=self.after)
