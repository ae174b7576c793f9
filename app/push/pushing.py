"""What a process does for those who follow: webhooks are told, what is old is forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from app.core.search.index import Indexable, IndexTerms
from app.core.webhook import Attempt
from app.push.deliver import Delivered, Deliverer, Pruner
from app.push.match import Matcher
from app.push.sender import DeliveryPolicy, Sender
from app.push.trim import Trimmer
from app.store.engine import Database
from app.store.webhooks import Webhook
from app.work.loops import Loops, Runs


class Pushing:
    """The loops of one process; on PostgreSQL any number of processes share the work."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        policy: DeliveryPolicy,
        *,
        index_terms: Callable[[Sequence[Indexable]], Awaitable[Sequence[IndexTerms]]],
        clock: Callable[[], datetime],
        keep_log: timedelta | None = None,
        on_delivered: Callable[[Delivered], None] = lambda _delivered: None,
        on_unread: Callable[[], None] = lambda: None,
    ) -> None:
        """`keep_log`: how long the change log is kept whole; None: for ever."""
        self._sender = sender
        self.deliverer = Deliverer(database, self._sender, policy, clock, on_delivered)
        self.matcher = Matcher(
            database,
            index_terms=index_terms,
            clock=clock,
            on_made=self.deliverer.wake,
            on_unread=on_unread,
        )
        loops: dict[str, Runs] = {
            "webhook matcher": self.matcher,
            "webhooks": self.deliverer,
            "webhook pruner": Pruner(database, clock),
        }
        if keep_log is not None:
            loops["log trimmer"] = Trimmer(database, keep_log, clock)
        self._loops = Loops(loops)

    async def run(self) -> None:
        """Run until stopped."""
        await self._loops.run()

    def stop(self) -> None:
        self._loops.stop()

    def wake(self) -> None:
        """Look at what is due now rather than in a moment."""
        self.deliverer.wake()

    async def test(self, webhook: Webhook) -> Attempt:
        """Send a message that means nothing, and say what came of it."""
        return await self._sender.test(webhook)
