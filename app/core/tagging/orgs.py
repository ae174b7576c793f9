"""Organizations in text of scripts that have capitals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from app.core.tagging.acronyms import expansions
from app.core.tagging.name_mentions import Mention
from app.core.tagging.name_words import NameWords, known_organizations, name_words
from app.core.tagging.words import Word, capitalized, is_compound

_JOINS_BEFORE = frozenset({" ", "\u00a0", " & ", "’s ", "'s ", "’ ", "' "})
_PEOPLES = frozenset(
    {"People", "Peoples", "Women", "Men", "Children", "Workers", "Teachers", "Farmers", "Students",
     "Writers", "Players", "Veterans", "Consumers", "Lawyers", "King", "Queen", "Moody", "Lloyd",
     "Macy", "McDonald", "Kellogg", "Levi", "Wendy", "Sotheby", "Christie", "Sainsbury"}
)  # fmt: skip
_JOINS_AFTER = frozenset(
    {" of ", " of the ", " for ", " for the ", " de ", " des ", " du ", " del ", " de la ",
     " de los ", " de las ", " der ", " für ", " di ", " della ", " do ", " da ", " d’", " d'",
     " de l’", " de l'", " von "}
)  # fmt: skip
_MAX_WORDS: Final = 7
_MAX_SHORTENED: Final = 40  # companies that are looked for without the end of their names
_ELIDED: Final = 2  # letters of L’Union
_LEADING = frozenset(
    {"A", "After", "Also", "Although", "An", "And", "As", "At", "Ayer", "Before", "Both", "But",
     "By", "Das", "Dem", "Den", "Der", "Des", "Did", "Die", "Does", "Each", "Earlier",
     "Ein", "Eine", "Einem", "Einer", "Beim", "El", "Every", "For", "Former",
     "From", "Gestern", "He", "Her", "Here", "Heute", "Hier", "His", "However", "I", "If", "In",
     "Is", "It", "Its", "La", "Las", "Last", "Later", "Le", "Les", "Like", "Local", "Los",
     "Many", "Meanwhile", "Most", "My", "Next", "No", "Not", "Now", "Of", "On", "Other", "Our",
     "Recently", "Selon", "Shares", "She", "Since", "Some", "That", "The", "Their", "Then",
     "There", "They", "This", "Three", "To", "Today", "Tomorrow", "Two", "Un", "Under", "Une",
     "Was", "We", "When", "While", "Will", "With", "Yesterday", "You"}
)  # fmt: skip
_NAMESAKES = frozenset({"Duke", "King", "Queen", "Prince", "Princess", "Lord", "Lady", "Saint"})
_NAMED_AFTER = frozenset(
    {"Universität", "Université", "Universidad", "Institut", "Akademie", "Stiftung", "Banco"}
)
_PLACES = frozenset({"Soviet Union", "West Bank", "East Bank", "South Bank", "Left Bank"})
_ON = frozenset({"Committee", "Commission", "Council", "Subcommittee"})
_MINISTRIES = frozenset(
    {"Ministry", "Department", "Committee", "Commission", "Ministère", "Ministerio", "Ministerium"}
)
_ACRONYM = re.compile(r"[A-Z][A-Z&]{1,6}[A-Z]")
_ORG_CONTEXT = re.compile(
    r"(?: ?['’]s\b| (?:said|says|told|announced|reported|spokes\w+|officials?|members?|chief"
    r"|director|president|chairman|chairwoman|executives?|employees)\b)"
)


def read_organizations(text: str, words: Sequence[Word], *, shouted: bool) -> list[Mention]:
    """Organizations that a text names, in order, without overlaps; longer ones win."""
    vocabulary = name_words()
    found = [
        *([] if shouted else expansions(text, vocabulary)),
        *_known(text, words, shouted=shouted),
        *_built(text, words, vocabulary),
        *([] if shouted else _acronyms(text, words, vocabulary)),
    ]
    return longest(found)


def longest(found: Sequence[Mention]) -> list[Mention]:
    """Mentions without overlaps, in order: the earliest, of those the longest, the first given."""
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
        elif mention.start == kept[-1].start and mention.end == kept[-1].end:
            evidence = {**mention.evidence, **kept[-1].evidence}
            kept[-1] = kept[-1]._replace(evidence=evidence)
    return kept


@cache
def _by_first_word() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """First word → (name, English name), the longest first."""
    table: dict[str, list[tuple[str, str]]] = {}
    for name, english in known_organizations().items():
        words = capitalized(name)
        if words and words[0].start == 0:
            table.setdefault(words[0].key, []).append((name, english))
    return {key: tuple(sorted(names, key=lambda one: -len(one[0]))) for key, names in table.items()}


def _known(text: str, words: Sequence[Word], *, shouted: bool) -> Iterator[Mention]:
    table = _by_first_word()
    for word in words:
        elided = word.key.startswith(("L’", "L'", "D’", "D'")) * _ELIDED
        start = word.start + elided
        for name, english in table.get(word.key[elided:], ()):
            end = start + len(name)
            after = text[end : end + 1]
            if text.startswith(name, start) and not (after.isalnum() or after == "_"):
                if not (shouted and name.isupper()):
                    yield Mention(start, end, english, {"known": 0.95})
                break


def _built(text: str, words: Sequence[Word], vocabulary: NameWords) -> Iterator[Mention]:
    """Names that end in Corp. or Inc., and those around a University, Ministry or Bank."""
    seen: set[str] = set()
    for at, word in enumerate(words):
        if word.key in vocabulary.org_suffixes and word.gap in (" ", ", ", "\u00a0"):
            first = _first(words, at, vocabulary)
            if first < at:
                yield from _company(text, words, first, at, seen)
        elif word.key in vocabulary.org_heads:
            yield from _around(text, words, at, vocabulary)


def _company(
    text: str, words: Sequence[Word], first: int, at: int, seen: set[str]
) -> Iterator[Mention]:
    """A company by its name with Inc. at its end, and the same without that elsewhere."""
    company = _mention(text, words, first, at, {"suffix": 0.9})
    bare = text[company.start : words[at - 1].end]
    name = known_organizations().get(bare, company.name)
    yield company._replace(name=name)
    if first == at - 1 or bare in seen or len(seen) == _MAX_SHORTENED:
        return
    seen.add(bare)
    for word in words:
        end = word.start + len(bare)
        whole = word.key == words[first].key and not text[end : end + 1].isalnum()
        if whole and text.startswith(bare, word.start):
            yield Mention(word.start, end, name, company.evidence)


def _around(text: str, words: Sequence[Word], at: int, vocabulary: NameWords) -> Iterator[Mention]:
    first = _first(words, at, vocabulary)
    last = _last(words, at, vocabulary)
    follows = words[at + 1] if at + 1 < len(words) else None
    if follows and follows.gap == " " and follows.key in vocabulary.org_heads and last == at:
        return  # the last head takes both
    if first == last or text[words[first].start : words[last].end] in _PLACES:
        return
    weak = words[at].key in vocabulary.org_weak
    of = last > at
    evidence = 0.4 if weak and not of else 0.6 if weak else 0.8
    said = {"head": evidence}
    if weak and text[max(0, words[first].start - 4) : words[first].start].casefold() == "the ":
        said["article"] = 0.2
    yield _mention(text, words, first, last, said)


def _first(words: Sequence[Word], at: int, vocabulary: NameWords) -> int:
    """The index of the first word of the name that ends at `at`."""
    first = at
    while first > 0 and at - first < _MAX_WORDS and words[first].gap in _joins(words, first, at):
        before = words[first - 1].key
        if before in _LEADING or before in _CALENDAR or is_compound(before):
            break
        if _is_title(before, vocabulary) and not (first == at and before in _NAMESAKES):
            break
        first -= 1
    return first


def _joins(words: Sequence[Word], first: int, at: int) -> frozenset[str]:
    """What may stand before words[first] inside a name: a possessive only in People’s Bank."""
    if first == at and words[first].gap == ", ":
        return frozenset({", "})
    if words[first].gap in (" ", "\u00a0", " & ") or words[first - 1].key in _PEOPLES:
        return _JOINS_BEFORE
    return frozenset()


def _last(words: Sequence[Word], at: int, vocabulary: NameWords) -> int:
    """The index of the last word of the name that a head at `at` begins: University of Oslo."""
    if at + 1 == len(words):
        return at
    after = words[at + 1].key
    if words[at].key in _NAMED_AFTER and words[at + 1].gap == " ":
        return at if after in vocabulary.not_names else at + 1
    on = words[at + 1].gap == " on " and words[at].key in _ON
    if words[at + 1].gap not in _JOINS_AFTER and not on:
        return at
    if after in _LEADING or after in _CALENDAR:
        return at
    last = at + 1
    while last + 1 < len(words) and last - at < _MAX_WORDS:
        following = words[last + 1]
        if following.gap in (" ", "\u00a0"):
            stop = _is_title(following.key, vocabulary) or following.key in _CALENDAR
        elif following.gap in (" and ", " & ", " et ", " und ", " y "):
            stop = following.key not in vocabulary.title_objects and not (
                words[at].key in _MINISTRIES
                and not _is_headed(words, last + 1, vocabulary)
                and following.key not in vocabulary.given
            )
        else:
            stop = following.gap != " at "
        if stop or following.key in _LEADING:
            break
        last += 1
    return last


def _is_headed(words: Sequence[Word], at: int, vocabulary: NameWords) -> bool:
    """Whether another organization may begin there."""
    return any(word.key in vocabulary.org_heads for word in words[at : at + 3])


def _is_title(key: str, vocabulary: NameWords) -> bool:
    return (
        key in vocabulary.titles
        and key not in vocabulary.title_parts
        and key not in vocabulary.title_objects
    )


_CALENDAR = frozenset(
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "March",
        "April",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "Aug",
        "Sept",
        "Oct",
        "Nov",
        "Dec",
    ]
)


def _mention(
    text: str, words: Sequence[Word], first: int, last: int, evidence: Mapping[str, float]
) -> Mention:
    start, end = words[first].start, words[last].end
    return Mention(start, end, text[start:end], evidence)


def _acronyms(text: str, words: Sequence[Word], vocabulary: NameWords) -> Iterator[Mention]:
    """Acronyms that a text uses twice or more as organizations are used."""
    counts = Counter(word.key for word in words if _ACRONYM.fullmatch(word.key))
    for word in words:
        count = counts.get(word.key, 0)
        if count and word.key not in vocabulary.not_orgs and _stands_alone(word, words, text):
            evidence = {"acronym": 0.3}
            if count > 1:
                evidence["again"] = 0.2
            if _ORG_CONTEXT.match(text, word.end) or _is_named(text, word):
                evidence["used"] = 0.25
            yield Mention(word.start, word.end, word.key, evidence)


def _is_named(text: str, word: Word) -> bool:
    """Whether an acronym has an article, and no noun that it would only tell more about."""
    before = text[max(0, word.start - len("the ")) : word.start]
    return before in ("the ", "The ") and text[word.end : word.end + 1] in (",", ".", ";", ")")


def _stands_alone(word: Word, words: Sequence[Word], text: str) -> bool:
    """Whether the words beside an acronym are not in capitals too, as in a shouted heading."""
    around = text[max(0, word.start - 12) : word.start] + text[word.end : word.end + 12]
    return any(letter.islower() for letter in around) or len(words) == 1
