"""A small publisher on loopback whose pages a test writes, and what it was asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from xml.sax.saxutils import escape
from zlib import crc32

from tests.ingest import servers


@dataclass
class Publisher:
    """`pages` holds what each path answers: a document, or a whole scripted answer."""

    pages: dict[str, str | bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    root: str = ""

    def url(self, path: str = "/feed") -> str:
        return self.root + path

    def answer(self, request: servers.Request) -> bytes:
        self.asked.append(request.target)
        page = self.pages.get(request.target)
        if page is None:
            return servers.answer(404, b"nothing here")
        return page if isinstance(page, bytes) else servers.answer(200, page.encode())


@asynccontextmanager
async def publisher() -> AsyncIterator[Publisher]:
    made = Publisher()
    async with servers.serve(made.answer) as server:
        made.root = server.url("")
        yield made


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry; `day` is a day of November 2026, or a whole RFC 3339 time."""

    title: str
    text: str = "Nothing more is known."
    day: int | str = 1
    categories: tuple[str, ...] = ()
    link: str | None = None

    def xml(self) -> str:
        at = self.day if isinstance(self.day, str) else f"2026-11-{self.day:02}T06:00:00Z"
        link = self.link or f"https://harbour.example/{crc32(self.title.encode())}"
        tags = "".join(f'<category term="{escape(c)}"/>' for c in self.categories)
        return (
            f"<entry><id>{escape(link)}</id><link href='{escape(link)}'/>"
            f"<title>{escape(self.title)}</title><published>{at}</published>{tags}"
            f"<content type='text'>{escape(self.text)}</content></entry>"
        )


def atom(*items: Item, title: str = "Harbour News", lang: str = "en") -> str:
    entries = "".join(item.xml() for item in items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"'
        f' xml:lang="{lang}"><title>{escape(title)}</title><id>urn:x:{escape(title)}</id>'
        f"<updated>2026-11-20T00:00:00Z</updated>{entries}</feed>"
    )
