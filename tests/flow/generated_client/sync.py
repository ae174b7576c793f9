"""The loop of docs/following.md by a generated client: a line for each of so many changes.

Run in the client's environment, with the folder on the path that `desk_client` was generated in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from desk_client import AuthenticatedClient
from desk_client.api.changes import list_changes
from desk_client.models import ChangeList, ChangeOut


def follow(client: AuthenticatedClient) -> Iterator[ChangeOut]:
    """Every change from the beginning on, and those that come."""
    after: str | None = "0"
    while after is not None:
        page = list_changes.sync(client=client, after=after, limit=2, wait=60)
        assert isinstance(page, ChangeList), page
        for change in page.data:
            assert isinstance(change, ChangeOut), "of feeds only who asks for them is told"
            yield change
        after = page.page.next_cursor


def main(address: str, key: str, how_many: int) -> None:
    with AuthenticatedClient(base_url=address, token=key, timeout=None) as client:
        changes = follow(client)
        for _ in range(how_many):
            change = next(changes)
            assert change.story is not None
            line = [change.seq, change.type_.value, change.story.title, change.story.revision]
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
