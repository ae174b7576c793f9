"""Examples of stories killed and restored."""

from __future__ import annotations

from typing import Any, Final

KILLS: Final[dict[str, Any]] = {
    "StandingAnswer": {
        "data": {
            "story_id": "7351904412816384",
            "title": "Ferry to the islands is back",
            "status": "killed",
            "revision": 3,
            "kill": {
                "reason": "The publisher asked us by telephone to take it down",
                "actor": "night desk",
                "at": "2026-11-24T06:00:00.120000Z",
            },
        }
    }
}
