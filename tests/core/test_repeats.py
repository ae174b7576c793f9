"""What a source repeats is told from what its writers repeat."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.hashing import hash64
from app.core.normal import repeats
from app.core.normal.boilerplate import boilerplate_rule
from app.core.normal.lines import (
    MAX_LINES,
    Mark,
    Place,
    Repeated,
    Shape,
    StoryLines,
    folded,
    line_hash,
    lines_of,
    may_stand,
    pack_lines,
    packed_hash,
    prefix_ends,
    suffix_starts,
    unpack_lines,
)
from app.core.normal.repeats import WINDOW, Decided, Lesson, learn, taught
from app.core.story import Block, BlockType, Story
from app.core.text import fold_space
from tests.conftest import SHARED_DATA
from tests.tools.phrases import PHRASES
from tests.tools.repeated_lines import Judged, Made, Source, judge, read

ARTICLES = SHARED_DATA / "articles"
FOOTER = "More from the harbour desk"
NAMES = (
    "Belmaro", "Torwick", "Danholm", "Vesker", "Kerford", "Rambel", "Stenmar", "Linhol", "Wickdan",
    "Fordves",
)  # fmt: skip
MATTERS = (
    "budget vote postponed", "swimming baths flooded", "night trains return", "choir wins prize",
    "wolves seen again", "brewery changes hands", "teachers threaten strike",
    "cathedral roof leaks", "orchard sale angers neighbours", "hospital ward reopens",
)  # fmt: skip


def made(number: int, *more: str, title: str | None = None, own: str | None = None) -> Made:
    """A story about something of its own, over more lines."""
    name, matter = NAMES[number % 10], MATTERS[number * 7 % 10]
    text = own or f"Nobody in {name} had expected that {number} of the {matter} so soon."
    return Made(title=title or f"{name} {matter}", paragraphs=[text, *more])


def lessons(stories: Sequence[Made], decided: Decided | None = None) -> list[tuple[Place, str]]:
    """What the stories teach, all at once."""
    entries = [story.entry() for story in stories]
    _, found = taught(lambda gone: read(entries, gone), (), decided or Decided())
    return [(lesson.place, lesson.text) for lesson in found]


def texts(stories: Sequence[Made], gone: frozenset[int]) -> list[str]:
    return [story.text for story in read([story.entry() for story in stories], gone)]


# --- how well -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", PHRASES)
def test_lines_put_around_stories_are_told_from_what_writers_repeat(language: str) -> None:
    judged = sum((judge(Source(language, seed).stories) for seed in (1, 2)), Judged())
    assert judged.right > 200
    assert judged.precision >= 0.99, judged.wrong
    assert judged.recall >= 0.95, judged.missed


# --- how much is enough -------------------------------------------------------------------------


def test_a_line_needs_four_stories() -> None:
    stories = [made(n, FOOTER) for n in range(4)]
    assert lessons(stories[:3]) == []
    assert lessons(stories) == [(Place.LINE, FOOTER)]


def test_a_line_needs_a_share_of_all_stories() -> None:
    stories = [made(n, *[FOOTER] * (n < 5)) for n in range(40)]
    assert lessons(stories[:25]) == [(Place.LINE, FOOTER)]
    assert lessons(stories) == [], "five of forty"


def test_stories_beyond_the_window_do_not_count() -> None:
    stories = read([made(0, FOOTER).entry()])
    before = [unpack_lines(s.lines) for s in read([made(n, FOOTER).entry() for n in range(1, 4)])]
    blank = [StoryLines()] * WINDOW
    assert learn(stories, before)
    assert not learn(stories, [*blank, *before])


@pytest.mark.parametrize(
    ("line", "stories", "all_stories"),
    [
        ("The Courier belongs to the independent press council.", 9, 20),  # a sentence, at the end
        ("Contact", 6, 20),  # a word
        ("Changed on 3 March 2026", 10, 20),  # a date
    ],
)
def test_what_writers_may_have_written_needs_more(
    line: str, stories: int, all_stories: int
) -> None:
    enough = [made(n, *[line] * (n < stories)) for n in range(all_stories)]
    few = [made(n, *[line] * (n < stories // 2)) for n in range(all_stories)]
    assert lessons(enough) == [(Place.LINE, line)]
    assert lessons(few) == []


def test_a_line_between_paragraphs_is_learned() -> None:
    promo = "Our evening letter brings the five most read reports to you"
    stories = [made(n, promo, f"The {MATTERS[n]} will cost {n} more.") for n in range(8)]
    assert lessons(stories) == [(Place.LINE, promo)]


def test_a_line_before_stories_is_learned() -> None:
    kicker = "Listen to this report in our app"
    stories = [replace_first(made(n), kicker) for n in range(8)]
    assert lessons(stories) == [(Place.LINE, kicker)]


def replace_first(story: Made, line: str) -> Made:
    return replace(story, paragraphs=[line, *story.paragraphs])


# --- what writers repeat ------------------------------------------------------------------------


def test_a_heading_over_real_text_is_the_storys() -> None:
    stories = [
        made(n, "Background", f"It began with {MATTERS[n]} in {NAMES[n]}.") for n in range(10)
    ]
    for story in stories:
        story.headings.add("Background")
    assert lessons(stories) == []


def test_a_heading_over_nothing_but_repeated_lines_is_not() -> None:
    stories = [made(n, "More news", FOOTER) for n in range(10)]
    for story in stories:
        story.headings.add("More news")
    assert lessons(stories) == [(Place.LINE, "More news"), (Place.LINE, FOOTER)]


def test_a_kicker_of_one_word_needs_nearly_all_stories() -> None:
    assert lessons([replace_first(made(n), "Analysis") for n in range(10)]) != []
    some = [replace_first(made(n), "Analysis") if n < 6 else made(n) for n in range(10)]
    assert lessons(some) == []


def test_a_quote_in_follow_ups_is_the_storys() -> None:
    quote = "“We did what had to be done, and we would do it again,” the mayor said."
    assert lessons([made(n, quote) if n < 7 else made(n) for n in range(10)]) == []


def test_stories_on_one_subject_count_once() -> None:
    line = "The inquiry began when auditors found bills that were paid twice"
    trial = [made(n, line, title=f"Harbour master trial: {NAMES[n]}") for n in range(8)]
    assert lessons(trial) == []
    others = [made(n) for n in range(10)]
    assert lessons([*trial, *others]) == []


def test_stories_on_few_subjects_count_for_less() -> None:
    """Half of all stories, but on four subjects, where the others have each their own."""
    line = "The inquiry began when auditors found bills that were paid twice"
    trials = ("Harbour master trial", "Bridge tender appeal", "Ferry sinking inquest", "Dock fire")
    followed = [
        made(
            n,
            line,
            f"Day {n} in {NAMES[n % 10]}.",
            title=f"{trials[n % 4]} hearing: {NAMES[n % 10]}",
        )
        for n in range(12)
    ]
    others = [
        made(n, title=f"{name} {matter}", own=f"So much for {matter} in {name}.")
        for n, (name, matter) in enumerate(zip(NAMES, MATTERS, strict=True))
    ]
    assert lessons([*followed, *others]) == []
    spread = [made(n, line, f"Day {n} in {NAMES[n % 10]}.") for n in range(10)]
    assert lessons([*spread, *followed[:2]]) == [(Place.LINE, line)]


def test_versions_of_one_story_count_once() -> None:
    told = "Nobody had expected that the choir would win, and the judges least of all."
    versions = [made(n, FOOTER, own=f"{told}") for n in range(3)]
    assert lessons([*versions, made(5, FOOTER)]) == []
    assert lessons([*[made(n, FOOTER) for n in range(3)], made(5, FOOTER)]) != []


def test_a_dateline_is_no_prefix() -> None:
    stories = [made(n, own=f"DANHOLM — Nobody expected {MATTERS[n]} so soon.") for n in range(10)]
    assert lessons(stories[:7] + [made(n) for n in range(7, 10)]) == []


def test_a_paragraph_that_repeats_the_title_is_no_line_of_the_source() -> None:
    stories = [made(n, own="x") for n in range(8)]
    for number, story in enumerate(stories):
        story.paragraphs = [
            story.title,
            f"Then came {MATTERS[number]} and more of {NAMES[number]}.",
        ]
    assert lessons(stories) == []


def test_what_is_all_that_stories_say_is_what_they_say() -> None:
    assert lessons([made(n, own="See the notice board") for n in range(10)]) == []


def test_long_paragraphs_are_never_learned() -> None:
    notice = " ".join(["The publisher asks its readers for patience with the new pages"] * 8)
    assert lessons([made(n, notice) for n in range(10)]) == []


def test_the_closing_sentence_of_some_stories_stays_before_a_suffix() -> None:
    closing, suffix = "Nobody has been arrested so far.", "[More on the front page]"
    stories = [made(n) for n in range(12)]
    for number, story in enumerate(stories):
        story.paragraphs[-1] += (f" {closing}" if number < 4 else "") + f" {suffix}"
    assert lessons(stories) == [(Place.SUFFIX, suffix)]


# --- cuts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "cut", "form"),
    [
        (Place.PREFIX, "Listen to this report in our app.", "{cut} {own}"),
        (Place.PREFIX, "You are reading the free edition of our service |", "{cut} {own}"),
        (Place.PREFIX, "Heard today. Write to us about it all.", "{cut} {own}"),
        (Place.SUFFIX, "Find the whole report on our website.", "{own} {cut}"),
        (Place.SUFFIX, "| Harbour Courier reader service", "{own} {cut}"),
        (Place.SUFFIX, "Heard today. Write to us about it all.", "{own} {cut}"),
    ],
)
def test_what_stands_before_or_behind_a_story_is_cut(place: Place, cut: str, form: str) -> None:
    own = [made(n).paragraphs[0] for n in range(8)]
    stories = [made(n, own=form.format(cut=cut, own=text)) for n, text in enumerate(own)]
    assert lessons(stories) == [(place, cut)]
    gone = frozenset({line_hash(place, cut)})
    assert texts(stories, gone) == own
    (story, *_) = read([stories[0].entry()], gone)
    (block,) = [block for block in story.blocks if block.type is BlockType.BOILERPLATE]
    assert (block.text, block.rule) == (cut, f"repeated-{place}")


def test_prefix_and_suffix_of_one_paragraph_are_both_cut() -> None:
    prefix, suffix = "Listen to this report in our app.", "Find pictures of it on our website."
    own = [made(n).paragraphs[0] for n in range(8)]
    stories = [made(n, own=f"{prefix} {text} {suffix}") for n, text in enumerate(own)]
    found = lessons(stories)
    assert sorted(found) == [(Place.PREFIX, prefix), (Place.SUFFIX, suffix)]
    assert texts(stories, frozenset(line_hash(*lesson) for lesson in found)) == own


def test_a_suffix_before_a_more_frequent_one_is_learned_by_itself() -> None:
    most, all_of_them = "Pictures of it are on our website.", "Write to our desk about it."
    stories = [made(n) for n in range(14)]
    for number, story in enumerate(stories):
        story.paragraphs[-1] += (f" {most}" if number < 9 else "") + f" {all_of_them}"
    assert lessons(stories) == [(Place.SUFFIX, all_of_them), (Place.SUFFIX, most)]


def test_learning_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "ROUNDS", 1)
    stories = [made(n, FOOTER) for n in range(8)]
    for story in stories:
        story.paragraphs[0] += " Pictures of it are on our website."
    assert lessons(stories) == [(Place.LINE, FOOTER)], "and the suffix at another poll"


def test_a_prefix_may_stand_before_a_dateline() -> None:
    prefix = "Listen to this report in our app."
    story = made(0, own=f"{prefix} LONDON, Feb 17 (Reuters) - Nobody expected it.")
    (read_story,) = read([story.entry()], frozenset({line_hash(Place.PREFIX, prefix)}))
    assert [block.type for block in read_story.blocks] == [
        BlockType.BOILERPLATE, BlockType.DATELINE, BlockType.PARAGRAPH,
    ]  # fmt: skip
    assert read_story.agency is not None


def test_where_nothing_would_be_left_everything_stays() -> None:
    story = made(0, own="See the notice board")
    assert texts([story], frozenset({line_hash(Place.LINE, "See the notice board")})) == [
        "See the notice board"
    ]


@pytest.mark.parametrize(
    ("place", "text", "may"),
    [
        (Place.LINE, "Anything at all", True),
        (Place.LINE, "x" * 321, False),
        (Place.PREFIX, "Heard on our radio.", True),
        (Place.PREFIX, "Free edition |", True),
        (Place.PREFIX, "no end of a sentence", False),
        (Place.SUFFIX, "Pictures are on our page.", True),
        (Place.SUFFIX, "[More on the front page]", True),
        (Place.SUFFIX, "One. Two. Three. Four. Five.", False),
    ],
)
def test_a_line_has_the_form_that_it_is_looked_for_in(place: Place, text: str, may: bool) -> None:
    assert may_stand(place, text) is may


# --- what is decided ----------------------------------------------------------------------------


def test_what_is_decided_is_not_learned_again() -> None:
    stories = [made(n, FOOTER) for n in range(8)]
    known = frozenset({line_hash(Place.LINE, FOOTER)})
    assert lessons(stories, Decided(gone=known)) == []
    assert lessons(stories, Decided(own=known)) == []


def test_a_line_the_stories_own_is_none_that_a_heading_may_stand_over() -> None:
    stories = [made(n, "More news", FOOTER) for n in range(10)]
    own = frozenset({line_hash(Place.LINE, FOOTER)})
    assert lessons(stories, Decided(own=own)) == []


def test_lines_that_have_gone_are_counted_as_before() -> None:
    stories = [made(n, FOOTER) for n in range(3)]
    gone = frozenset({line_hash(Place.LINE, FOOTER)})
    (with_it, without) = (read([s.entry() for s in stories], g) for g in (frozenset(), gone))
    assert {m.hash for s in without for m in unpack_lines(s.lines).marks} >= gone
    assert [hash_of(s) for s in with_it] == [hash_of(s) for s in without]


def hash_of(story: Story) -> set[int]:
    marks = unpack_lines(story.lines).marks
    return {mark.hash for mark in marks if mark.place is Place.LINE}


# --- lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MORE from   the desk", "More from the desk"),
        ("Changed on 3 March 2026", "Changed on 14. Juni 2025"),
        ("12 readers said so", "3,400 readers said so"),
        ("All at https://news.example/a/1?x", "All at https://news.example/b"),
        ("Sunset at 18:04", "Sunset at 17:59"),
    ],
)
def test_lines_that_differ_in_nothing_that_matters_are_one(one: str, other: str) -> None:
    assert line_hash(Place.LINE, one) == line_hash(Place.LINE, other)


def test_a_line_may_name_its_story() -> None:
    form = "Write to us about “{}” at any time"
    titles = ("Ferry sails again", "Pilots on strike")
    assert len({folded(form.format(title), title) for title in titles}) == 1
    assert folded("Ferry sails again today", "Ferry sails again") == "ferry sails again today"


def test_march_is_a_word_where_there_is_no_number() -> None:
    assert folded("They march in May") == "they march in may"


def test_places_are_told_apart() -> None:
    assert len({line_hash(place, FOOTER) for place in Place}) == len(Place)


def test_of_a_long_text_the_start_and_the_end_are_kept() -> None:
    blocks = [Block(type=BlockType.LIST, text=f"Point {'x' * n}", rule="list") for n in range(300)]
    marks = lines_of("", blocks).marks
    assert len(marks) == MAX_LINES
    assert marks[0].hash == line_hash(Place.LINE, blocks[0].text)
    assert marks[-1].hash == line_hash(Place.LINE, blocks[-1].text)


def test_cuts_leave_something_on_both_sides() -> None:
    assert prefix_ends("One sentence.") == []
    assert suffix_starts("One sentence.") == []
    assert [("One. Two. Three."[:n]) for n in prefix_ends("One. Two. Three.")] == [
        "One. Two.",
        "One.",
    ]
    assert ["一。二。三。"[n:] for n in suffix_starts("一。二。三。")] == ["二。三。", "三。"]


def test_nothing_is_looked_for_where_nothing_is_known() -> None:
    nothing = Repeated()
    assert not nothing.is_line(FOOTER)
    assert nothing.prefix_end("One. Two.") is None
    assert nothing.suffix_start("One. Two.") is None


def test_lines_of_another_version_are_none() -> None:
    assert unpack_lines(b"") == unpack_lines(b"\x00abc") == StoryLines()


WORDS = st.frozensets(st.integers(0, 0xFFFF), max_size=48)
MARKS = st.builds(
    Mark,
    place=st.sampled_from(Place),
    shape=st.integers(0, 31).map(lambda bits: Shape(bits << 2)),
    hash=st.integers(-(2**63), 2**63 - 1),
)


@given(st.builds(StoryLines, title=WORDS, lead=WORDS, marks=st.lists(MARKS).map(tuple)))
def test_packed_lines_are_read_as_they_were(lines: StoryLines) -> None:
    packed = pack_lines(lines)
    assert unpack_lines(packed) == lines
    assert all(packed_hash(mark.hash) in packed for mark in lines.marks)


@settings(deadline=None)
@given(st.lists(st.text(max_size=80), min_size=4, max_size=8), st.text(max_size=400))
def test_any_text_may_be_learned_from(own: list[str], repeated: str) -> None:
    stories = [made(n, repeated, own=text or "x") for n, text in enumerate(own)]
    entries = [story.entry() for story in stories]
    first, found = taught(lambda gone: read(entries, gone))
    again, _ = taught(lambda gone: read(entries, gone))
    assert list(first) == list(again), "the same stories teach the same"
    gone = frozenset(lesson.hash for lesson in found)
    assert list(first) == read(entries, gone)


def test_a_lesson_says_what_it_saw() -> None:
    stories = read([made(n, FOOTER).entry() for n in range(6)])
    hashed = line_hash(Place.LINE, FOOTER)
    assert learn(stories, ()) == (Lesson(place=Place.LINE, hash=hashed, stories=6, text=FOOTER),)


# --- real articles ------------------------------------------------------------------------------

NO_TEXT = {
    201125225516629693,
    6351510501298849620,
    -8147152209004875014,
    7248604790918530596,
    5688245372192084164,
    7253874843273306426,
    8185733151882741226,
}
"""What the truth of the pages counts among their paragraphs, though it is no part of a story: five
notices of rights and of republication, three links to other pages; by hash, since not ours."""


def article_paragraphs() -> Iterator[tuple[str, str]]:
    truth = json.loads((ARTICLES / "article-extraction-benchmark/ground-truth.json").read_text())
    for name, page in truth.items():
        yield from ((name, line) for line in page["articleBody"].split("\n"))
    for path in sorted((ARTICLES / "fundus-dev").glob("*/*.json")):
        for page in json.loads(path.read_text()).values():
            yield from ((path.stem, line) for line in _strings(page.get("body")))


def _strings(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield from said.split("\n")
    elif isinstance(said, dict | list):
        for part in said.values() if isinstance(said, dict) else said:
            yield from _strings(part)


@pytest.mark.corpus
@pytest.mark.skipif(not ARTICLES.is_dir(), reason=f"no test data at {ARTICLES}")
def test_no_real_paragraph_is_taken_by_the_general_forms() -> None:
    seen = [(name, fold_space(line)) for name, line in article_paragraphs() if line.strip()]
    assert len(seen) > 5000
    taken = {hash64(line): (name, line) for name, line in seen if boilerplate_rule(line)}
    assert {hashed: said for hashed, said in taken.items() if hashed not in NO_TEXT} == {}


@pytest.mark.corpus
@pytest.mark.skipif(not ARTICLES.is_dir(), reason=f"no test data at {ARTICLES}")
def test_nothing_is_learned_from_real_articles_of_many_publishers() -> None:
    by_page: dict[str, list[str]] = {}
    for name, line in article_paragraphs():
        by_page.setdefault(name, []).append(line)
    stories = [Made(title=name, paragraphs=lines) for name, lines in by_page.items()]
    assert len(stories) > 200
    assert lessons(stories) == []


@pytest.mark.corpus
def test_nothing_is_learned_from_real_news_of_one_desk() -> None:
    path = SHARED_DATA / "corpora/jawikinews/jawikinews_first1835.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no test data at {path}")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    for start in range(0, 600, WINDOW):
        window = rows[start : start + WINDOW]
        stories = [
            Made(title=row["headline"], paragraphs=row["body"].split("\n")) for row in window
        ]
        assert lessons(stories) == []
