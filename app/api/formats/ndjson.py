"""NDJSON: a story on each line, as the service's own JSON has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from app.api.formats.page import Shape, StreamFormat
from app.api.replies import OPTIONS


def begin(_fields: Sequence[str]) -> bytes:
    return b""


def write(stories: Sequence[Shape], _fields: Sequence[str]) -> bytes:
    return b"".join(
        orjson.dumps(story, option=OPTIONS | orjson.OPT_APPEND_NEWLINE) for story in stories
    )


NDJSON: Final = StreamFormat(
    media_type="application/x-ndjson", suffix=".ndjson", begin=begin, write=write
)
