"""What an operator can do about a feed that fails, by its number."""

from __future__ import annotations

from app.core.types import Failure


def with_next_step(feed_id: int, kind: Failure, detail: str, alternates: tuple[str, ...]) -> str:
    """What a failure says, with the command that mends it where there is one."""
    move = f"copydesk feeds move {feed_id}"
    match kind:
        case Failure.HTML_PAGE if alternates:
            return f"{detail}: {move} {alternates[0]}"
        case Failure.GONE:
            return f"{detail}: {move} NEW, or copydesk feeds delete {feed_id}; its stories stay"
        case Failure.NOT_FOUND:
            return f"{detail}, and move it there: {move} NEW"
        case _:
            return detail
