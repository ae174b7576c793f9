"""Revisions over HTTP: their kinds, what each changed, and a story as it was at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.api.schemas_revisions import RevisionAnswer, RevisionList
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

LINK = "https://harbour.example/ferry"
FERRY = Item(title="Ferry resumes", text="The ferry crossed at dawn.", day=3, link=LINK)
UPDATED = replace(FERRY, text="The ferry crossed at dawn with 40 passengers.")
CORRECTED = replace(
    UPDATED,
    text="The ferry crossed at noon with 40 passengers.\n\n"
    "Correction: An earlier version of this story gave a wrong time.",
)
WITHDRAWN = replace(FERRY, text="This story has been withdrawn.")
BRIDGE = Item(title="Bridge closed", text="The bridge is closed.", day=5)


@pytest.fixture
async def story_id(api: Api, harbour: Publisher) -> str:
    """A story with one revision of each kind, in the order of the enumeration."""
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    [story] = await api.data("/v1/stories", q="ferry")
    for state in (UPDATED, CORRECTED, WITHDRAWN, CORRECTED):
        harbour.pages["/feed"] = atom(state, BRIDGE)
        assert (await api.refresh(feed))["changed"] == 1
    return str(story["id"])


async def test_each_revision_says_of_what_kind_it_is(api: Api, story_id: str) -> None:
    answer = await api.get(f"/v1/stories/{story_id}/revisions")
    found = RevisionList.model_validate_json(answer.content)
    kinds = {revision.revision: revision.kind.value for revision in found.data}
    assert kinds == {5: "restored", 4: "killed", 3: "correction", 2: "update", 1: "first"}
    log = await api.data("/v1/changes")
    assert [change["type"] for change in log if change["story_id"] == story_id] == [
        "story.created",
        "story.updated",
        "story.corrected",
        "story.killed",
        "story.restored",
    ]


@on_both
async def test_revisions_are_paged(api: Api, story_id: str) -> None:
    path = f"/v1/stories/{story_id}/revisions"
    numbers: list[int] = []
    asked: str | None = f"{path}?limit=2"
    while asked:
        page = (await api.get(asked)).json()
        numbers += [revision["revision"] for revision in page["data"]]
        asked = page["links"]["next"]
    assert numbers == [5, 4, 3, 2, 1]


async def test_a_revision_shows_what_it_changed(api: Api, story_id: str) -> None:
    answer = await api.get(f"/v1/stories/{story_id}/revisions/3")
    found = RevisionAnswer.model_validate_json(answer.content).data
    assert found.difference is not None
    assert found.difference.against == 2
    assert found.difference.fields == ["summary", "text"]
    pieces = [(piece.kind, piece.text) for piece in found.difference.text]
    assert pieces[:4] == [
        ("same", "The ferry crossed at "),
        ("removed", "dawn"),
        ("added", "noon"),
        ("same", " with 40 passengers."),
    ]
    assert "".join(text for kind, text in pieces if kind != "removed") == found.text
    assert (found.difference.words_removed, found.difference.words_added) == (1, 12)


async def test_a_revision_can_be_compared_with_any_other(api: Api, story_id: str) -> None:
    found = await api.data(f"/v1/stories/{story_id}/revisions/3", against=1)
    assert found["difference"]["against"] == 1
    removed = [p["text"] for p in found["difference"]["text"] if p["kind"] == "removed"]
    assert removed == ["dawn"]
    first = await api.data(f"/v1/stories/{story_id}/revisions/1")
    assert first["difference"] is None


async def test_a_revision_that_is_not_there_says_which_are(api: Api, story_id: str) -> None:
    for number, against in ((6, None), (1, 9)):
        given = {} if against is None else {"against": against}
        answer = await api.get(f"/v1/stories/{story_id}/revisions/{number}", **given)
        assert answer.status_code == 404
        assert "it has those from 1 to 5" in answer.json()["detail"]


@on_both
async def test_a_story_can_be_read_as_it_was_at_any_time(api: Api, story_id: str) -> None:
    revisions = await api.data(f"/v1/stories/{story_id}/revisions")
    for revision in revisions:
        was = await api.data(f"/v1/stories/{story_id}", as_of=revision["at"])
        assert (was["revision"], was["text"]) == (revision["revision"], revision["text"])
        assert was["status"] == ("killed" if revision["kind"] == "killed" else "live")
        assert was["blocks"] == revision["blocks"]
    now = await api.data(f"/v1/stories/{story_id}", as_of="2999-01-01T00:00:00Z")
    assert now == await api.data(f"/v1/stories/{story_id}")
    early = await api.get(f"/v1/stories/{story_id}", as_of="2001-01-01T00:00:00Z")
    assert early.status_code == 404
    assert "it was first seen at" in early.json()["detail"]
    assert (await api.get(f"/v1/stories/{story_id}", as_of="yesterday")).status_code == 400


async def test_a_withdrawn_story_is_nowhere_but_at_its_own_address(
    api: Api, harbour: Publisher
) -> None:
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    [story] = await api.data("/v1/stories", q="ferry")
    harbour.pages["/feed"] = atom(WITHDRAWN, BRIDGE)
    await api.refresh(feed)
    assert await api.titles() == [BRIDGE.title]
    assert await api.titles(q="ferry") == []
    assert await api.titles(q="withdrawn") == []
    status = (await api.admin.get("/v1/admin/status")).json()["data"]
    assert (status["stories"], status["index"]["outdated"]) == (1, 0)
    killed = await api.data(f"/v1/stories/{story['id']}")
    assert (killed["status"], killed["title"]) == ("killed", FERRY.title)
    assert (killed["text"], killed["html"], killed["blocks"]) == ("", None, [])
    change = (await api.data("/v1/changes"))[-1]
    assert (change["type"], change["story"]["status"]) == ("story.killed", "killed")
    before = await api.data(f"/v1/stories/{story['id']}/revisions/1")
    assert before["text"] == FERRY.text


async def test_a_withdrawal_that_is_repeated_is_one(api: Api, harbour: Publisher) -> None:
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    again = replace(WITHDRAWN, text="This story was withdrawn.")
    for state, changed in ((WITHDRAWN, 1), (again, 0), (WITHDRAWN, 0)):
        harbour.pages["/feed"] = atom(state, BRIDGE)
        assert (await api.refresh(feed))["changed"] == changed
