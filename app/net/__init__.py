"""HTTP to the outside, guarded: the only package that imports httpx.

`HttpClients` is for every address that came from outside (feeds, redirects, pages, webhooks);
`read_body` is how its answers are read, `failure_of` what its exceptions mean.
"""

from httpx import (
    AsyncClient,
    HTTPError,
    Response,
    Timeout,
)

from app.net.addresses import AddressPolicy, IPNetwork, check_address, check_port
from app.net.body import BodyRefused, read_body
from app.net.clients import GuardedClient, HttpClients, asgi_client, plain_client
from app.net.dial import NotResolved, Resolver
from app.net.failures import failure_of, one_line
from app.net.targets import Blocked, Target, check_url

__all__ = [
    "AddressPolicy",
    "AsyncClient",
    "Blocked",
    "BodyRefused",
    "GuardedClient",
    "HTTPError",
    "HttpClients",
    "IPNetwork",
    "NotResolved",
    "Resolver",
    "Response",
    "Target",
    "Timeout",
    "asgi_client",
    "check_address",
    "check_port",
    "check_url",
    "failure_of",
    "one_line",
    "plain_client",
    "read_body",
]
