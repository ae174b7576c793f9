from __future__ import annotations

from tests.databases import migrated_template

__all__ = ["migrated_template"]
