"""robots.txt: what a site asks of robots (RFC 9309, and Crawl-delay, which it leaves open).

The longest rule that matches a path wins, and of two as long the one that allows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309 §2.5
MAX_RULES = 10_000
MAX_RULE_CHARS = 2048
MAX_DELAY_S = 24 * 3600.0

_PRODUCT = re.compile(r"[a-zA-Z_-]+")
_ESCAPE = re.compile(rb"%([0-9a-fA-F]{2})")
_TO_ESCAPE = re.compile(rb"[^!-~]")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    allow: bool
    pattern: str  # as `_spelled`; * and a final $ are special


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """What is asked of one robot; without rules everything is allowed."""

    rules: tuple[Rule, ...] = ()
    crawl_delay_s: float | None = None

    def allows(self, url: str) -> bool:
        parts = urlsplit(url)
        path = _spelled((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        if path == "/robots.txt":
            return True
        found = [rule for rule in self.rules if _matches(rule.pattern, path)]
        best = max(found, key=lambda rule: (len(rule.pattern), rule.allow), default=None)
        return best is None or best.allow


ALLOW_ALL = Robots()


@dataclass(slots=True)
class _Group:
    """Rules under one or several `User-agent` lines."""

    agents: list[str] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    delay_s: float | None = None
    closed: bool = False  # a rule was read: the next agent begins another group


def read_robots(body: bytes, agent: str) -> Robots:
    """What a robots.txt asks of the robot with this product token. Never raises.

    The groups of the token are taken together; without one those of `*`; without these, nothing
    is asked (RFC 9309 §2.2.1).
    """
    groups = _groups(body[:MAX_ROBOTS_BYTES].decode("utf-8", "replace").lstrip("\ufeff"))
    wanted = agent.lower()
    ours = [group for group in groups if wanted in group.agents]
    ours = ours or [group for group in groups if "*" in group.agents]
    delays = [group.delay_s for group in ours if group.delay_s is not None]
    return Robots(
        rules=tuple(rule for group in ours for rule in group.rules)[:MAX_RULES],
        crawl_delay_s=max(delays, default=None),
    )


def product_token(user_agent: str) -> str:
    """The name by which robots.txt knows a robot: `Copydesk/0.1 (+https://…)` → `Copydesk`."""
    found = _PRODUCT.match(user_agent.strip())
    return found[0] if found else "*"


def _groups(text: str) -> list[_Group]:
    groups: list[_Group] = []
    for line in re.split(r"\r\n|\r|\n", text):
        key, _, value = line.partition("#")[0].partition(":")
        _read_line(groups, key.strip().lower(), value.strip())
    return groups


def _read_line(groups: list[_Group], key: str, value: str) -> None:
    if key == "user-agent":
        if not groups or groups[-1].closed:
            groups.append(_Group())
        token = _PRODUCT.match(value)
        groups[-1].agents.append(
            "*" if value.startswith("*") else (token[0] if token else "").lower()
        )
    elif groups and key in ("allow", "disallow"):
        groups[-1].closed = True
        if value:
            pattern = _spelled(value[:MAX_RULE_CHARS])
            groups[-1].rules.append(Rule(allow=key == "allow", pattern=pattern))
    elif groups and key == "crawl-delay":
        groups[-1].closed = True
        groups[-1].delay_s = _seconds(value)


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return min(seconds, MAX_DELAY_S) if seconds >= 0 else None


def _spelled(path: str) -> str:
    """One spelling: what is not ASCII escaped, what needs no escape not (RFC 9309 §2.2.2)."""
    escaped = _TO_ESCAPE.sub(
        lambda found: b"%%%02X" % found[0][0], path.encode("utf-8", "surrogatepass")
    )
    return _ESCAPE.sub(_plain, escaped).decode("ascii")


def _plain(found: re.Match[bytes]) -> bytes:
    byte = int(found[1], 16)
    return bytes((byte,)) if byte in _UNRESERVED else found[0].upper()


def _matches(pattern: str, path: str) -> bool:
    """Whether a pattern matches a path from its start, in time linear in both but for stars.

    Each piece between stars is looked for at the first place where it can stand, so nothing is
    tried twice.
    """
    anchored = pattern.endswith("$")
    first, *rest = (pattern[:-1] if anchored else pattern).split("*")
    if not path.startswith(first):
        return False
    if not rest:
        return not anchored or path == first
    at = len(first)
    for piece in rest[:-1] if anchored else rest:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return not anchored or (path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at)
