"""Words and tags whose frequency is known, because they were put into the stories on purpose.

No vocabulary has the letter q, no stemmer changes an ending of -ok, and no probe is in another.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from typing import Final

COMMON: Final = 0.2
UNCOMMON: Final = 0.01
SCARCE: Final = 0.001
RARE: Final = 5  # stories, whatever their number

_STARTS: Final = "ba be bi bo bu da de di do du fa fe fi fo fu ga ge gi go gu".split()
_MIDDLES: Final = "lar len lin lor lun mar men mir mon mur nar nel nid nor nus".split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """Words, and tags as `scheme:code`, by how many stories have them."""

    common: Sequence[str]  # each in a fifth of all stories
    uncommon: Sequence[str]  # in one of a hundred
    scarce: Sequence[str]  # in one of a thousand
    rare: Sequence[str]  # in five stories
    faded: Sequence[str]  # in a fifth of all stories, none in the newer half
    apart: Sequence[tuple[str, str]]  # each in a fifth of all stories, the two never in one
    common_tags: Sequence[str]
    uncommon_tags: Sequence[str]
    rare_tags: Sequence[str]


@cache
def probes() -> Probes:
    words = (f"q{start}{middle}ok" for start, middle in product(_STARTS, _MIDDLES))
    return Probes(
        common=tuple(islice(words, 20)),
        uncommon=tuple(islice(words, 60)),
        scarce=tuple(islice(words, 30)),
        rare=tuple(islice(words, 100)),
        faded=tuple(islice(words, 10)),
        apart=tuple(zip(islice(words, 10), islice(words, 10), strict=True)),
        common_tags=tuple(f"place:common-{n}" for n in range(10)),
        uncommon_tags=tuple(f"place:uncommon-{n}" for n in range(30)),
        rare_tags=tuple(f"place:rare-{n}" for n in range(60)),
    )


def words_in(rng: random.Random, number: int, total: int, seed: int) -> list[str]:
    """The probe words of story `number` of `total`, the oldest being 0."""
    known = probes()
    found = [word for word in known.common if rng.random() < COMMON]
    found += [word for word in known.uncommon if rng.random() < UNCOMMON]
    found += [word for word in known.scarce if rng.random() < SCARCE]
    found += [pair[number % 2] for pair in known.apart if rng.random() < COMMON * 2]
    if number < total // 2:
        found += [word for word in known.faded if rng.random() < COMMON * 2]
    return found + list(_placed(known.rare, total, seed).get(number, ()))


def tags_in(rng: random.Random, number: int, total: int, seed: int) -> list[str]:
    """The probe tags of a story, as `scheme:code`."""
    known = probes()
    found = [tag for tag in known.common_tags if rng.random() < COMMON]
    found += [tag for tag in known.uncommon_tags if rng.random() < UNCOMMON]
    return found + list(_placed(known.rare_tags, total, seed).get(number, ()))


@cache
def _placed(rare: Sequence[str], total: int, seed: int) -> dict[int, list[str]]:
    """Which stories have which of the rare ones."""
    placed: dict[int, list[str]] = {}
    for probe in rare:
        rng = random.Random(f"{seed} {probe}")
        for number in rng.sample(range(total), min(RARE, total)):
            placed.setdefault(number, []).append(probe)
    return placed
