"""What the index holds of a story is cut where PostgreSQL could not hold it."""

from __future__ import annotations

from app.core.search.facets import StorySource
from app.core.search.index import (
    GONE,
    MAX_BYTES,
    MAX_FORM_BYTES,
    MAX_PLACES,
    MAX_POSITIONS,
    Indexable,
    IndexTerms,
    index_all,
)
from app.core.search.stems import MARK


def indexed(text: str, title: str = "Title", language: str | None = "en") -> IndexTerms:
    (terms,) = index_all(
        [
            Indexable(
                title=title,
                text=text,
                language=language,
                tags=(),
                authors=(),
                url=None,
                source=StorySource(id=1, domain="example.org"),
            )
        ]
    )
    return terms


def test_title_body_and_their_forms_are_kept_apart() -> None:
    terms = indexed("Missiles seen", title="Talks held")
    assert list(terms.title) == ["talks", "held"]
    assert list(terms.body) == ["missiles", "seen"]
    assert list(terms.title_forms) == ["·talk·en", "·held·en"]
    assert list(terms.body_forms) == ["·missil·en", "·seen·en"]


def test_a_term_counts_at_so_many_places_and_then_only_fills_its_own() -> None:
    body = indexed("the harbour " * (MAX_PLACES + 10)).body
    assert body.count("the") == body.count("harbour") == MAX_PLACES
    assert set(body[2 * MAX_PLACES :]) == {GONE}


def test_a_text_is_cut_at_so_many_terms() -> None:
    terms = indexed(" ".join(f"w{n}" for n in range(MAX_POSITIONS + 100)), language=None)
    assert len(terms.title) + len(terms.body) == MAX_POSITIONS


def test_a_text_is_cut_at_so_many_bytes() -> None:
    words = " ".join(f"{n:06d}" + "з" * 58 for n in range(MAX_POSITIONS))
    terms = indexed(words, language="ru")
    kept = sum(len(term.encode()) for term in terms.body)
    assert MAX_BYTES * 0.8 < kept <= MAX_BYTES
    forms = sum(len(form.encode()) for form in terms.body_forms)
    assert MAX_FORM_BYTES * 0.35 < forms <= MAX_FORM_BYTES / 2
    assert all(form.startswith(MARK) for form in terms.body_forms)
