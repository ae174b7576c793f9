"""Every metric of a running service is described, and every query that is shipped names one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from sqlalchemy import text

from app.core.alert import AlertKind
from app.store.jobs import JobState
from tests.api.conftest import Api, running
from tests.api.publisher import Item, Publisher, atom
from tests.conftest import ROOT

DOCS = ROOT / "docs" / "metrics.md"
RULES = ROOT / "deploy" / "prometheus" / "copydesk.rules.yml"
TRIED = RULES.with_name("copydesk.rules.test.yml")
BOARD = ROOT / "deploy" / "grafana" / "copydesk.json"

LABELS = {
    "by",
    "change",
    "failure",
    "health",
    "kind",
    "method",
    "of",
    "outcome",
    "python",
    "quantile",
    "reason",
    "route",
    "state",
    "status",
    "version",
}
"""All of them with closed sets of values; one that is new is to be looked at for that."""

OF_PROMETHEUS = {"instance", "job", "le"}
RECORDED = re.compile(r"copydesk:\w+")
NAMED = re.compile(r"(?<![\w:])((?:copydesk|process)_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")


CHANGES = """
UPDATE feeds SET next_poll_at = 1000;
INSERT INTO jobs (kind, asked, actor, state, created_at, lease_until)
VALUES ('import', '{}', 'test', 'running', 1000, 4102444800000);
INSERT INTO alerts (kind, subject, severity, detail, since, ended_at)
VALUES ('feed_gone', 'feed:1', 'warning', '{}', 1000, NULL),
('feed_gone', 'feed:2', 'warning', '{}', 1000, 2000)
"""


def label_names(api: Api) -> dict[str, set[str]]:
    """The labels of each metric under the names that a query has for it."""
    found: dict[str, set[str]] = {}
    for collector in api.service.registry._collector_to_names:
        labels = set(getattr(collector, "_labelnames", ()))
        for metric in collector.collect():
            for name in queried(metric.name, metric.type):
                found[name] = labels | ({"version", "python"} if metric.type == "info" else set())
    return found


def queried(name: str, kind: str) -> Iterator[str]:
    match kind:
        case "counter":
            yield f"{name}_total"
        case "info":
            yield f"{name}_info"
        case "histogram":
            yield from (name, f"{name}_bucket", f"{name}_sum", f"{name}_count")
        case _:
            yield name


def of_database(told: str) -> dict[str, set[str]]:
    """The same of what is told, for metrics that are made for each answer."""
    found: dict[str, set[str]] = {}
    for line in told.splitlines():
        if line.startswith("#"):
            continue
        name, _, labels = line.partition(" ")[0].partition("{")
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


async def told(api: Api) -> str:
    answer = await api.admin.get("/metrics")
    assert answer.status_code == 200
    return answer.text


async def existing(api: Api, harbour: Publisher) -> dict[str, set[str]]:
    """Every metric there is, with its labels, of a service that has done something."""
    harbour.pages["/feed"] = atom(Item(title="One"))
    await api.poll(harbour.url())
    async with api.service.database.write() as session:
        await session.execute(text("UPDATE stories SET published_at = ingested_at - 90000"))
        await session.execute(text("UPDATE stories SET published_from = 'published'"))
    metrics = of_database(await told(api)) | label_names(api)
    return {name: labels - {"le"} for name, labels in metrics.items()}


async def test_every_metric_and_label_is_described_and_no_other(api: Api, harbour: Publisher):
    metrics = await existing(api, harbour)
    described = {
        name: set(filter(None, labels.split(",")))
        for row in DOCS.read_text(encoding="utf-8").splitlines()
        if row.startswith("| `")
        for name, labels in re.findall(r"`(\w+)(?:\{([\w,]+)\})?`", row.split("|")[1])
    }
    part_of_another = re.compile(r".*_(bucket|sum|count|created)")
    expected = {
        name: labels for name, labels in metrics.items() if not part_of_another.fullmatch(name)
    }
    assert described == expected
    assert set().union(*expected.values()) == LABELS


async def test_every_query_that_is_shipped_names_metrics_and_labels_there_are(
    api: Api, harbour: Publisher
):
    metrics = await existing(api, harbour)
    rules = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    board = json.loads(BOARD.read_text())
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert all(panel["targets"] for panel in panels)
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    queries += [rule["expr"] for rule in rules]
    queries += [held for rule in rules for held in re.findall(r'query "(.*)" \}', str(rule))]
    queries += [variable["definition"] for variable in board["templating"]["list"][1:]]
    queries += [series["series"] for series in _tried()]
    assert len(queries) > 60
    for query in queries:
        named = NAMED.findall(query)
        assert named or RECORDED.search(query) or query.startswith("up{"), query
        assert set(RECORDED.findall(query)) <= recorded
        allowed = set(OF_PROMETHEUS)
        for name, matchers in named:
            assert name in metrics, f"no metric {name}: {query}"
            allowed |= metrics[name]
            assert set(re.findall(r"(\w+)\\?[=!]", matchers)) <= metrics[name] | OF_PROMETHEUS, (
                query
            )
        for grouped in GROUPED.findall(query):
            assert {label.strip() for label in grouped.split(",")} <= allowed, query
    legends = [t["legendFormat"] for panel in panels for t in panel["targets"]]
    for legend, query in zip(legends, queries, strict=False):
        labels = {"instance"}.union(*(metrics[name] for name, _ in NAMED.findall(query)))
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= labels, query


def _tried() -> Iterator[dict[str, Any]]:
    for tried in yaml.safe_load(TRIED.read_text())["tests"]:
        yield from tried["input_series"]


def test_every_alert_of_the_service_has_a_rule_and_every_rule_says_what_to_do():
    rules = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    alerts = [rule for rule in rules if "alert" in rule]
    kinds = {kind for rule in alerts for kind in re.findall(r'kind="(\w+)"', rule["expr"])}
    others = {AlertKind.DATABASE}  # it cannot be on record while it stands: copydesk_database_up
    assert kinds == {kind.value for kind in set(AlertKind) - others}
    for rule in alerts:
        assert rule["annotations"].keys() >= {"summary", "action"}
        assert rule["labels"]["severity"] in ("critical", "warning", "info")


async def test_the_database_is_told_as_it_is(migrated_url: str, harbour: Publisher):
    async with running(migrated_url, read_auth="open") as api:
        harbour.pages["/feed"] = atom(Item(title="One"))
        await api.poll(harbour.url())
        before = await told(api)
        assert "copydesk_feeds_due 0.0" in before
        async with api.service.database.write() as session:
            for statement in CHANGES.split(";"):
                await session.execute(text(statement))
        after = await told(api)
        for line in (
            "copydesk_database_up 1.0",
            "copydesk_feeds_due 1.0",
            'copydesk_leases{of="jobs"} 1.0',
            'copydesk_leases{of="feeds"} 0.0',
            'copydesk_jobs{state="running"} 1.0',
            'copydesk_alerts{kind="feed_gone"} 1.0',
            "copydesk_log_entries 1.0",
            'copydesk_stories_total{change="created"} 1.0',
        ):
            assert line in after
        assert (
            float(re.findall(r"^copydesk_most_overdue_seconds (.*)$", after, re.MULTILINE)[0]) > 1e9
        )
        assert ("copydesk_disk_free_bytes" in after) == migrated_url.startswith("sqlite")
        for state in JobState:
            assert f'copydesk_jobs{{state="{state.value}"}}' in after


async def test_requests_that_are_too_many_are_counted_by_what_was_counted(migrated_url: str):
    async with running(migrated_url, read_auth="open", requests_per_minute=1) as api:
        for status in (200, 429):
            assert (await api.get("/v1/sources")).status_code == status
        assert 'copydesk_http_limited_total{by="address"} 1.0' in await told(api)
