"""An example of what a doctor finds."""

from __future__ import annotations

from typing import Any, Final

DOCTOR: Final[dict[str, Any]] = {
    "data": {
        "at": "2026-11-12T03:10:00Z",
        "healthy": False,
        "findings": [
            {
                "severity": "error",
                "code": "no_poller",
                "detail": "41 feeds are due, the first for 52 min, and no feed was polled for "
                "51 min: no poller is alive",
                "step": "start copydesk poll, or a server with COPYDESK_POLL=on",
            },
            {
                "severity": "note",
                "code": "feeds_silent",
                "detail": "3 feeds are silent for unusually long",
                "step": "copydesk feeds list --health silent",
            },
        ],
    }
}
