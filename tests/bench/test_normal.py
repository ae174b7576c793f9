"""What the measurements of the normal form measure is what they say."""

from __future__ import annotations

import random

from app.core.known import Known
from app.core.normal.blocks import read_blocks
from app.core.schedule import Outcome
from bench.normal import (
    LANGUAGES,
    Timed,
    article,
    feed_cases,
    markdown,
    on_record,
    plan,
    read,
    rss,
    seconds_of,
    story_cases,
)


def test_articles_are_as_long_as_is_said_and_have_what_stands_around_one() -> None:
    for language in LANGUAGES:
        text = read_blocks(article(random.Random(1), language, 80), is_html=True)
        kinds = [block.type.value for block in text.blocks]
        assert kinds[:3] == ["caption", "dateline", "paragraph"]
        assert kinds[-2:] == ["byline", "boilerplate"]
        if language in ("en", "de", "ru"):
            assert 80 <= len(text.text.split()) <= 90


def test_polls_are_of_new_and_of_unchanged_entries() -> None:
    body = rss(7)
    document = read(body)
    first = plan(body, document, Known())
    assert (first.ledger.outcome, len(first.new)) == (Outcome.NEW, 7)
    again = plan(body, document, on_record(first))
    assert (again.ledger.outcome, again.new, again.changed) == (Outcome.UNCHANGED, (), ())


def test_every_case_runs() -> None:
    for _, _, run in [*story_cases([50], ["en", "ja"]), *feed_cases([2])]:
        assert seconds_of(run, 1) >= 0


def test_the_report_has_ratios() -> None:
    said = {"normalize": 4.0, "nh3 alone": 1.0, "trafilatura": 8.0, "resiliparse": 2.0}
    polls = {"feedparser alone": 10.0, "read": 5.0, "all new": 40.0, "unchanged": 6.0}
    timed = [Timed(case="en", what=what, seconds=ms / 1000) for what, ms in said.items()]
    timed += [Timed(case="20", what=what, seconds=ms / 1000) for what, ms in polls.items()]
    lines = markdown(timed).splitlines()
    assert "| en | 4.00 | 1.00 (4.00×) | 8.00 (0.50×) | 2.00 (2.00×) |" in lines
    assert "| 20 | 10.00 | 5.00 (0.50×) | 40.00 (4.00×) | 6.00 (0.60×) |" in lines
