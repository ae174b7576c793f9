"""Answers with the new entries of a feed alone (RFC 3229, `A-IM: feed`)."""

from __future__ import annotations

import pytest

from app.core.types import Failure, Fetched, FetchFailed, Validators
from app.net import HttpClients
from tests.ingest.servers import RSS, Request, answer, serve
from tests.ingest.test_fetch import clients, get

__all__ = ["clients"]

ETAG = Validators(etag=b'"1"')
DATE = Validators(last_modified=b"Sun, 01 Mar 2026 12:00:00 GMT")


@pytest.mark.parametrize(
    ("validators", "delta", "asked"),
    [(ETAG, True, b"feed"), (ETAG, False, None), (DATE, True, None), (Validators(), True, None)],
)
async def test_a_delta_is_asked_for_with_an_etag_only(
    clients: HttpClients, validators: Validators, *, delta: bool, asked: bytes | None
) -> None:
    async with serve(answer(200)) as server:
        await get(clients, server.url(), validators=validators, delta=delta)
    assert server.requests[0].header("A-IM") == asked


@pytest.mark.parametrize("im", ["feed", "Feed"])
async def test_an_answer_of_226_to_that_is_part_of_a_document(
    clients: HttpClients, im: str
) -> None:
    async with serve(answer(226, RSS, (("IM", im), ("ETag", '"2"')))) as server:
        got = await get(clients, server.url(), validators=ETAG, delta=True)
    assert isinstance(got, Fetched)
    assert (got.partial, got.status, got.body) == (True, 226, RSS)
    assert got.validators == Validators(etag=b'"2"')


@pytest.mark.parametrize(
    ("validators", "delta", "im"),
    [
        (ETAG, False, "feed"),  # not asked for
        (Validators(), True, "feed"),
        (DATE, True, "feed"),
        (ETAG, True, "vcdiff"),  # changed in a way that was not asked for
        (ETAG, True, "feed, gzip"),
        (ETAG, True, ""),
    ],
)
async def test_any_other_226_is_no_document(
    clients: HttpClients, validators: Validators, im: str, *, delta: bool
) -> None:
    async with serve(answer(226, RSS, (("IM", im),))) as server:
        got = await get(clients, server.url(), validators=validators, delta=delta)
    assert isinstance(got, FetchFailed)
    assert (got.kind, got.status) == (Failure.HTTP_UNEXPECTED, 226)


async def test_a_redirect_to_another_origin_is_not_asked_for_a_delta(clients: HttpClients) -> None:
    def moved(request: Request) -> bytes:
        if request.target == "/feed":
            return answer(301, b"", (("Location", elsewhere.url("/new")),))
        return answer(200)

    async with serve(answer(226, RSS, (("IM", "feed"),))) as elsewhere, serve(moved) as server:
        got = await get(clients, server.url(), validators=ETAG, delta=True)
    assert isinstance(got, FetchFailed)
    assert elsewhere.requests[0].header("A-IM") is None
