"""People in text of scripts that have capitals: what of it may be a name, and what says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from app.core.tagging.context import context
from app.core.tagging.name_mentions import Mention
from app.core.tagging.name_words import NameWords, name_words
from app.core.tagging.words import Word, begins_sentence, is_compound, shouted_within

_PARTICLES = frozenset(
    f" {particle}"
    for particle in (
        "van ", "van der ", "van den ", "van de ", "von ", "von der ", "von dem ", "vom ", "zu ",
        "zur ", "de ", "de la ", "de las ", "de los ", "de los ", "del ", "della ", "di ", "da ",
        "das ", "do ", "dos ", "du ", "des ", "bin ", "bint ", "ibn ", "al-", "el-", "al ", "el ",
        "ul-", "ur-", "abu ", "ben ", "ter ", "ten ", "te ", "le ", "la ", "y ", "d’", "d'", "af ",
        "av ", "e ", "den ", "der ", "bin al-", "op ", "’t ", "‘t ",
    )
)  # fmt: skip
_BEGUN = frozenset({"Van", "Von", "De", "Der", "Ter", "Den", "Di", "Da", "Du", "Del"})
_OTHER_WORDS = frozenset(
    {" de ", " y ", " e ", " la ", " le ", " des ", " der ", " den ", " von ", " vom ", " zu ",
     " zur ", " du ", " di ", " da ", " del ", " della ", " do ", " dos ", " das ", " de la ",
     " de las ", " de los ", " von der ", " von dem ", " op ", " av ", " te "}
)  # fmt: skip
_SPACES = frozenset({" ", "\u00a0"})
_OF = frozenset(
    {" of ", " for ", " of the ", " for the ", " and ", " & ", " de ", " des ", " du ", " der ",
     " für ", ", ", " del "}
)  # fmt: skip
_OF_PLACES = frozenset({"San", "Santa", "Santo", "St", "Saint", "Los", "Las", "Port", "Fort"})
_SUFFIXES = frozenset({"Jr", "Sr", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XIV"})
_REGNAL = frozenset(
    {"Pope", "King", "Queen", "Prince", "Princess", "Emperor", "Empress", "Sultan", "Papst",
     "König", "Königin", "Rey", "Reina", "Papa", "Duke", "Duchess", "Kaiser", "Patriarch"}
)  # fmt: skip
_HYPHENED = re.compile(
    r"[A-Z][a-z]{1,5}-(?!born|based|led|run|made|like|wide|style|free)[a-z]{1,5}"
)
_INITIAL = re.compile(r"(?:\w\.?-?){1,3}")
_MAX_NAME: Final = 5
_PAIR: Final = 2
_TRIPLE: Final = 3


class Segment(NamedTuple):
    """Words in a row that may be one name; `title` stands before them."""

    words: tuple[Word, ...]
    title: Word | None


def read_people(text: str, words: Sequence[Word], *, title_case: bool) -> list[Mention]:
    """Full names, and family names alone after a title, that a text may name people by.

    The words of organizations are none of `words`. Of a headline in title case only what given
    names begin is taken: any word of it may be no name.
    """
    vocabulary = name_words()
    found: list[Mention] = []
    for segment in _segments(words, vocabulary):
        mention = _judge(text, segment, vocabulary, title_case=title_case)
        if mention is not None:
            found.append(mention)
    return found


def _segments(words: Sequence[Word], vocabulary: NameWords) -> Iterator[Segment]:
    title: Word | None = None
    current: list[Word] = []
    for at, word in enumerate(words):
        joined = word.gap in _SPACES or (
            bool(current) and _is_particle(word, current[0], vocabulary)
        )
        suffix = word.key in _SUFFIXES and bool(current) and word.gap in (" ", ", ")
        of_title = title is not None and not current and word.gap in _OF
        if current and not (joined or suffix):
            yield Segment(tuple(current), title)
            current, title = [], None
        elif not joined and not of_title:
            title = None
        following = words[at + 1] if at + 1 < len(words) else None
        if suffix:
            current.append(word)
        elif _is_name(word, current, following, vocabulary):
            if of_title and not (word.key in vocabulary.given and word.gap not in _OF):
                continue  # the Governor of Oslo
            current.append(word)
        else:
            if current:
                yield Segment(tuple(current), title)
                current, title = [], None
            title = _title(word, title, vocabulary)
    if current:
        yield Segment(tuple(current), title)


def _title(word: Word, title: Word | None, vocabulary: NameWords) -> Word | None:
    """The title that holds after a word that is no name."""
    if word.key in vocabulary.titles or word.key.casefold().endswith(vocabulary.title_suffixes):
        return word
    if word.key in vocabulary.title_objects or word.key in vocabulary.title_parts:
        return title
    return None


def _is_particle(word: Word, first: Word, vocabulary: NameWords) -> bool:
    if word.gap not in _PARTICLES:
        return False
    given = first.key.partition("-")[0] in vocabulary.given or _is_initial(first)
    return given or first.key in _BEGUN or word.gap not in _OTHER_WORDS


def _is_name(
    word: Word, current: Sequence[Word], following: Word | None, vocabulary: NameWords
) -> bool:
    key = word.key
    if is_compound(key):
        return False
    if current and key in _BEGUN and following is not None and following.gap in _SPACES:
        return True  # James Van Der Beek
    if key in vocabulary.titles or key.casefold().endswith(vocabulary.title_suffixes):
        return _as_surname(key, current, vocabulary) or (key in vocabulary.sure_given)
    if key not in vocabulary.not_names or _as_surname(key, current, vocabulary):
        return True
    joined = following is not None and following.gap in _SPACES
    follows = following.key if joined and following else ""
    return key in vocabulary.given and bool(follows) and follows not in vocabulary.not_names


def _as_surname(key: str, current: Sequence[Word], vocabulary: NameWords) -> bool:
    """May and Brown are names after a given name, or after its initial."""
    if not current or key not in vocabulary.surname_too:
        return False
    first = current[0].key
    return first in vocabulary.sure_given


def _judge(
    text: str, segment: Segment, vocabulary: NameWords, *, title_case: bool
) -> Mention | None:
    words = _trimmed(text, segment, vocabulary, title_case=title_case)
    if not words or len(words) > _MAX_NAME:
        return None
    title = segment.title if words[0] is segment.words[0] else None
    numbered = len(words) == _PAIR and words[1].key in _SUFFIXES
    regnal = title is not None and title.key in _REGNAL and numbered
    start, end = title.start if title is not None and regnal else words[0].start, words[-1].end
    name = text[start:end]
    if name in vocabulary.places and (title is None or len(words) > 1):
        return None
    if len(words) == 1:
        return _single(text, words[0], title, vocabulary)
    if not _may_be_full(words):
        return None
    evidence = _inside(text, words, vocabulary)
    if title is not None:
        evidence["title"] = 0.85
    if title_case:
        evidence = {kind: weight * 0.85 for kind, weight in evidence.items()}
    else:
        evidence.update(context(text, start, end))
        if len(words) > _PAIR and "speech" in evidence and len(evidence) == 1:
            evidence["speech"] *= 0.7
    if text[max(0, start - 4) : start].casefold() == "the " and title is None:
        evidence = {kind: weight * 0.4 for kind, weight in evidence.items()}
    return Mention(start, end, name, evidence, family=_family(words, vocabulary))


def _single(text: str, word: Word, title: Word | None, vocabulary: NameWords) -> Mention | None:
    """A family name, or a king's or pope's only one, right after a title."""
    if title is None or word.gap not in _SPACES or len(word.key) == 1 or word.key.isupper():
        return None
    if word.key in vocabulary.place_words and title.key not in ("Mr", "Mrs", "Ms", "Dr"):
        return None
    first_name = word.key in vocabulary.given and word.key not in vocabulary.surnames
    regnal = title.key in _REGNAL
    weight = 0.4 if first_name and not regnal else 0.6
    evidence = {"title": weight, **context(text, word.start, word.end)}
    start = title.start if regnal else word.start
    return Mention(start, word.end, text[start : word.end], evidence, word.key, alone=not regnal)


def _trimmed(
    text: str, segment: Segment, vocabulary: NameWords, *, title_case: bool
) -> tuple[Word, ...]:
    """The words without a stranger before a given name, or after a name in title case."""
    words = segment.words
    given = vocabulary.sure_given if segment.title is None else vocabulary.given
    if segment.title is None:
        words = words[_strangers(text, words, vocabulary) :]
    if title_case and words:
        length = 2
        while length < len(words) and (
            _is_initial(words[length - 1])
            or words[length].gap not in _SPACES
            or words[length].key in _SUFFIXES
        ):
            length += 1
        words = words[:length]
        if words[0].key not in given:
            return ()
    if segment.title is None and begins_sentence(text, words[0].start) and len(words) == _PAIR:
        doubtful = words[0].key in vocabulary.doubtful_given & vocabulary.not_names
        return () if doubtful else words
    return words


def _strangers(text: str, words: Sequence[Word], vocabulary: NameWords) -> int:
    """How many words stand before a given name, as in "Supreme Court Jane Roe"; "DL Roe"."""
    first = words[0]
    if first.key in vocabulary.given or first.key in vocabulary.family_first:
        return 0
    if (shouted := shouted_within(words)) is not None:
        return shouted + 1
    undotted = _is_initial(first) and text[first.end - 1] != "."
    if _is_initial(first) and not undotted:
        return 0
    for at in range(1, len(words) - 1):
        if words[at].gap not in _SPACES or words[at - 1].key in _OF_PLACES:
            return 0
        if words[at].key.partition("-")[0] in vocabulary.sure_given:
            return at
    return 1 if undotted and len(first.key) > 1 and len(words) > _PAIR else 0


def _may_be_full(words: Sequence[Word]) -> bool:
    """Whether neither end is an acronym or shouted, and some are no initials."""
    if all(_is_initial(word) or word.key in _SUFFIXES for word in words):
        return False
    last = words[-1].key
    acronym = len(words[0].key) > _PAIR and words[0].key.isupper() and "." not in words[0].key
    return not acronym and not (last.isupper() and len(last) > 1 and last not in _SUFFIXES)


def _inside(text: str, words: Sequence[Word], vocabulary: NameWords) -> dict[str, float]:
    """What the words themselves say."""
    first, last = words[0].key, words[-1].key
    evidence: dict[str, float] = {}
    if first in vocabulary.given or first.partition("-")[0] in vocabulary.sure_given:
        evidence["given"] = _given(text, words, vocabulary)
    if len(words) > _TRIPLE and not any(
        _is_initial(word) or word.gap in _PARTICLES for word in words[1:]
    ):
        evidence["given"] = evidence.get("given", 0.0) * 0.7
    if last in vocabulary.surnames:
        evidence["surname"] = 0.45
    if _is_asian(words, vocabulary):
        evidence["asian"] = 0.75
    elif first in vocabulary.family_first or last in vocabulary.family_first:
        evidence["asian"] = 0.35
    initials = [word for word in words[:-1] if _is_initial(word)]
    if initials and first != "U.S":
        dotted, alone = text[initials[0].end - 1] == ".", len(initials[0].key) == 1
        evidence["initial"] = 0.6 if dotted else 0.3 if alone else 0.0
    if any(word.gap in _PARTICLES for word in words[1:]):
        evidence["particle"] = 0.4
    if last in _SUFFIXES and last in ("Jr", "Sr"):
        evidence["suffix"] = 0.8
    return evidence


def _given(text: str, words: Sequence[Word], vocabulary: NameWords) -> float:
    first, last = words[0].key, words[-1].key
    if first in vocabulary.sure_given:
        placed = last in vocabulary.place_words and not _as_surname(last, words, vocabulary)
        return 0.4 if placed else 0.75
    other = first in vocabulary.place_words or first in vocabulary.not_names
    return 0.4 if other or begins_sentence(text, words[0].start) else 0.6


def _is_initial(word: Word) -> bool:
    return _INITIAL.fullmatch(word.key) is not None and word.key.isupper()


def _is_asian(words: Sequence[Word], vocabulary: NameWords) -> bool:
    """Kim Jong-un, Cheng Chung-tai: a family name and a hyphened one."""
    keys = [word.key for word in words]
    hyphened = any(_HYPHENED.fullmatch(key) for key in keys)
    last = _HYPHENED.fullmatch(keys[-1]) is not None
    return hyphened and (keys[0] in vocabulary.family_first or (len(keys) == _PAIR and last))


def _family(words: Sequence[Word], vocabulary: NameWords) -> str:
    """What a person is called by later: the last word, or the first of Xi Jinping."""
    keys = [word.key for word in words if word.key not in _SUFFIXES]
    if len(keys) == _PAIR and keys[0] in vocabulary.family_first and _HYPHENED.fullmatch(keys[1]):
        return keys[0]
    first_is_family = (
        keys[0] in vocabulary.family_first
        and keys[0] not in vocabulary.given
        and (len(keys) == _TRIPLE or (len(keys) == _PAIR and keys[-1] not in vocabulary.surnames))
        and (keys[-1] not in vocabulary.family_first or _HYPHENED.fullmatch(keys[-1]) is not None)
    )
    return keys[0] if first_is_family or len(keys) == 1 else keys[-1]
