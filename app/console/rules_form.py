"""A tag rule as its form has it: lines of tags, and what the API is asked by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.console.inside import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleForm:
    """What stands in the fields; `add` has a tag to a line, with a name behind it if it has one."""

    name: str = ""
    query: str = ""
    add: str = ""
    remove: str = ""
    visibility: str = ""
    language: str = ""
    agency: str = ""
    position: str = ""
    enabled: bool = True

    def asked(self) -> dict[str, Any]:
        """The rule as the API takes it."""
        return {
            "name": self.name,
            "query": self.query,
            "actions": {
                "add": [_tag(line) for line in _lines(self.add)],
                "remove": _lines(self.remove),
                "visibility": self.visibility or None,
                "language": self.language or None,
                "agency": self.agency or None,
            },
            "enabled": self.enabled,
            "position": int(self.position)
            if self.position.isascii() and self.position.isdigit()
            else None,
        }


def read_form(form: Mapping[str, Any]) -> RuleForm:
    texts = ("name", "query", "add", "remove", "visibility", "language", "agency", "position")
    given = {name: str(form.get(name, "")).replace("\r\n", "\n").strip() for name in texts}
    return RuleForm(**given, enabled=form.get("enabled") is not None)


def form_of(rule: Mapping[str, Any]) -> RuleForm:
    """The form of a rule as the API shows it."""
    actions = rule["actions"]
    return RuleForm(
        name=rule["name"],
        query=rule["query"],
        add="\n".join(f"{one['tag']} {one['name']}" for one in actions["add"]),
        remove="\n".join(actions["remove"]),
        visibility=actions["visibility"] or "",
        language=actions["language"] or "",
        agency=actions["agency"] or "",
        position=str(rule["position"]),
        enabled=rule["enabled"],
    )


def faults_by_field(problem: Refused) -> dict[str, str]:
    """What is wrong, by the field of the form that it stands in."""
    found: dict[str, str] = {}
    for fault in problem.errors:
        pointer = str(fault.get("pointer") or "/")
        parts = [part for part in pointer.split("/") if part and part != "actions"]
        field = parts[0] if parts else "actions"
        line = f"line {int(parts[1]) + 1}: " if len(parts) > 1 and parts[1].isdigit() else ""
        found.setdefault(field, line + str(fault["detail"]))
    return found or {"actions": problem.detail}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _tag(line: str) -> dict[str, str]:
    tag, _, name = line.partition(" ")
    return {"tag": tag, "name": name.strip()} if name.strip() else {"tag": tag}
