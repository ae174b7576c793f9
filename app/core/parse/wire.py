"""What NewsML-G2, NITF and ninjs say in words of the same vocabularies."""

from __future__ import annotations

import re
from typing import Final

from app.core.topics import topic

_STATUSES: Final = {
    "canceled": "canceled",
    "cancelled": "canceled",
    "killed": "canceled",
    "deleted": "canceled",
    "withheld": "withheld",
    "embargoed": "withheld",
}


def pub_status(said: object) -> str | None:
    """A publishing status (a word, a QCode or an address) as "canceled" or "withheld".

    None for what may be published (cv.iptc.org/newscodes/pubstatusg2).
    """
    return _STATUSES.get(code_of(said).lower()) if isinstance(said, str) else None


def code_of(said: str) -> str:
    """The last part of a QCode ("stat:usable") or of an address."""
    return said.strip().rstrip("/").replace("#", "/").rpartition("/")[2].rpartition(":")[2]


def topic_of(code: str) -> str:
    """A code of IPTC's as a QCode: of the Media Topics, or of the Subject Codes before them.

    The two share the codes of the topmost topics only (cv.iptc.org/newscodes/subjectcode).
    """
    topic = code.startswith("2000") or code.endswith("000000")
    return f"{'medtop' if topic else 'subj'}:{code}"


def topic_name(code: str) -> str | None:
    """The English name of a Media Topic given as a QCode or an address; None for anything else."""
    found = _TOPIC.search(code)
    known = topic(found[1]) if found else None
    return known.name if known else None


_TOPIC: Final = re.compile(r"(?:\bmedtop:|/mediatopic/)([0-9]{8})\b")
