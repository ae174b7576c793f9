"""Saved searches, as models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from app.api.parameters import MAX_VALUES, SearchIn
from app.api.schemas import Answer, Links, PageInfo
from app.api.schemas_admin import Asked, Line
from app.core.search.query_parse import MAX_QUERY_CHARS

Values = Annotated[list[str] | None, Field(max_length=MAX_VALUES)]
NAME_CHARS: Final = 200


class SearchQuery(Asked):
    """What is searched for, by the parameters of `GET /v1/stories`; times have no place in it."""

    q: str | None = Field(None, max_length=MAX_QUERY_CHARS, examples=["ferry -strike"])
    search_in: list[SearchIn] | None = None
    tag: Values = Field(None, examples=[["place:jp|place:kr"]])
    tag_any: Values = None
    tag_none: Values = None
    tag_exact: Values = None
    source: Values = None
    not_source: Values = None
    domain: Values = None
    not_domain: Values = None
    lang: Values = None
    not_lang: Values = None
    country: Values = None
    not_country: Values = None
    author: Values = None
    not_author: Values = None
    agency: Values = None
    not_agency: Values = None


class AddSearch(Asked):
    name: Line = Field(max_length=NAME_CHARS, examples=["Ferries"])
    query: SearchQuery


class ChangeSearch(Asked):
    """What is left out or null stays; a `query` takes the place of the one before as a whole."""

    name: Line | None = Field(None, max_length=NAME_CHARS)
    query: SearchQuery | None = None


class SearchLinks(Answer):
    stories: str
    changes: str
    stream: str
    atom: str
    json_feed: str


class SearchOut(Answer):
    id: str
    name: str
    query: dict[str, Any] = Field(description="As it was saved, without what is empty.")
    owner_id: str | None = Field(description="The key that it belongs to; null: it is everybody's.")
    created_at: datetime
    changed_at: datetime
    links: SearchLinks


class SearchAnswer(Answer):
    data: SearchOut


class SearchList(Answer):
    data: list[SearchOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links
