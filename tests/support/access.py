"""Who may call a route, and what it takes to call it."""

from typing import NamedTuple

from domain.identity.values import ROLES
from tests.support.arranging import Arrange, plain
from tests.support.http import BASE

NOBODY, GUEST = "nobody", "guest"
REGISTERED = frozenset(ROLES)
SIGNED_IN = REGISTERED | {GUEST}
EVERYBODY = SIGNED_IN | {NOBODY}
HOST = frozenset({"host"})
HOST_OR_ADMIN = frozenset({"host", "admin"})
LOG_READERS = frozenset({"analyst", "auditor", "admin"})
AUDITORS = frozenset({"auditor", "admin"})
ANALYSTS = frozenset({"analyst", "admin"})
ADMIN = frozenset({"admin"})
SELLERS = frozenset({"merchant", "host", "admin"})

SOME_ID = "019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f"
STREAM = f"{BASE}/streams/{{}}"


class Route(NamedTuple):
    """Who may call, what the answer to those is, and what it takes. What they may do to their
    own accounts is done to new ones."""

    may: frozenset[str]
    status: int
    arrange: Arrange


def public(status: int, call: Arrange) -> Route:
    return Route(EVERYBODY, status, call)


def page(path: str) -> Route:
    return public(200, plain(path))
