"""What operators' rules cost: `make bench-rules`.

Made-up stories tagged by 10 rules and by 10,000, which ask for names, phrases, lists of either and
filters as newsrooms write them; the rules' own cost, in time, memory and bytes; a change to one of
them; and bringing stories on record up to it, on both engines.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from app.core.hashing import hash64
from app.core.identity import story_id
from app.core.kept import KeptEntry
from app.core.make import Made, Making, complete, make, story_of
from app.core.poll import ClaimedFeed, NewStory
from app.core.search.facets import StorySource
from app.core.story import FeedContext, Story
from app.core.tagging.policy import TagPolicy, pack_policy, unpack_policy
from app.core.tagging.rules import Rule, pack_actions
from app.core.types import Entry, Markup
from app.ingest.renew import Renewer
from app.store.changes import append_changes
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed
from app.store.models import rules as rules_table
from app.store.policy import read_policy
from app.store.rules import NewRule, add_rule, change_rule, list_rules
from app.store.written import insert_stories
from app.telemetry import configure_logging
from bench.corpus import BEGIN, Corpus
from bench.engines import both_engines
from bench.rule_sets import made_up
from bench.words import MANNERS

FEW, MANY = 10, 10_000
STORIES: Final = 300
STORED: Final = 1000
ROUNDS: Final = 5
BATCH: Final = 200
SOURCE: Final = StorySource(id=1, domain="harbour.example", country=None)


def kept_entries(count: int) -> Iterator[KeptEntry]:
    corpus = Corpus(total=count)
    for number in range(count):
        _, story = corpus.story(number)
        yield KeptEntry(
            entry=Entry(
                raw_hash=number,
                guid=str(number),
                url=story.url,
                title=Markup(value=story.title, html=False),
                content=Markup(value="".join(f"<p>{escape(b.text)}</p>" for b in story.blocks)),
                published_raw=story.published_at.isoformat(),
            ),
            context=FeedContext(feed_url="https://harbour.example/rss", language=story.language),
            first_seen=story.published_at,
        )


# --- one story --------------------------------------------------------------------------------


def cost_of_tagging(entries: Sequence[KeptEntry], policies: Sequence[bytes]) -> list[float]:
    """Milliseconds of the processor for a story by each policy: the median of the rounds, which
    take turns.
    """
    stories: list[Story] = [story_of(kept) for kept in entries]
    for policy in policies:  # compiled for all languages
        _completed(stories, entries, policy)
    rounds: list[list[float]] = [[] for _ in policies]
    for _ in range(ROUNDS):
        for number, policy in enumerate(policies):
            gc.collect()
            begun = time.process_time()
            _completed(stories, entries, policy)
            rounds[number].append((time.process_time() - begun) * 1000 / len(stories))
    return [median(taken) for taken in rounds]


def _completed(stories: Sequence[Story], entries: Sequence[KeptEntry], policy: bytes) -> list[Made]:
    return [
        complete(story, kept, SOURCE, policy) for story, kept in zip(stories, entries, strict=True)
    ]


def cost_of_compiling(policy: bytes) -> tuple[float, dict[str, float], float]:
    """Milliseconds to read a policy that is new to a process, and to compile it for each language,
    of the processor; and the megabytes that it takes then.
    """
    unpack_policy.cache_clear()
    gc.collect()
    before = _resident_mb()
    begun = time.process_time()
    _ = unpack_policy(policy).book
    read = (time.process_time() - begun) * 1000
    each = compile_all(policy)
    return read, each, _resident_mb() - before


def compile_all(policy: bytes) -> dict[str, float]:
    """Compile a policy for each language; milliseconds of the processor."""
    terms = make(next(kept_entries(1)), Making(entry=b"", source=SOURCE)).terms
    each = {}
    for language in MANNERS:
        begun = time.process_time()
        unpack_policy(policy).book.outcome(terms, language)
        each[language] = (time.process_time() - begun) * 1000
    return each


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


# --- stories on record ------------------------------------------------------------------------


class Here:
    """Does the work of a worker process at once."""

    async def run(self, work: Callable[..., Any], makings: Sequence[Making]) -> Any:  # noqa: ANN401 - whatever the work gives
        return work(makings)


async def fill(database: Database, entries: Sequence[KeptEntry], rules: Sequence[Rule]) -> None:
    """Stories as polls write them, tagged by rules that are on record."""
    new = NewFeed(url="https://harbour.example/rss", host="harbour.example", domain=SOURCE.domain)
    async with database.write() as session:
        feed_id = await add_feed(session, new, BEGIN)
        await session.execute(rules_table.insert(), [_row(rule) for rule in rules[1:]])
        first = NewRule(name="Rule 1", query=rules[0].query, actions=rules[0].actions, position=1)
        await add_rule(session, first, BEGIN)
    feed = ClaimedFeed(
        id=feed_id,
        url=new.url,
        host=new.host,
        source_id=1,
        source_name=None,
        source_domain=SOURCE.domain,
        lease_token=1,
        claimed_at=BEGIN,
        due_at=BEGIN,
    )
    policy = await packed_policy(database)
    made = [make(kept, Making(entry=b"", source=SOURCE, policy=policy)) for kept in entries]
    new_stories = [_new(number, each) for number, each in enumerate(made)]
    for start in range(0, len(made), BATCH):
        async with database.write() as session:
            batch = new_stories[start : start + BATCH]
            await append_changes(session, await insert_stories(session, batch, feed, BEGIN), BEGIN)


async def packed_policy(database: Database) -> bytes:
    async with database.read() as session:
        return await read_policy(session)


def _new(number: int, made: Made) -> NewStory:
    return NewStory(
        id=story_id(made.story.published_at, number),
        identity=hash64("identity", str(number)),
        url_hash=None,
        title_hash=hash64("title", made.story.title),
        made=made,
    )


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "position": rule.id - 1,  # the first comes before them
        "name": f"Rule {rule.id}",
        "query": rule.query,
        "actions": pack_actions(rule.actions),
        "enabled": True,
        "created_at": BEGIN,
        "changed_at": BEGIN,
    }


async def change_one(database: Database, query: str) -> float:
    """Milliseconds to change the first rule to another search, with all that follows at once."""
    begun = time.perf_counter()
    async with database.write() as session:
        (rule,) = await list_rules(session, after=0, limit=1)
        await change_rule(session, rule.id, {"query": query}, version=rule.version, at=BEGIN)
    return (time.perf_counter() - begun) * 1000


async def bring_up(database: Database) -> tuple[int, float, float]:
    """How many stories are brought up to a change, and the seconds of it, by the clock and of this
    processor, which does a worker's part too; the rules are compiled before.
    """
    compile_all(await packed_policy(database))
    renewer, done = Renewer(database, Here()), 0  # type: ignore[arg-type]  # stands in for Offload
    begun, spent = time.perf_counter(), time.process_time()
    while found := await renewer.renew_marked():
        done += found
    return done, time.perf_counter() - begun, time.process_time() - spent


# --- report -----------------------------------------------------------------------------------


def report_tagging(console: Console, stories: int, many: int) -> None:
    sets = [made_up(count, random.Random(count)) for count in (FEW, many)]
    policies = [pack_policy(TagPolicy(version=1, rules=tuple(rules))) for rules in sets]
    read, compiled, grown = cost_of_compiling(policies[-1])
    entries = list(kept_entries(stories))
    costs = cost_of_tagging(entries, policies)
    table = Table("rules", "bytes packed", "ms a story", f"of that with {FEW}")
    for rules, policy, cost in zip(sets, policies, costs, strict=True):
        table.add_row(
            f"{len(rules):,}", f"{len(policy):,}", f"{cost:.2f}", f"{cost / costs[0]:.2f} ×"
        )
    console.print(table)
    each = ", ".join(f"{language} {ms:.0f}" for language, ms in compiled.items())
    console.print(f"{many:,} rules: read in {read:.0f} ms, compiled by language in ms: {each}.")
    console.print(f"They take {grown:.0f} MB of a process that has met all {len(compiled)}.")


async def report_back_fill(console: Console, stored: int, many: int) -> None:
    entries = list(kept_entries(stored))
    rare, common = made_up(1, random.Random("rare"))[0].query, "the OR di OR の OR 이 OR 也"
    changes = (("rare", rare), ("common", common), ("excluding", f"-({rare})"))
    table = Table("a rule is made", "rules", "engine", "ms", "made again", "s", "of our processor")
    for count in (FEW, many):
        async with both_engines() as databases:
            for engine, database in databases.items():
                await fill(database, entries, made_up(count, random.Random(count)))
                for what, query in changes:
                    ms = await change_one(database, query)
                    done, seconds, spent = await bring_up(database)
                    shown = (
                        f"{ms:.0f}",
                        f"{done:,} of {stored:,}",
                        f"{seconds:.1f}",
                        f"{spent:.1f}",
                    )
                    table.add_row(what, f"{count:,}", engine, *shown)
    console.print(table)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rules", type=int, default=MANY, help="against so many")
    options.add_argument("--stories", type=int, default=STORIES, help="that are tagged")
    options.add_argument("--stored", type=int, default=STORED, help="that are brought up")
    given = options.parse_args()
    configure_logging("error", as_json=False)
    console = Console(width=100)
    report_tagging(console, given.stories, given.rules)
    asyncio.run(report_back_fill(console, given.stored, given.rules))
    return 0


if __name__ == "__main__":
    sys.exit(main())
