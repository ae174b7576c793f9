"""A feed as a poll takes it along: all that the database has of it, at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from app.core.feed_news import Trouble
from app.core.poll import ClaimedFeed
from app.core.schedule import Pace, PollPolicy
from app.core.types import Validators
from app.store.clock import now_ms
from app.store.credentials import has_credentials
from app.store.engine import ReadSession, from_ms
from app.store.models import feeds, sources, subscriptions
from app.store.standing import standing_of
from app.store.subscriptions import proven


async def read_claimed(
    session: ReadSession, ids: Sequence[int], policy: PollPolicy
) -> dict[int, ClaimedFeed]:
    """Feeds by their ids, as they are now; `policy` holds where a feed has no bounds of its own."""
    rows = await session.execute(
        select(
            feeds,
            sources.c.name.label("source_name"),
            sources.c.domain.label("source_domain"),
            sources.c.country.label("source_country"),
            has_credentials().label("authenticates"),
            select(proven())
            .where(subscriptions.c.feed_id == feeds.c.id)
            .scalar_subquery()
            .label("pushed"),
            now_ms().label("now_ms"),
        )
        .join(sources, sources.c.id == feeds.c.source_id)
        .where(feeds.c.id.in_(ids))
    )
    return {row.id: _state(row, policy) for row in rows}


def _state(row: Row[Any], policy: PollPolicy) -> ClaimedFeed:
    standing = standing_of(row)
    return ClaimedFeed(
        id=row.id,
        url=row.url,
        host=row.host,
        claimed_at=from_ms(row.now_ms),
        due_at=row.next_poll_at,
        worker=row.lease_owner,
        source_id=row.source_id,
        source_name=row.source_name,
        source_domain=row.source_domain,
        source_country=row.source_country,
        lease_token=row.lease_token,
        attempts=row.attempts,
        title=row.title,
        site_url=row.site_url,
        language=row.language,
        time_zone=row.time_zone,
        full_text=row.full_text,
        authenticates=bool(row.authenticates),
        validators=Validators(etag=row.etag, last_modified=row.last_modified),
        validators_url=row.validators_url,
        body_hash=row.body_hash,
        failures=row.failures,
        pace=Pace(
            gap_s=row.gap_s,
            newest_at=row.newest_at,
            ttl_s=row.ttl_s,
            skip_hours=frozenset(row.skip_hours),
            skip_days=frozenset(row.skip_days),
        ),
        policy=PollPolicy(
            min_interval_s=row.min_interval_s or policy.min_interval_s,
            max_interval_s=row.max_interval_s or policy.max_interval_s,
            pushed=bool(row.pushed),
            greed=policy.greed,
        ),
        last_success_at=row.last_success_at,
        last_new_at=row.last_new_at,
        history=row.history,
        silent_since=row.silent_since,
        trouble=Trouble(row.trouble) if row.trouble else None,
        guids_unstable=row.guids_unstable,
        trust=standing.trust,
        sighting=standing.sighting,
        alternates=tuple(row.alternates),
    )
