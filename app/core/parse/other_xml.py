"""XML roots that feedparser does not know, and who reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from app.core.parse.newsml import ROOTS, newsml_feed
from app.core.parse.nitf import nitf_feed
from app.core.parse.refuse import root_of, truncated
from app.core.parse.sitemap import index_feed, sitemap_feed
from app.core.parse.tree import NoTree, Tree, read_tree
from app.core.types import Failure, ParseFailed, ParseResult

Reader: TypeAlias = Callable[[Tree, str, int, tuple[str, ...]], ParseResult]


def parse_other(
    text: str, *, url: str, max_entries: int, notes: tuple[str, ...]
) -> ParseResult | None:
    """What a prepared document says whose root is no feed's; None if its root is not known here."""
    reader = _READERS.get(root_of(text))
    if reader is None:
        return None
    tree = read_tree(text)
    if isinstance(tree, NoTree):
        return _unread(text, tree)
    return reader(tree, url, max_entries, notes)


def _unread(text: str, found: NoTree) -> ParseFailed:
    if found.cut:
        return truncated(len(text), begun=False)
    why = f"XML that cannot be read ({found.fault}): check the address"
    return ParseFailed(kind=Failure.NOT_XML, detail=why)


def _sitemap(tree: Tree, url: str, max_entries: int, notes: tuple[str, ...]) -> ParseResult:
    return sitemap_feed(tree, url=url, max_entries=max_entries, notes=notes)


def _index(tree: Tree, url: str, _max_entries: int, notes: tuple[str, ...]) -> ParseResult:
    return index_feed(tree, url, notes)


def _newsml(tree: Tree, url: str, max_entries: int, notes: tuple[str, ...]) -> ParseResult:
    return newsml_feed(tree, url=url, max_entries=max_entries, notes=notes)


def _nitf(tree: Tree, url: str, _max_entries: int, notes: tuple[str, ...]) -> ParseResult:
    return nitf_feed(tree, url=url, notes=notes)


_READERS: Final[Mapping[str, Reader]] = {
    "urlset": _sitemap,
    "sitemapindex": _index,
    "nitf": _nitf,
    **dict.fromkeys(ROOTS, _newsml),
}
