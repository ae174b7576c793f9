"""What the demo's publishers write: invented places and events, in English and Japanese."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any, Final

import orjson

from app.cli.demo.publisher import Published

COURIER: Final = "/courier.rss"
POST: Final = "/post.atom"
SHIMPO: Final = "/shimpo.rss"
FERRIES: Final = "/ferries.json"
FEEDS: Final = (COURIER, POST, SHIMPO, FERRIES)

NEWSLETTER: Final = "Sign up for our morning newsletter and get the news from the harbour first."
CORRECTION: Final = (
    "Correction: an earlier version of this story gave the rise as 40 cents; it is 14 cents."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One story as its publisher writes it; `age` is how old it is when the demo begins."""

    url: str
    title: str
    paragraphs: tuple[str, ...]
    age: timedelta
    category: str
    author: str | None = None

    @property
    def html(self) -> str:
        return "".join(f"<p>{escape(text)}</p>" for text in self.paragraphs)


LIGHTHOUSE: Final = (
    "The lighthouse on Cape Shiranami has been lit for the first time in two years, after repairs.",
    "Its lens, made in 1911, was taken apart into 48 panes of glass, which were cleaned by hand.",
    "The light can be seen from 35 kilometers away. The gallery opens to visitors in April.",
)

FARES: Final = Item(
    url="https://harbour-courier.example/2026/ferry-fares",
    title="Harbour council puts off vote on ferry fares",
    paragraphs=(
        "The harbour council put off a vote on new ferry fares until January.",
        "Under the plan a single ticket would rise by 40 cents, the first rise in six years.",
        "Passengers may comment on the plan at the pier office until the end of December.",
    ),
    age=timedelta(hours=3),
    category="Transport",
    author="Mara Lindqvist",
)

CORRECTED_FARES: Final = replace(
    FARES,
    paragraphs=(
        FARES.paragraphs[0],
        FARES.paragraphs[1].replace("40 cents", "14 cents"),
        FARES.paragraphs[2],
        CORRECTION,
    ),
)

TERNS: Final = Item(
    url="https://harbour-courier.example/2026/terns",
    title="Volunteers count 212 terns on the breakwater",
    paragraphs=(
        "Volunteers counted 212 terns on the breakwater this season, eleven more than last year.",
        "The gravel that was spread there in spring has drawn the birds away from the pier.",
    ),
    age=timedelta(hours=5),
    category="Nature",
)

BRIDGE: Final = Item(
    url="https://upland-post.example/mill-bridge",
    title="Mill bridge closed for a week",
    paragraphs=(
        "The bridge at the old mill is closed for a week while its bearings are replaced.",
        "Buses take the valley road; the detour adds about ten minutes.",
    ),
    age=timedelta(hours=6),
    category="Transport",
)

LIBRARY: Final = Item(
    url="https://minato-shimpo.example/2026/library",
    title="港の図書館、土曜の夜も開館へ",
    paragraphs=(
        "港町の図書館は来月から、土曜の開館時間を午後九時まで延ばすと発表した。",
        "利用者へのアンケートで、夜に本を読みたいという声が多かったという。",
    ),
    age=timedelta(hours=4),
    category="くらし",
)

NOTICES: Final = (
    Item(
        url="https://harbour-ferries.example/notices/101",
        title="No 7:15 boat to the island on Sunday",
        paragraphs=("The 7:15 boat to the island does not run on Sunday. The 8:00 boat does.",),
        age=timedelta(hours=8),
        category="Notices",
    ),
    Item(
        url="https://harbour-ferries.example/notices/102",
        title="Pier 3 closed to bicycles",
        paragraphs=("Pier 3 is closed to bicycles while its planks are replaced: use pier 4.",),
        age=timedelta(minutes=10),
        category="Notices",
    ),
)


def wire(at: datetime) -> Item:
    """The agency's story as the Courier prints it, credit, newsletter and all."""
    lead = f"SHIRANAMI, Japan, {_day(at)} (Kyodo) - {LIGHTHOUSE[0]}"
    return Item(
        url="https://harbour-courier.example/2026/cape-shiranami",
        title="Cape Shiranami lighthouse lit again after two years",
        paragraphs=(lead, *LIGHTHOUSE[1:], NEWSLETTER),
        age=timedelta(hours=2),
        category="Coast",
    )


def reprint(at: datetime) -> Item:
    """The same story under the Post's headline."""
    lead = f"SHIRANAMI, Japan, {_day(at)} (Kyodo) - {LIGHTHOUSE[0]}"
    return Item(
        url="https://upland-post.example/shiranami-light",
        title="Old light shines again over the strait",
        paragraphs=(lead, *LIGHTHOUSE[1:]),
        age=timedelta(minutes=50),
        category="World",
    )


JAPANESE_WIRE: Final = Item(
    url="https://minato-shimpo.example/2026/todai",
    title="白波岬の灯台、二年ぶりに点灯",
    paragraphs=(
        "【白波共同】白波岬の灯台が夕方、塔とレンズの修理を終え、二年ぶりに点灯した。",
        "一九一一年製のレンズは四十八枚のガラスに分けて磨かれ、元どおりに組み立てられた。",
        "光は三十五キロ先まで届く。四月からは展望台に登ることができる。",
    ),
    age=timedelta(hours=1),
    category="社会",
)


def documents(act: int, start: datetime) -> dict[str, Published]:
    """What stands at each path in act 1, 2 or 3."""
    fares = FARES if act == 1 else CORRECTED_FARES
    reprints = () if act == 1 else (reprint(start),)
    notices = NOTICES if act > 2 else NOTICES[:1]  # noqa: PLR2004 - the last act
    return {
        COURIER: rss("The Harbour Courier", "en", (wire(start), fares, TERNS), start),
        POST: atom("The Upland Post", (*reprints, BRIDGE), start),
        SHIMPO: rss("みなと新報", "ja", (JAPANESE_WIRE, LIBRARY), start),
        FERRIES: json_feed("Harbour Ferries", notices, start),
    }


def rss(title: str, language: str, items: tuple[Item, ...], start: datetime) -> Published:
    """RSS 2.0 with the text in content:encoded."""
    shown = "".join(
        f"<item><title>{escape(item.title)}</title><link>{item.url}</link>"
        f"<guid>{item.url}</guid><category>{escape(item.category)}</category>"
        f"{_creator(item)}<pubDate>{format_datetime(start - item.age, usegmt=True)}</pubDate>"
        f"<content:encoded>{escape(item.html)}</content:encoded></item>"
        for item in items
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(title)}</title><link>{_site(items)}</link>"
        f"<language>{language}</language>{shown}</channel></rss>"
    )
    return Published(content_type="application/rss+xml; charset=utf-8", body=body.encode())


def atom(title: str, items: tuple[Item, ...], start: datetime) -> Published:
    """Atom 1.0 (RFC 4287)."""
    shown = "".join(
        f"<entry><id>{item.url}</id><title>{escape(item.title)}</title>"
        f'<link href="{item.url}"/><category term="{escape(item.category)}"/>'
        f"<published>{(start - item.age).isoformat()}</published>"
        f"<updated>{(start - item.age).isoformat()}</updated>"
        f'<content type="html">{escape(item.html)}</content></entry>'
        for item in items
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f"<id>{_site(items)}</id><title>{escape(title)}</title>"
        f'<link href="{_site(items)}"/><updated>{start.isoformat()}</updated>{shown}</feed>'
    )
    return Published(content_type="application/atom+xml", body=body.encode())


def json_feed(title: str, items: tuple[Item, ...], start: datetime) -> Published:
    """JSON Feed 1.1."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": _site(items),
        "language": "en",
        "items": [
            {
                "id": item.url,
                "url": item.url,
                "title": item.title,
                "content_html": item.html,
                "tags": [item.category],
                "date_published": (start - item.age).isoformat(),
            }
            for item in items
        ],
    }
    return Published(content_type="application/feed+json", body=orjson.dumps(feed))


def _creator(item: Item) -> str:
    return f"<dc:creator>{escape(item.author)}</dc:creator>" if item.author else ""


def _site(items: tuple[Item, ...]) -> str:
    """The publisher's front page, by the address of a story of its."""
    return "/".join(items[0].url.split("/")[:3]) + "/"


def _day(at: datetime) -> str:
    """The day before, as a dateline has it: "Nov. 23"."""
    day = at - timedelta(days=1)
    return f"{day:%b}. {day.day}"
