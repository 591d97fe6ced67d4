"""Puts the parts of the simulated login providers together."""

import sqlite3
from collections import deque

from litestar.di import NamedDependency

from infrastructure.simulators.config import IdentityApp, IdentityConfig
from infrastructure.simulators.identity.faults import IdentityFaults
from infrastructure.simulators.identity.people import Person
from infrastructure.simulators.identity.signing import IdTokens, SigningKeys
from infrastructure.simulators.identity.state import IdentityState, Notice, Provider

PROVIDERS: tuple[Provider, ...] = ("line", "facebook", "instagram", "google", "apple")
_KEPT = 1000


class IdentitySimulator:
    """Our registrations, the people, and everything issued. `origin` is set when listening."""

    def __init__(self, config: IdentityConfig, database: sqlite3.Connection) -> None:
        self.config = config
        self.origin = ""
        self.state = IdentityState(database)
        self.keys = SigningKeys(self.state)
        self.id_tokens = IdTokens(self.keys)
        self.faults = IdentityFaults()
        self.notices: deque[Notice] = deque(maxlen=_KEPT)

    def clear(self) -> None:
        """As on the first day, but for the signing keys."""
        self.state.clear()
        self.faults.open.clear()
        self.id_tokens.ordered.clear()
        self.notices.clear()

    def app(self, provider: Provider) -> IdentityApp:
        apps: dict[Provider, IdentityApp] = {
            "line": self.config.line,
            "facebook": self.config.facebook,
            "instagram": self.config.instagram,
            "google": self.config.google,
            "apple": self.config.apple,
        }
        return apps[provider]

    def person(self, person_id: str) -> Person:
        """Raises KeyError for nobody: tokens are only made for people who are there."""
        found = self.state.person(person_id)
        if found is None:
            raise KeyError(person_id)
        return found

    def redirect_uris(self, provider: Provider) -> list[str]:
        """Those we registered, at start and since."""
        configured = [f"{base}/{provider}/callback" for base in self.config.callbacks]
        added = [one.address for one in self.state.redirects if one.provider == provider]
        return configured + added

    def may_return_to(self, provider: Provider, address: str) -> bool:
        """Whether it is registered, letter by letter. LINE lets a query be added."""
        if provider == "line":
            address = address.partition("?")[0]
        return address in self.redirect_uris(provider)


Identity = NamedDependency[IdentitySimulator]
