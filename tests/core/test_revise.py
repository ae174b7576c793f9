"""What kind of change a revision is, and when a story is withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.core.kept import KeptEntry, pack_entry, unpack_entry
from app.core.normal.normalize import normalize
from app.core.revise import WITHDRAWN_HASH, Before, RevisionKind, is_withdrawn, kind_of, withdrawn
from app.core.story import FeedContext, Story, TitleAffixes
from app.core.types import Category, Enclosure, Entry, Markup

AT = datetime(2026, 11, 24, tzinfo=UTC)
CONTEXT = FeedContext(feed_url="https://news.example/feed")
BEFORE = Before(title="Ferry resumes", corrections=(), killed=False)


def entry(title: str = "Ferry resumes", text: str = "It sails.", **given: object) -> Entry:
    said = Entry(
        raw_hash=1,
        url="https://news.example/a",
        title=Markup(value=title, html=False),
        content=Markup(value=text, html=False),
    )
    return replace(said, **given)


def story(title: str = "Ferry resumes", text: str = "It sails.") -> Story:
    return normalize(entry(title, text), CONTEXT, AT)


@pytest.mark.parametrize(
    "text",
    [
        "This story has been withdrawn.",
        "This report was retracted on Monday because its source could not be confirmed.",
        "Editor's note: This story has been withdrawn.",
        "Dieser Artikel wurde zurückgezogen.",
        "Cet article a été retiré à la demande de son auteur.",
        "Esta noticia ha sido retirada.",
        "この記事は撤回しました。",
        "이 기사는 취소되었습니다.",
        "本稿已撤回。",
        "تم سحب هذا الخبر لعدم دقته.",
    ],
)
def test_a_notice_in_the_place_of_a_story_withdraws_it(text: str) -> None:
    assert is_withdrawn(entry(text=text), story(text=text))


@pytest.mark.parametrize(
    "title", ["KILL: Ferry resumes", "STORY REMOVED: Ferry resumes", "【配信取り消し】フェリー再開"]
)
def test_a_title_may_say_so_too(title: str) -> None:
    assert is_withdrawn(entry(title), story(title))


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Kill: a novel of the sea", "It is about a ferry."),
        ("Paper retracted", "The journal retracted the paper that this story is about."),
        ("Bill withdrawn", "The bill has been withdrawn. This story was first told in 1911."),
        ("Report withdrawn", "The minister said this report was withdrawn in 1999."),
        ("Paper withdraws story", "The Courier has withdrawn its story about the ferry."),
        ("Ferry resumes", "This story has been withdrawn. " + "Words follow. " * 100),
    ],
)
def test_words_of_a_story_do_not(title: str, text: str) -> None:
    assert not is_withdrawn(entry(title, text), story(title, text))


@pytest.mark.parametrize(
    ("status", "gone"), [("canceled", True), ("withheld", True), ("usable", False)]
)
def test_a_status_says_it_in_full(status: str, gone: bool) -> None:
    text = "This story has been withdrawn."
    assert is_withdrawn(entry(pub_status=status), story()) is gone
    assert is_withdrawn(entry(text=text, pub_status=status), story(text=text)) is gone


def test_what_is_withdrawn_says_nothing_more() -> None:
    gone = withdrawn(story())
    assert (gone.title, gone.url) == ("Ferry resumes", "https://news.example/a")
    assert (gone.text, gone.summary, gone.blocks, gone.html, gone.word_count) == (
        "", None, (), None, 0,
    )  # fmt: skip
    assert gone.content_hash == WITHDRAWN_HASH


NOTE = "Correction: An earlier version of this story gave a wrong time."


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (BEFORE, story(text="It sails at noon."), RevisionKind.UPDATE),
        (BEFORE, story(text=f"It sails.\n\n{NOTE}"), RevisionKind.CORRECTION),
        (BEFORE, story("CORRECTED: Ferry resumes"), RevisionKind.CORRECTION),
        (BEFORE, story("【訂正】フェリー再開"), RevisionKind.CORRECTION),
        (
            replace(BEFORE, corrections=(NOTE,)),
            story(text=f"It sails at noon.\n\n{NOTE}"),
            RevisionKind.UPDATE,
        ),
        (
            replace(BEFORE, title="CORRECTED: Ferry resumes"),
            story("CORRECTED: Ferry resumes", "It sails at noon."),
            RevisionKind.UPDATE,
        ),
        (BEFORE, withdrawn(story()), RevisionKind.KILLED),
        (replace(BEFORE, killed=True), story(text=f"It sails.\n\n{NOTE}"), RevisionKind.RESTORED),
    ],
)
def test_the_kind_of_a_revision(before: Before, after: Story, kind: RevisionKind) -> None:
    assert kind_of(before, after) is kind


def test_what_a_story_was_made_from_comes_back_as_it_was() -> None:
    full = entry(
        categories=(Category(term="harbour", label="Harbour"),),
        enclosures=(Enclosure(url="https://news.example/a.jpg", length=7),),
        authors=("A. Writer",),
    )
    context = replace(CONTEXT, title_affixes=TitleAffixes(suffixes=(" | News",)))
    kept = KeptEntry(entry=full, context=context, first_seen=AT)
    assert unpack_entry(pack_entry(kept)) == kept
