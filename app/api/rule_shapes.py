"""Rules as callers see them, and what a rule would do."""

from __future__ import annotations

from typing import Any

from app.core.tagging.rules import Actions, Visibility
from app.store.policy import Backfill
from app.store.rules import StoredRule
from app.store.trying import TriedQuery, TriedRow


def rule_shape(rule: StoredRule) -> dict[str, Any]:
    return {
        "id": str(rule.id),
        "position": rule.position,
        "name": rule.name,
        "query": rule.query,
        "actions": actions_shape(rule.actions),
        "enabled": rule.enabled,
        "created_at": rule.created_at,
        "changed_at": rule.changed_at,
    }


def actions_shape(actions: Actions) -> dict[str, Any]:
    return {
        "add": [{"tag": tag.qcode, "name": tag.name} for tag in actions.add],
        "remove": list(actions.remove),
        "visibility": actions.visibility and actions.visibility.value,
        "language": actions.language,
        "agency": actions.agency,
    }


def tried_shape(tried: TriedQuery, actions: Actions) -> dict[str, Any]:
    return {
        "total": tried.total,
        "total_relation": "eq" if tried.exact else "gte",
        "search_ms": round(tried.search_ms, 2),
        "needs_words": tried.needs_words,
        "stories": [_would_change(row, actions) for row in tried.stories],
    }


def backfill_shape(found: Backfill) -> dict[str, Any]:
    return {
        "version": found.version,
        "total": found.total,
        "done": found.total - found.left,
        "left": found.left,
        "paused": found.paused,
    }


def _would_change(story: TriedRow, actions: Actions) -> dict[str, Any]:
    """What the rule alone would change of a story as it stands."""
    return {
        "id": str(story.id),
        "title": story.title,
        "url": story.url,
        "published_at": story.published_at,
        "add": [tag.qcode for tag in actions.add if tag.qcode not in story.tags],
        "remove": [qcode for qcode in actions.remove if qcode in story.tags],
        "dropped": actions.visibility is Visibility.DROP,
        "language": _otherwise(actions.language, story.language),
        "agency": _otherwise(actions.agency, story.agency),
    }


def _otherwise(wanted: str | None, present: str | None) -> str | None:
    return None if wanted == present else wanted
