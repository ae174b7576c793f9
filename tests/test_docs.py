"""The documents name everything there is, and nothing that is not."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest
import typer

from app.core.page.choose import Why
from app.core.page.job import Stop
from app.core.page.types import Refusal
from app.core.types import Failure
from tests import documents
from tests.conftest import ROOT

SOURCES = [p.read_text(encoding="utf-8") for p in sorted((ROOT / "app").rglob("*.py"))]
PAGES = documents.pages(ROOT)


def docs() -> str:
    """All that stands under docs/."""
    inside = [page for page in PAGES if ROOT / "docs" in page.parents]
    return "\n".join(page.read_text(encoding="utf-8") for page in inside)


def test_every_setting_is_in_the_docs():
    assert documents.missing(documents.settings(), docs()) == []


def test_every_error_code_is_in_the_docs():
    assert documents.missing(documents.error_codes(), docs()) == []


def test_every_reason_for_a_failed_poll_is_in_the_docs():
    assert documents.missing([kind.value for kind in Failure], docs()) == []


@pytest.mark.parametrize("kinds", [Refusal, Stop, Why])
def test_every_outcome_of_a_page_is_in_the_docs(kinds: type[StrEnum]):
    assert documents.missing([kind.value for kind in kinds], docs()) == []


def test_every_metric_is_in_the_docs():
    names = {name for source in SOURCES for name in documents.metrics(source)}
    assert names, "no metrics found: does the scan still know how they are made?"
    plain = {name.removesuffix("_total") for name in names}
    assert [name for name in sorted(plain) if name not in docs()] == []


def test_every_log_event_is_in_the_docs():
    names = {name for source in SOURCES for name in documents.events(source)}
    assert names, "no events found: does the scan still know how they are logged?"
    assert documents.missing(names, docs()) == []


def test_every_command_is_in_the_docs():
    paths = [" ".join(("copydesk", *path)) for path in documents.commands(documents.command())]
    assert len(paths) > 5
    assert documents.missing(paths, docs()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path):
    assert documents.broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_in_examples_exist(page: Path):
    targets = documents.make_targets((ROOT / "Makefile").read_text())
    wrong = []
    for words in documents.examples(page.read_text(encoding="utf-8")):
        if words[0] == "make":
            asked = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
            wrong += [f"make {target}" for target in asked if target not in targets]
        elif Path(words[0]).name == "copydesk":
            wrong += documents.misused(documents.command(), words)
    assert wrong == []


def test_the_readme_names_the_commands_of_the_first_minute():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert documents.missing(["make run", "make test", "make check"], readme) == []


def test_the_decisions_are_listed():
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in folder.glob("0*.md") if path.name not in index] == []


# --- the scans find what they are for ---------------------------------------------------------


def test_what_is_missing_is_seen():
    text = "Set `COPYDESK_HOST_GAP_S`; see copydesk feeds address."
    names = ["COPYDESK_HOST", "COPYDESK_HOST_GAP_S", "copydesk feeds add"]
    assert documents.missing(names, text) == ["COPYDESK_HOST", "copydesk feeds add"]


def test_metrics_and_events_are_seen():
    source = (
        "a = Counter('copydesk_polls', 'Polls.', ['outcome'])\n"
        "b = prometheus_client.Gauge('copydesk_due', 'Due.')\n"
        "log.info('feed_polled', new=1)\n"
        "self._log.warning('feed_lost')\n"
        "structlog.get_logger().info('x')\n"
        "typer.echo('not an event')\n"
        "collections.Counter(['a'])\n"
    )
    assert documents.metrics(source) == {"copydesk_polls", "copydesk_due"}
    assert documents.events(source) == {"feed_polled", "feed_lost"}


def test_error_codes_are_seen():
    assert {"not_found", "query_invalid", "internal_error"} <= documents.error_codes()


def test_broken_links_are_seen(tmp_path: Path):
    (tmp_path / "other.md").write_text("# Here we are\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Top of `it`\n[a](other.md) [b](other.md#here-we-are) [c](#top-of-it) [d](https://x.example)\n"
        "[e](none.md) [f](other.md#nowhere) [g](#nowhere)\n```\n[h](none.md)\n```\n"
    )
    assert documents.broken_links(page) == ["none.md", "other.md#nowhere", "#nowhere"]


def test_examples_are_read_as_a_shell_reads_them():
    text = (
        "```sh\n$ make run  # serve\nCOPYDESK_PORT=1 copydesk serve \\\n  --host ::1\n```\n"
        "```python\nmake = 1\n```\n"
    )
    assert documents.examples(text) == [["make", "run"], ["copydesk", "serve", "--host", "::1"]]


def test_targets_of_make_are_seen():
    assert documents.make_targets("A := b\nrun: setup ## serve\n\techo x: y\n.PHONY: z\n") == {
        "run"
    }


def test_misused_commands_are_seen():
    root = typer.Typer()
    feeds = typer.Typer()
    root.add_typer(feeds, name="feeds")

    @root.command()
    def serve(host: str = "::1", poll: bool = True) -> None: ...

    @feeds.command("add")
    def add(url: str) -> None: ...

    command = typer.main.get_command(root)
    assert sorted(documents.commands(command)) == [("feeds", "add"), ("serve",)]
    assert not documents.misused(command, ["copydesk", "serve", "--host=::1", "--no-poll"])
    assert not documents.misused(command, ["copydesk", "feeds", "add", "https://x.example"])
    assert documents.misused(command, ["copydesk", "server"]) == ["no command 'server'"]
    assert documents.misused(command, ["copydesk", "feeds", "ad"]) == ["no command 'ad'"]
    assert documents.misused(command, ["copydesk", "serve", "--hots"]) == [
        "no option '--hots' of 'serve'"
    ]


def test_the_pages_are_found():
    assert ROOT / "CONTRIBUTING.md" in PAGES
