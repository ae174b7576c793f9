"""The stories that a change of a rule can concern, as far as the search index tells."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, column, select, text, union_all

from app.core.search.conditions import condition_of
from app.core.search.query import Field, QueryTree, any_of
from app.core.search.query_parse import parse_query
from app.core.story import StoryStatus
from app.core.tagging.concern import moves_words, reach
from app.core.tagging.policy import unpack_policy
from app.store.asking import story_languages
from app.store.engine import WriteSession
from app.store.models import stories
from app.store.policy import read_policy
from app.store.reindex import count_outdated
from app.store.search import matching


async def stories_concerned(
    session: WriteSession, queries: Iterable[str]
) -> Select[tuple[int]] | None:
    """The ids of all stories that rules with these searches match, and some more; None where it
    can be any.

    The policy is as it is before the change. Stories that are dropped are not in the index.
    """
    trees = [reach(parse_query(query)) for query in dict.fromkeys(queries)]
    bounded: list[QueryTree] = [tree for tree in trees if tree is not None]
    policy = unpack_policy(await read_policy(session))
    if len(bounded) < len(trees) or moves_words(policy.rules) or await count_outdated(session):
        return None
    condition = condition_of(any_of(bounded), Field.TEXT, await story_languages(session))
    source, parameters = matching(session.dialect, condition, folded=True)
    found = text(f"SELECT hit.id FROM {source}").bindparams(**parameters)  # noqa: S608 - the index's own SQL
    indexed = found.columns(column("id", stories.c.id.type)).subquery()
    dropped = select(stories.c.id).where(stories.c.status == StoryStatus.DROPPED.value)
    both = union_all(select(indexed.c.id), dropped).subquery()
    return select(both.c.id)
