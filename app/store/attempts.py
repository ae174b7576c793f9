"""Documents that may be the death of whoever reads them: counted before, and kept for a look."""

from __future__ import annotations

from sqlalchemy import update

from app.core.poll import ClaimedFeed, KeptBody
from app.store.engine import WriteSession
from app.store.finish import keep_body
from app.store.models import feeds


async def begin_reading(session: WriteSession, feed: ClaimedFeed, body: KeptBody | None) -> None:
    """Count that a document is about to be read; whatever comes of the poll forgets it.

    `body` is the document, where one was counted before and not forgotten: it is kept for a look.

    What nobody lived to forget is evidence against the document. A poller that is killed while it
    waits for a server leaves none.
    """
    counted = await session.execute(
        update(feeds)
        .where(feeds.c.id == feed.id, feeds.c.lease_token == feed.lease_token)
        .values(attempts=feed.attempts + 1)
    )
    if counted.rowcount and body is not None:
        await keep_body(session, feed.id, body, feed.claimed_at)
