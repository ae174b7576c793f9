"""The page, the pictures and the files of a ninjs item."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.parse.fields import absolute, count
from app.core.parse.ninjs_fields import Item, first, named_objects, objects
from app.core.types import Enclosure


def page_of(item: Item, document: str) -> str | None:
    """The story's page on the web, which `uri` need not be."""
    for named in objects(item, "altids"):
        if str(named.get("role")).lower() in ("publisher", "web", "canonical", "alternate"):
            return absolute(named.get("value"), document)
    return absolute(first(item, "link", "url", "weburl"), document)


def _kind(rendition: Item) -> str:
    return str(rendition.get("contenttype") or rendition.get("mimetype") or "").lower()


def picture_of(item: Item, document: str) -> str | None:
    """The widest rendition of the item itself, else of the first picture that it brings."""
    for one in (
        item,
        *(i for i in named_objects(item, "associations") if i.get("type") in ("picture", "image")),
    ):
        pictures = [
            (count(rendition.get("width")) or 0, url)
            for rendition in named_objects(one, "renditions")
            if (_kind(rendition).startswith("image/") or not _kind(rendition))
            and "tif" not in _kind(rendition)
            and (url := absolute(rendition.get("href"), document))
        ]
        if pictures:
            return max(pictures, key=lambda picture: picture[0])[1]
    return None


def files_of(item: Item, document: str) -> Iterator[Enclosure]:
    for one in (item, *named_objects(item, "associations")):
        for rendition in named_objects(one, "renditions"):
            url = absolute(rendition.get("href"), document)
            if url and _kind(rendition) and not _kind(rendition).startswith("image/"):
                length = count(rendition.get("sizeinbytes"))
                yield Enclosure(url=url, type=_kind(rendition), length=length)
