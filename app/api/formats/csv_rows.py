"""CSV (RFC 4180): a header row, then a row for each story; in UTF-8."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from app.api.formats.page import Shape, StreamFormat, rfc3339
from app.api.replies import encode

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

_IN_A_CELL: Final[dict[str, Callable[[Any], str]]] = {
    "authors": lambda authors: "; ".join(author["name"] for author in authors),
    "agency": lambda agency: str(agency["name"]),
    "dateline": lambda dateline: str(dateline["text"]),
    "source": lambda source: str(source["domain"]),
    "enclosures": lambda enclosures: " ".join(enclosure["url"] for enclosure in enclosures),
    "cluster": lambda reprints: " ".join(reprint["id"] for reprint in reprints),
    "tags": lambda tags: " ".join(tag["tag"] for tag in tags),
}


def begin(fields: Sequence[str]) -> bytes:
    return _rows([fields])


def write(stories: Sequence[Shape], fields: Sequence[str]) -> bytes:
    return _rows([[_cell(name, story[name]) for name in fields] for story in stories])


def _rows(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _cell(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a story has
    """The value as text: joined where there are several, JSON where it has parts; an apostrophe
    before what a spreadsheet would run (owasp.org/www-community/attacks/CSV_Injection).
    """
    text = _text(name, value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _text(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a story has
    match value:
        case None:
            return ""
        case str():
            return value
        case datetime():
            return rfc3339(value)
        case int():
            return str(value)
        case _:
            in_a_cell = _IN_A_CELL.get(name)
            return encode(value).decode() if in_a_cell is None else in_a_cell(value)


CSV: Final = StreamFormat(media_type="text/csv", suffix=".csv", begin=begin, write=write)
