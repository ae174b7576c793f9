"""The command without a server: its help, its settings, its endings, a file of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
import typer
from typer.testing import CliRunner, Result

from app.api.opml import read_opml
from app.api.schemas_rules import AskedActions
from app.cli import app, boilerplate, feeds, inside, keys, polling, rules, show
from app.cli.importing import PART, split
from app.cli.outcome import Stopped, run
from app.core.normal.lines import Place
from app.core.normal.repeats import LineState
from app.store.feeds import FeedState, Health
from app.store.keys import Scope
from app.store.ownership import owned, read_owner
from tests import documents
from tests.conftest import ROOT

NEWEST = max(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("0*.py"))

HEAVY = [
    "fastapi",
    "sqlalchemy",
    "httpx",
    "pydantic_settings",
    "structlog",
    "feedparser",
    "dateparser",
    "uvicorn",
    "lxml",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to be in; logging is as a command has it, and then as it was."""
    monkeypatch.chdir(tmp_path)
    for module in (inside, polling):
        monkeypatch.setattr(module, "configure_logging", log_quietly)
    yield tmp_path
    structlog.reset_defaults()


def log_quietly(level: str, *, as_json: bool) -> None:
    """The level alone: whatever else it sets would outlive the test."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))


def copydesk(*words: str, stdin: str | None = None, **settings: str) -> Result:
    env = {f"COPYDESK_{name.upper()}": value for name, value in settings.items()}
    return CliRunner().invoke(app, words, input=stdin, env=env, prog_name="copydesk")


def test_it_says_its_version():
    assert copydesk("--version").stdout.startswith("copydesk 0.")


def test_without_a_command_it_says_what_there_is():
    shown = copydesk().output
    for command in (
        *("serve", "poll", "migrate", "feeds", "keys"),
        *("search", "status", "normalize", "reindex", "demo"),
    ):
        assert command in shown


def test_every_command_says_in_a_line_what_it_does():
    root = documents.command()
    for path in documents.commands(root):
        node = root
        for word in path:
            node = node.commands[word]
        assert node.help, path
        assert "\n" not in node.help.strip(), path
        for parameter in node.params:
            assert getattr(parameter, "help", None), (path, parameter.name)


def test_help_waits_for_nothing_that_is_slow_to_import():
    script = (
        "import sys\nfrom app.cli import app\n"
        "app(['feeds', 'add', '--help'], standalone_mode=False)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "words", [("serve",), ("poll",), ("migrate",), ("feeds", "list"), ("search", "x"), ("demo",)]
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(words: tuple[str, ...]):
    ended = copydesk(*words, concurrency="many")
    assert ended.exit_code == 2
    assert "COPYDESK_CONCURRENCY='many'" in ended.stderr
    assert "Allowed: fetches in flight at most" in ended.stderr


def test_a_wrong_option_is_named_too():
    ended = copydesk("serve", "--port", "70000")
    assert ended.exit_code == 2
    assert "COPYDESK_PORT=70000" in ended.stderr


def test_a_database_that_does_not_answer_is_named_without_its_password():
    ended = copydesk("migrate", database_url="postgresql://me:hush@127.0.0.1:1/news")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("copydesk: the database 127.0.0.1:1/news cannot be used: ")
    assert "hush" not in ended.output
    assert len(ended.stderr.splitlines()) == 1


def test_postgresql_is_administered_the_same_way(new_postgres_database: Callable[[], str]):
    url = new_postgres_database()
    assert f"schema none → {NEWEST}" in copydesk("migrate", database_url=url).stdout
    assert copydesk("keys", "create", "wire", database_url=url).stdout.startswith("cdk_")
    assert "postgresql" in copydesk("status", database_url=url).stdout
    gone = copydesk("status", database_url=url + "_gone")
    assert gone.exit_code == 1
    assert "_gone cannot be used: " in gone.stderr
    assert "does not exist" in gone.stderr
    assert len(gone.stderr.splitlines()) == 1


def test_a_file_that_is_no_database_is_named(folder: Path):
    (folder / "copydesk.db").write_text("not a database, " * 100)
    ended = copydesk("feeds", "list")
    assert ended.exit_code == 1
    assert "copydesk.db cannot be used: file is not a database" in ended.stderr


def test_migrating_says_from_where_to_where():
    assert f"schema none → {NEWEST}" in copydesk("migrate").stdout
    assert f"has schema {NEWEST} already" in copydesk("migrate").stdout


def test_choices_are_those_of_the_service():
    assert choices(feeds.list_all, "state") == {state.value for state in FeedState}
    assert choices(feeds.list_all, "health") == {health.value for health in Health}
    assert choices(keys.create, "scope") == {scope.value for scope in Scope}
    assert choices(boilerplate.list_all, "state") == {state.value for state in LineState}
    assert set(rules.Action) == set(AskedActions.model_fields)
    assert choices(boilerplate.set_line, "place") == {place.value for place in Place}


def choices(command: object, parameter: str) -> set[str]:
    """The words of an option's Literal."""
    found, waiting = set(), [typing.get_type_hints(command)[parameter]]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, str):
            found.add(kind)
        waiting.extend(typing.get_args(kind))
    return found


# --- an SQLite file that nobody serves --------------------------------------------------------


def test_without_a_server_the_database_is_opened_here(folder: Path):
    made = copydesk("keys", "create", "wire", "--scope", "admin")
    assert made.exit_code == 0, made.output
    assert f"a new database, {folder / 'copydesk.db'}" in made.stderr
    assert made.stdout.startswith("cdk_")
    assert len(made.stdout.split()) == 1  # the key alone, for `KEY=$(copydesk keys create …)`
    listed = copydesk("keys", "list")
    assert "a new database" not in listed.stderr
    assert listed.stdout.count("cdk_") == 1  # no key but the one that was asked for
    assert read_owner(str(folder / "copydesk.db")) is None


def test_lines_of_sources_are_set_reverted_and_restored():
    assert "No line" in copydesk("boilerplate", "list").stderr
    copydesk("feeds", "add", "https://news.example/rss.xml", "--no-probe")
    text = "More from the harbour desk"
    done = copydesk("boilerplate", "set", "1", text)
    assert done.stdout == f"Set line 1: {text}\n", done.output
    assert copydesk("boilerplate", "revert", "1").stdout == f"Reverted line 1: {text}\n"
    listed = copydesk("boilerplate", "list", "--state", "reverted", "--source", "1", "--json")
    assert json.loads(listed.stdout)["text"] == text
    restored = json.loads(copydesk("boilerplate", "restore", "1", "--json").stdout)
    assert restored["state"] == "set"
    assert text in copydesk("boilerplate", "list").stdout
    refused = copydesk("boilerplate", "set", "9", text)
    assert (refused.exit_code, refused.stderr.strip()) == (1, "copydesk: there is no source 9")


def test_tags_are_shown_and_edited():
    assert "No tag" in copydesk("tags", "list").stderr
    shown = copydesk("tags", "show", "place:Kyoto").stdout
    assert "京都" in shown
    assert "Japan (place:jp)" in shown
    assert "24h 0, 7d 0, 30d 0, all 0" in shown
    merged = copydesk("tags", "merge", "category:ferry news", "category:ferries")
    assert merged.stdout == "Merged category:ferry-news into category:ferries.\n", merged.output
    assert copydesk("tags", "block", "label:経済").stdout == "Blocked label:経済.\n"
    named = json.loads(copydesk("tags", "rename", "place:kyoto", "Kyōto", "--json").stdout)
    assert (named["tag"], named["name"]) == ("place:kyoto", "Kyōto")
    listed = copydesk("tags", "list", "--edited").stdout.splitlines()
    assert [line.split()[0] for line in listed if ":" in line.split()[0]] == [
        "category:ferry-news",
        "label:経済",
        "place:kyoto",
    ]
    assert "category:ferries" in copydesk("tags", "show", "category:ferry-news").stdout
    copydesk("tags", "unmerge", "category:ferry-news")
    copydesk("tags", "rename", "place:kyoto")
    copydesk("tags", "unblock", "label:経済")
    assert "No tag" in copydesk("tags", "list", "--edited").stderr
    refused = copydesk("tags", "show", "category:nothing")
    assert refused.exit_code == 1
    assert "there is no tag category:nothing" in refused.stderr


def test_rules_are_added_changed_tried_and_deleted():
    assert "No rule" in copydesk("rules", "list").stderr
    asked = ("--add", "label:port=Port", "--add", "label:sea", "--remove", "place:jo", "--drop")
    added = copydesk("rules", "add", "Ferries", "ferry OR quay", *asked, "--language", "en")
    assert added.stdout == "Added rule 1 (Ferries), 1 in the order.\n", added.output
    copydesk("rules", "add", "Pilots", "pilots", "--agency", "kyodo", "--position", "1", "--off")
    listed = copydesk("rules", "list").stdout
    assert listed.index("Pilots") < listed.index("Ferries")
    assert "+label:port, +label:sea, -place:jo, drop, language en" in listed
    changed = copydesk(
        *("rules", "change", "1", "--keep", "--clear", "remove", "--clear", "language"),
        *("--search", "ferry", "--position", "1", "--off", "--json"),
    )
    rule = json.loads(changed.stdout)
    assert (rule["query"], rule["position"], rule["enabled"]) == ("ferry", 1, False)
    assert rule["actions"] == {
        "add": [{"tag": "label:port", "name": "Port"}, {"tag": "label:sea", "name": "sea"}],
        "remove": [],
        "visibility": "keep",
        "language": None,
        "agency": None,
    }
    assert copydesk("rules", "change", "1").exit_code == 2
    tried = copydesk("rules", "try", "NOT ferry", "--drop")
    assert tried.stdout.startswith("0 stories match ("), tried.output
    assert "it is tried on every story" in tried.stdout
    refused = copydesk("rules", "try", 'ferry "', "--drop")
    assert refused.exit_code == 1
    assert "the quote at position 6 is never closed" in refused.stderr
    done = copydesk("rules", "backfill", "--pause", "--watch")
    assert done.stdout == "All 0 stories are tagged by the rules as they are.\n"
    assert json.loads(copydesk("rules", "backfill", "--json").stdout)["paused"] is True
    copydesk("rules", "backfill", "--resume")
    assert copydesk("rules", "delete", "2").stdout == "Deleted rule 2 (Pilots).\n"


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ({"left": 0, "paused": False}, "All 9 stories are tagged by the rules as they are.\n"),
        ({"left": 2, "paused": True}, "2 of 9 stories are to be brought up: paused.\n"),
    ],
)
def test_a_back_fill_is_watched_until_it_is_done_or_stopped(
    monkeypatch: pytest.MonkeyPatch, last: dict[str, object], said: str
):
    answers = [{"total": 9, "done": 9 - left, "left": left, "paused": False} for left in (7, 3)]
    answers.append({"total": 9, "done": 7, **last})

    class Server:
        async def get(self, path: str) -> dict[str, object]:
            assert path == "/v1/admin/tag-rules:backfill"
            return {"data": answers.pop(0)}

    monkeypatch.setattr(rules, "WATCH_S", 0)
    monkeypatch.setattr(rules, "with_api", lambda _url, work: asyncio.run(work(Server())))
    assert copydesk("rules", "backfill", "--watch").stdout == said
    assert answers == []


def test_a_file_that_another_process_polls_is_left_alone(folder: Path):
    path = str(folder / "copydesk.db")
    with owned(path):
        for words in (("feeds", "list"), ("status",)):
            ended = copydesk(*words)
            assert ended.exit_code == 1
            assert "serves no requests" in ended.stderr
            assert "copydesk serve" in ended.stderr
        for words in (("migrate",), ("poll", "--once")):
            ended = copydesk(*words)
            assert ended.exit_code == 1
            assert "SQLite is for one process at a time" in ended.stderr
    assert not Path(path).exists()


def test_polling_once_sums_up():
    listed = """<opml version="2.0"><body>
      <outline xmlUrl="http://127.0.0.1:1/feed"/><outline xmlUrl="http://127.0.0.1:2/feed"/>
    </body></opml>"""
    assert copydesk("feeds", "import", "-", stdin=listed).exit_code == 0
    ended = copydesk("poll", "--once", host_gap_s="0")  # private addresses: both are refused
    assert ended.exit_code == 0, ended.output
    assert "feeds polled" in ended.stdout
    assert [line.split() for line in ended.stdout.splitlines() if line[:1].isdigit()] == [
        ["2", "0", "0", "2"]
    ]
    assert "http://127.0.0.1:1/feed" in ended.stdout
    assert "blocked: " in ended.stdout
    assert "feed_polled" not in ended.output


# --- lists of feeds ---------------------------------------------------------------------------


def opml(count: int) -> bytes:
    lines = "".join(
        f'<outline text="group"><outline xmlUrl="https://f{i}.example/" text="F{i}"/></outline>'
        for i in range(count)
    )
    return f'<opml version="2.0"><body>{lines}</body></opml>'.encode()


def test_a_long_list_is_sent_in_parts_and_whole():
    document = opml(2 * PART + 1)
    parts = list(split(document))
    assert len(parts) == 3
    assert [line for part in parts for line in read_opml(part)] == read_opml(document)


@pytest.mark.parametrize("document", [opml(PART), b"", b"<rss/>", b"no XML", b"\xff\x00"])
def test_a_short_list_or_none_is_sent_as_it_is(document: bytes):
    assert list(split(document)) == [document]


def test_a_list_that_cannot_be_read_is_named():
    ended = copydesk("feeds", "import", "none.opml")
    assert ended.exit_code == 1
    assert "none.opml cannot be read: No such file" in ended.stderr


@pytest.mark.parametrize("words", [(), ("some.opml", "--starter")])
def test_a_list_is_named_once(words: tuple[str, ...]):
    ended = copydesk("feeds", "import", *words)
    assert ended.exit_code == 2
    assert "--starter" in ended.stderr


# --- a feed that is tried ---------------------------------------------------------------------

FEED = """<rss version="2.0"><channel><title>Harbour News</title>
<item><guid>tag:1</guid><link>/ferry</link><title>Ferry sails again - Harbour News</title>
<description>HAKODATE, Japan, Nov. 16 (Kyodo) - The ferry crossed at dawn.</description>
<pubDate>16 Nov 2026 09:00:00 GMT</pubDate></item>
<item><guid>x</guid><title>Lights out</title></item>
<item><guid>x</guid><title>Pilots ashore</title></item>
</channel></rss>"""


def test_what_a_feed_repeats_is_shown():
    said = ("Ferry sails empty", "Lamp goes dark", "Pilots stay ashore", "Cranes move north")
    items = "".join(
        f"<item><title>{title}</title><description>&lt;p&gt;{title[::-1]}.&lt;/p&gt;"
        "&lt;p&gt;More from the harbour desk&lt;/p&gt;</description></item>"
        for title in said
    )
    feed = f'<rss version="2.0"><channel><title>Harbour</title>{items}</channel></rss>'
    shown = copydesk("normalize", "-", "--limit", "1", stdin=feed).stdout
    assert "  4 stories lose the line “More from the harbour desk”" in shown.splitlines()


def test_a_feed_is_shown_with_the_rules_that_decided(folder: Path):
    (folder / "rss.xml").write_text(FEED)
    shown = copydesk("normalize", "rss.xml", "--address", "https://harbour.example/rss")
    assert shown.exit_code == 0, shown.output
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert lines[0] == "Harbour News: rss20, 3 entries, 3 stories"
    assert "titles lose “ - Harbour News”" in lines
    assert "Ferry sails again" in lines
    assert "url https://harbour.example/ferry" in lines
    assert "agency Kyodo (kyodo)" in lines
    assert any("“16 Nov 2026 09:00:00 GMT”, rule rfc5322" in line for line in lines)
    assert "paragraph paragraph The ferry crossed at dawn." in lines
    assert any(line.startswith("dateline lead HAKODATE, Japan") for line in lines)
    assert "known by its url; guid tag:1" in lines
    assert lines.count("known by its words; guid x, which others have too") == 2
    assert lines.count("block rule text") == 1  # the others have none
    assert copydesk("search").stderr.endswith("No story found.\n")


def test_a_feed_from_standard_input_is_shown_for_programs():
    words = ("normalize", "-", "--json", "--limit", "1", "--language", "ja")
    shown = copydesk(*words, stdin=FEED)
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert found["distinct"] == 3
    assert [story["title"] for story in found["stories"]] == ["Ferry sails again"]
    assert "2 more: see --limit." in copydesk("normalize", "-", "--limit", "1", stdin=FEED).stdout


def test_what_is_no_feed_is_told_why(folder: Path):
    ended = copydesk("normalize", "-", stdin="<!doctype html><html><body>Hello</body></html>")
    assert ended.exit_code == 1
    assert "(html_page)" in ended.stderr
    ended = copydesk("normalize", "none.xml")
    assert ended.exit_code == 1
    assert "none.xml cannot be read: No such file" in ended.stderr


# --- endings ----------------------------------------------------------------------------------


async def stopped_in_a_group(*others: Exception) -> None:
    raise ExceptionGroup("tasks", [ExceptionGroup("inner", [Stopped("buy paper")]), *others])


def test_what_was_foreseen_ends_with_a_line(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(typer.Exit) as ended:
        run(stopped_in_a_group())
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "copydesk: buy paper\n"


def test_what_was_not_foreseen_is_not_hidden():
    with pytest.raises(ExceptionGroup):
        run(stopped_in_a_group(KeyError("x")))


async def interrupted() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_ends_as_shells_know_it():
    with pytest.raises(typer.Exit) as ended:
        run(interrupted())
    assert ended.value.exit_code == 130


# --- what is printed --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("2030-01-01", "2030-01-01T00:00:00+00:00"),
        ("2030-01-01T09:00:00+09:00", "2030-01-01T09:00:00+09:00"),
    ],
)
def test_the_end_of_a_key_is_a_day_or_a_time(asked: str, wanted: str):
    assert keys.expiry(asked) == wanted


@pytest.mark.parametrize("asked", ["soon", "2030-13-01", "2030-1-1"])
def test_an_end_that_is_no_date_is_wrong_use(asked: str):
    ended = copydesk("keys", "create", "x", "--expires", asked)
    assert ended.exit_code == 2
    assert "2030-01-01" in ended.stderr


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [(0, "0 s"), (99, "99 s"), (100, "2 min"), (5400, "90 min"), (6000, "2 h"), (200_000, "2 d")],
)
def test_spans_are_said_as_people_say_them(seconds: float, wanted: str):
    assert show.span(seconds) == wanted


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (None, "unknown"),
        (12, "12 bytes"),
        (1536, "1.5 kB"),
        (3 << 20, "3.0 MB"),
        (1 << 30, "1.0 GB"),
    ],
)
def test_sizes_are_said_as_people_say_them(count: int | None, wanted: str):
    assert show.size(count) == wanted


def test_times_that_are_not_known_are_a_dash():
    assert show.local(None) == show.ago(None) == "–"


def test_times_are_said_by_how_far_they_are():
    assert show.ago("2000-01-01T00:00:00Z").endswith(" d ago")
    assert show.when("2999-01-01T00:00:00Z").startswith("in ")
    assert show.when("2000-01-01T00:00:00Z") == "due"
