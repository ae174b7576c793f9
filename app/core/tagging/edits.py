"""What operators do to a tag: block it, merge it into another, give it another name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.core.search.query import Filter, FilterKind, QueryTree, Words, any_of, replace_leaves
from app.core.tag import MAX_CODE_CHARS, ORIGIN_SCHEMES, fold_code
from app.core.tagging.rules import Rule

MAX_MERGES = 16
"""How many merges are followed one after another: no circle lasts."""

MAX_SCHEME_CHARS = 32
FIXED = "lang"
"""The scheme that the search rests on: whoever wants another language makes a rule that sets it."""


class MergeFault(StrEnum):
    """Why a tag cannot be merged into another."""

    ITSELF = "itself"
    CIRCLE = "circle"
    TOO_LONG = "too_long"  # a chain of more than MAX_MERGES
    OTHER_ORIGIN = "other_origin"  # an agency is no other kind of tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Merges:
    """Which tags are merged into which, by QCode."""

    into: Mapping[str, str]

    def path(self, qcode: str) -> tuple[str, ...]:
        """The tags that it goes under in turn, itself first; the last is its name by now."""
        found = [qcode]
        while len(found) <= MAX_MERGES and found[-1] in self.into:
            found.append(self.into[found[-1]])
        return tuple(found)

    def called(self, qcode: str) -> str:
        return self.path(qcode)[-1]

    def merged_into(self, qcode: str) -> tuple[str, ...]:
        """All tags that go under this one's name, directly or by others; sorted."""
        return tuple(sorted(one for one in self.into if self.called(one) == qcode and one != qcode))

    def depth(self, qcode: str) -> int:
        """How many merges one after another lead to a tag."""
        below = defaultdict(list)
        for one, other in self.into.items():
            below[other].append(one)
        depth, level = 0, below[qcode]
        while level and depth <= MAX_MERGES:
            depth, level = depth + 1, [two for one in level for two in below[one]]
        return depth


def merge_fault(tag: str, into: str, merges: Merges) -> MergeFault | None:
    """What is wrong with merging a tag into another, whatever it is merged into so far."""
    without = Merges(into={one: other for one, other in merges.into.items() if one != tag})
    path = without.path(into)
    schemes = {qcode.partition(":")[0] for qcode in (tag, into)}
    if tag == into:
        return MergeFault.ITSELF
    if tag in path:
        return MergeFault.CIRCLE
    if len(schemes) > 1 and schemes & ORIGIN_SCHEMES:
        return MergeFault.OTHER_ORIGIN
    if without.depth(tag) + len(path) > MAX_MERGES:
        return MergeFault.TOO_LONG
    return None


def hides(tag: str, merges: Merges, blocked: Iterable[str], rules: Iterable[Rule]) -> bool:
    """Whether stories that the tag was given to may be without it, so that an edit of it can
    concern any story: it is blocked, or a rule takes it away.
    """
    now = merges.called(tag)
    scheme = tag.partition(":")[0]
    if {tag, now} & set(blocked):
        return True
    for rule in rules:
        actions = rule.actions
        if any(merges.called(removed) == now for removed in actions.remove):
            return True
        if scheme == "agency" and actions.agency is not None:
            return True
    return False


def with_merged(tree: QueryTree, merges: Merges) -> QueryTree:
    """The search with each tag standing also for those that it is merged into."""

    def read(leaf: Words | Filter) -> QueryTree:
        if not isinstance(leaf, Filter) or leaf.kind not in TAG_KINDS:
            return leaf
        return any_of(_as_written(leaf, qcode) for qcode in merges.path(qcode_of(leaf)))

    return replace_leaves(tree, read)


TAG_KINDS = frozenset({FilterKind.TAG, FilterKind.TAG_EXACT, FilterKind.AGENCY})


def qcode_of(wanted: Filter) -> str:
    """The tag that a filter of TAG_KINDS asks for."""
    return f"agency:{wanted.value}" if wanted.kind is FilterKind.AGENCY else wanted.value


def _as_written(wanted: Filter, qcode: str) -> Filter:
    if qcode == qcode_of(wanted):
        return wanted
    kind = FilterKind.TAG if wanted.kind is FilterKind.AGENCY else wanted.kind
    return Filter(kind=kind, value=qcode)


def read_qcode(written: str) -> str | None:
    """A tag as somebody writes it, folded; None where it is none, or longer than any tag is."""
    scheme, colon, code = written.strip().partition(":")
    if not colon or len(scheme) > MAX_SCHEME_CHARS or len(code) > MAX_CODE_CHARS:
        return None  # a code is cut where it is given to a story: a longer one finds another tag
    folded_scheme, folded_code = fold_code(scheme), fold_code(code)
    if folded_scheme is None or folded_code is None or len(folded_scheme) > MAX_SCHEME_CHARS:
        return None
    return f"{folded_scheme}:{folded_code}"
