"""What feeds of the world do to their readers, one trap after another, and what comes out.

Each was seen in real feeds; the words here are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from app.core.identity import keys_of
from app.core.normal.dates import read_date
from app.core.normal.normalize import normalize
from app.core.parse.document import parse
from app.core.rhythm import seeded
from app.core.schedule import Pace, PollPolicy, next_poll
from app.core.story import Story
from app.core.types import ParsedFeed, ServerHints
from app.core.writes import feed_context

NOW: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL: Final = "https://n.example/feed"
FERRY: Final = (
    "The ferry left the harbour on Tuesday morning after a winter of repairs. "
    "Three hundred people were on board."
)


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A trap, whether it was passed, and what came out."""

    name: str
    passed: bool
    came: str


def traps() -> Iterator[Trap]:
    """All of them, in the order of their numbers of victims."""
    for name, check in _CHECKS.items():
        passed, came = check()
        yield Trap(name=name, passed=passed, came=came)


# --- documents --------------------------------------------------------------------------------


def _item(number: int = 1, /, **said: str) -> str:
    fields = {"title": f"Ferry {number}", "link": f"https://n.example/{number}"} | said
    return "<item>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in fields.items()) + "</item>"


def _feed(*items: str, language: str = "en") -> ParsedFeed:
    document = (
        "<rss version='2.0'><channel><title>Harbour News</title>"
        f"<language>{language}</language>{''.join(items)}</channel></rss>"
    )
    read = parse(document.encode(), content_type="text/xml", url=URL)
    if not isinstance(read, ParsedFeed):
        raise TypeError(read.detail)
    return read


def _stories(feed: ParsedFeed, *, time_zone: str | None = None) -> list[Story]:
    context = feed_context(feed, feed_url=URL, time_zone=time_zone)
    return [normalize(entry, context, NOW) for entry in feed.entries]


def _story(**said: str) -> Story:
    return _stories(_feed(_item(1, **said)))[0]


# --- the traps --------------------------------------------------------------------------------

Outcome = tuple[bool, str]


def _lead(text: str, **expected: object) -> Callable[[], Outcome]:
    """A text whose opening says who, where and from whom."""

    def check() -> Outcome:
        story = _story(description=text)
        came = {
            "agency": story.agency.code if story.agency else None,
            "dateline": story.dateline.text if story.dateline else None,
            "authors": story.authors,
        }
        began = story.text.startswith(("The ferry", "여객선이"))
        said = ", ".join(f"{name} {value!r}" for name, value in came.items() if value)
        return began and all(came[name] == value for name, value in expected.items()), said

    return check


def _author_of_agencies() -> Outcome:
    story = _story(author="none@none.com (AFP | Reuters)", description=FERRY)
    agency = story.agency.code if story.agency else None
    return (agency, story.authors) == ("afp", ()), f"agency {agency!r}, authors {story.authors}"


def _wild_date() -> Outcome:
    feed = _feed(_item(pubDate="Thu,28 Jul 2022 4:35:5 GMT+9", description=FERRY), language="US")
    story = _stories(feed)[0]
    at = datetime(2022, 7, 27, 19, 35, 5, tzinfo=UTC)
    came = f"{story.published_at.isoformat()}, language {story.language!r}"
    return (story.published_at, story.language) == (at, "en"), came


def _zones() -> Outcome:
    said = ("EST", "JST", "KST")
    read = [read_date(f"Tue, 03 Nov 2026 09:00:00 {zone}") for zone in said]
    hours = [date.at.hour if date else None for date in read]
    came = ", ".join(
        f"09:00 {zone} is {hour:02} UTC" for zone, hour in zip(said, hours, strict=True)
    )
    return hours == [14, 0, 0], came


def _mojibake() -> Outcome:
    title = _story(title="National â€º Harbour reopens").title
    return title == "National › Harbour reopens", repr(title)


def _invisible() -> Outcome:
    story = _story(title="Har\u00adbour re\u200bopens", description=FERRY.replace("h", "h\u00ad"))
    passed = story.title == "Harbour reopens" and story.text.replace("\n\n", " ") == FERRY
    return passed, repr(story.title)


def _opening_twice() -> Outcome:
    first, second = FERRY.split(". ")
    text = f"<p>{first}.</p><p>{first}. {second}</p>"
    story = _story(description=text)
    return story.text.count("The ferry") == 1, f"{story.word_count} words, once"


def _one_link_four_times() -> Outcome:
    items = [_item(n, link="https://n.example/live", guid=f"live-{n}") for n in range(4)]
    again = [_item(9, guid="same") for _ in range(4)]
    told, folded = len(keys_of(_feed(*items).entries)), len(keys_of(_feed(*again).entries))
    return (told, folded) == (4, 1), f"4 titles: {told} stories; 4 times the same: {folded}"


def _a_year_old() -> Outcome:
    days = [NOW - timedelta(days=365 + n) for n in range(5)]
    learned = seeded((day.timestamp() for day in days), NOW.timestamp(), window=len(days))
    policy = PollPolicy()
    following = next_poll(
        NOW, policy=policy, pace=Pace(), hints=ServerHints(), jitter=0.0, rhythm=learned
    )
    wait = following.at - NOW
    return wait == timedelta(seconds=policy.max_interval_s), f"polled again in {wait}"


def _many() -> Outcome:
    feed = _feed(*(_item(n) for n in range(60_000)))
    came = f"{len(feed.entries)} read, {feed.dropped} beyond the cap"
    return (len(feed.entries), feed.dropped) == (2000, 58_000), came


_CHECKS: Final[dict[str, Callable[[], Outcome]]] = {
    "author none@none.com (AFP | Reuters)": _author_of_agencies,
    "By A and B DUBAI, Feb 17 (Reuters) -": _lead(
        f"By Ada Lund and Kim Low DUBAI, Feb 17 (Reuters) - {FERRY}",
        agency="reuters",
        dateline="DUBAI, Feb 17",
        authors=("Ada Lund", "Kim Low"),
    ),
    "MOSUL, Iraq/BAGHDAD (Reuters) -": _lead(
        f"MOSUL, Iraq/BAGHDAD (Reuters) - {FERRY}",
        agency="reuters",
        dateline="MOSUL, Iraq/BAGHDAD",
    ),
    "SAITAMA, Japan, Dec. 9 Kyodo -": _lead(
        f"SAITAMA, Japan, Dec. 9 Kyodo - {FERRY}",
        agency="kyodo",
        dateline="SAITAMA, Japan, Dec. 9",
    ),
    "(서울=연합뉴스)": _lead(
        "(서울=연합뉴스) 홍길동 기자 = 여객선이 화요일 아침 수리를 마치고 항구를 떠났다.",
        agency="yonhap",
        dateline="서울",
        authors=("홍길동",),
    ),
    "Thu,28 Jul 2022 4:35:5 GMT+9 and <language>US": _wild_date,
    "EST, JST, KST": _zones,
    "mojibake in a title": _mojibake,
    "soft hyphens and zero-width characters": _invisible,
    "the first sentence twice": _opening_twice,
    "one link four times": _one_link_four_times,
    "the newest entry a year old": _a_year_old,
    "60,000 entries": _many,
}
