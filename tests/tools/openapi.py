"""Writes the description of the API into docs/openapi.json: python -m tests.tools.openapi"""

from __future__ import annotations

import json

from app.main import create_app
from app.settings import Settings
from tests.conftest import ROOT

SNAPSHOT = ROOT / "docs" / "openapi.json"


def description() -> str:
    """The OpenAPI document of this release, as it is committed."""
    schema = create_app(Settings(_env_file=None)).openapi()  # type: ignore[call-arg]
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    SNAPSHOT.write_text(description(), encoding="utf-8")
