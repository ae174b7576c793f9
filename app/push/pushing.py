"""All that tells webhooks: what is to be told, the telling, and forgetting what was told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from app.core.search.index import Indexable, IndexTerms
from app.core.webhook import Attempt
from app.net import HttpClients
from app.push.deliver import Delivered, Deliverer, DeliveryPolicy, Pruner, Sender
from app.push.match import Matcher
from app.store.engine import Database
from app.store.webhooks import Webhook
from app.work.loops import Loops


class Pushing:
    """The loops of one process; on PostgreSQL any number of processes share the work."""

    def __init__(
        self,
        database: Database,
        clients: HttpClients,
        policy: DeliveryPolicy,
        *,
        index_terms: Callable[[Sequence[Indexable]], Awaitable[Sequence[IndexTerms]]],
        clock: Callable[[], datetime],
        on_delivered: Callable[[Delivered], None] = lambda _delivered: None,
    ) -> None:
        self._sender = Sender(clients, policy, clock)
        self.deliverer = Deliverer(database, self._sender, policy, clock, on_delivered)
        self.matcher = Matcher(
            database, index_terms=index_terms, clock=clock, on_made=self.deliverer.wake
        )
        self._loops = Loops(
            {
                "webhook matcher": self.matcher,
                "webhooks": self.deliverer,
                "webhook pruner": Pruner(database, clock),
            }
        )

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
