"""The `copydesk` command: runs the service, and administers it as a client of its HTTP API.

Commands import what is slow to import when they run, so that `--help` need not wait.
"""

from __future__ import annotations

from typing import Annotated

import typer

from app import __version__
from app.cli import (
    boilerplate,
    feeds,
    jobs,
    keys,
    rules,
    searches,
    sections,
    stories,
    story_tags,
    tags,
    webhooks,
)
from app.cli.alerts import alerts
from app.cli.archive import export, import_
from app.cli.audit import audit
from app.cli.backup import backup, restore
from app.cli.demo import demo
from app.cli.doctor import doctor
from app.cli.normalize import normalize
from app.cli.renewing import reindex, reprocess
from app.cli.replay import replay
from app.cli.serve import migrate, poll, serve

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        typer.echo(f"copydesk {__version__}")
        raise typer.Exit


@app.callback()
def copydesk(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Point it at feeds; get one clean, tagged, searchable stream of stories over HTTP.

    Settings are environment variables named COPYDESK_…, or the same names in a file `.env`.
    """


app.command()(serve)
app.command()(poll)
app.command()(migrate)
app.add_typer(feeds.app, name="feeds")
app.add_typer(keys.app, name="keys")
app.add_typer(jobs.app, name="jobs")
app.add_typer(boilerplate.app, name="boilerplate")
app.add_typer(rules.app, name="rules")
app.add_typer(tags.app, name="tags")
app.add_typer(searches.app, name="searches")
app.add_typer(webhooks.app, name="webhooks")
for command in (story_tags.add, story_tags.remove, story_tags.reset, sections.sections):
    tags.app.command()(command)
app.command()(stories.search)
app.command()(stories.status)
app.command()(normalize)
app.command()(reindex)
app.command()(reprocess)
app.command()(replay)
app.command()(doctor)
app.command()(audit)
app.command()(alerts)
app.command()(backup)
app.command()(restore)
app.command()(export)
app.command("import")(import_)
app.command()(demo)
