"""The demo in three acts; each claim it makes is held against what the API answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from app.cli.demo import texts
from app.cli.demo.publisher import Publisher
from app.cli.demo.stage import Stage, changes, expect, picked, polls, stories
from app.cli.demo.stage import texts as text_of
from app.cli.demo.texts import COURIER, FEEDS, FERRIES, POST, SHIMPO
from app.cli.outcome import Stopped

FOUND: Final = ("format", "title", "entries")

Ids = dict[str, str]
"""The feed at each path."""


async def play(stage: Stage, publisher: Publisher) -> None:
    """All acts; Stopped where something is not as it should be."""
    start = datetime.now(UTC).replace(microsecond=0)
    if (await stage.api.get("/v1/admin/feeds", limit=1))["data"]:
        raise Stopped("the database has feeds already: the demo needs an empty one")
    stage.say("Three papers and a ferry line publish on this machine. All they say is invented.")
    publisher.documents = texts.documents(1, start)
    feeds = await _add(stage, publisher)
    await _stories_arrive(stage, feeds)
    publisher.documents = texts.documents(2, start)
    publisher.failing = {FERRIES}
    await _second_round(stage, feeds)
    publisher.documents = texts.documents(3, start)
    publisher.failing = set()
    await _third_round(stage, feeds)


async def _add(stage: Stage, publisher: Publisher) -> Ids:
    """Add the feeds, each tried before it is taken."""
    stage.say("An operator adds their feeds: RSS, Atom and JSON Feed.")
    feeds = {}
    for path in FEEDS:
        added = await stage.post(
            "/v1/admin/feeds",
            lambda answer: [{name: answer["found"][name] for name in FOUND}],
            {"url": publisher.url + path},
        )
        feeds[path] = added["data"]["id"]
    return feeds


async def _poll(stage: Stage, feeds: Ids) -> dict[str, tuple[str, int, int]]:
    """Poll each feed now; its outcome, and how many stories were new and changed."""
    outcomes = {}
    for path, feed_id in feeds.items():
        answer = await stage.post(f"/v1/admin/feeds/{feed_id}:refresh", polls, wait="true")
        row = answer["data"]
        outcomes[path] = (row["outcome"], row["new"], row["changed"])
    return outcomes


async def _stories_arrive(stage: Stage, feeds: Ids) -> None:
    stage.say("They are polled; here by hand, otherwise when the time has come.")
    expect(
        "the first round",
        await _poll(stage, feeds),
        {
            COURIER: ("new", 3, 0),
            POST: ("new", 1, 0),
            SHIMPO: ("new", 2, 0),
            FERRIES: ("new", 1, 0),
        },
    )
    stage.say("Another service asks for the newest stories …")
    newest = await stage.get("/v1/stories", stories, limit="3")
    expect("stories in all", newest["meta"]["total"], 7)
    stage.say("… for words, in whatever language …")
    found = await stage.get("/v1/stories", stories, q='"harbour council" -bridge')
    expect("a phrase", titles(found), [texts.FARES.title])
    found = await stage.get("/v1/stories", stories, q="灯台")
    expect("Japanese words", titles(found), [texts.JAPANESE_WIRE.title])
    stage.say("… for what one agency wrote, in whichever paper it stands.")
    found = await stage.get("/v1/stories", stories, tag="agency:kyodo")
    expect("the agency's stories", len(found["data"]), 2)
    await _one_story(stage, found["data"][1]["id"])


async def _one_story(stage: Stage, story_id: str) -> None:
    stage.say("One of them in full: what is the story, and what only stands around it.")
    story = (await stage.get(f"/v1/stories/{story_id}", text_of))["data"]
    kinds = [block["type"] for block in story["blocks"]]
    expect("its parts", kinds, ["dateline", "paragraph", "paragraph", "paragraph", "boilerplate"])
    expect("its words", story["text"], "\n\n".join(texts.LIGHTHOUSE))


async def _second_round(stage: Stage, feeds: Ids) -> None:
    before = (await stage.api.get("/v1/changes", limit=1))["meta"]["last_seq"]
    stage.say(
        "The second round: the Courier corrects a story, the Post reprints the agency's, "
        "the ferry line's server fails."
    )
    expect(
        "the second round",
        await _poll(stage, feeds),
        {
            COURIER: ("changed", 0, 1),
            POST: ("new", 1, 0),
            SHIMPO: ("not_modified", 0, 0),
            FERRIES: ("failed", 0, 0),
        },
    )
    stage.say("The other service reads on where it was, and misses nothing.")
    since = await stage.get("/v1/changes", changes, after=str(before))
    kinds = [change["type"] for change in since["data"]]
    expect("the changes", kinds, ["story.corrected", "story.created", "story.merged"])
    await _revisions(stage, since["data"][0]["story_id"])
    stage.say("The agency's story now stands in two papers.")
    found = await stage.get("/v1/stories", stories, tag="agency:kyodo", lang="en")
    sources = [story["source"]["domain"] for story in found["data"]]
    expect("its papers", sources, ["upland-post.example", "harbour-courier.example"])


async def _revisions(stage: Stage, story_id: str) -> None:
    stage.say("The corrected story keeps what it said before.")
    seen = await stage.get(f"/v1/stories/{story_id}/revisions", _fares)
    amounts = [_amount(revision) for revision in seen["data"]]
    expect("its revisions", amounts, ["14 cents", "40 cents"])


async def _third_round(stage: Stage, feeds: Ids) -> None:
    stage.say("The third round: the ferry line is back. What has not changed costs nothing.")
    expect(
        "the third round",
        await _poll(stage, feeds),
        {
            COURIER: ("not_modified", 0, 0),
            POST: ("not_modified", 0, 0),
            SHIMPO: ("not_modified", 0, 0),
            FERRIES: ("new", 1, 0),
        },
    )
    stage.say("The ledger tells of each poll of the feed that failed, and why the next is when.")
    ledger = await stage.get(f"/v1/admin/feeds/{feeds[FERRIES]}/fetches", polls)
    outcomes = [(row["outcome"], row["status"]) for row in ledger["data"]]
    expect("the ledger", outcomes, [("new", 200), ("failed", 503), ("new", 200)])
    stage.say("And the whole in figures.")
    status = await stage.get("/v1/admin/status", picked(("feeds", "stories", "last_seq")))
    expect("stories at the end", status["data"]["stories"], 9)
    expect("feeds that do well", status["data"]["feeds"]["ok"], len(FEEDS))


def titles(answer: Any) -> list[str]:  # noqa: ANN401 - JSON
    return [story["title"] for story in answer["data"]]


def _fares(answer: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return [
        {"revision": revision["revision"], "at": revision["at"], "text": _sentence(revision)}
        for revision in answer["data"]
    ]


def _sentence(revision: dict[str, Any]) -> str:
    """The second paragraph, which was wrong at first."""
    return str(revision["text"].split("\n\n")[1])


def _amount(revision: dict[str, Any]) -> str:
    words = _sentence(revision).split(" by ")[1].split(",")[0]
    return words.strip()
