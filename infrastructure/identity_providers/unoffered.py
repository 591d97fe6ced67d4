"""A way in that is not offered, and why.

Kapook is one for good: it publishes no OAuth, OpenID Connect or other way to sign in.
"""

from typing import NoReturn

from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    ExternalPerson,
    NativeProof,
    ProviderNotAvailable,
)
from application.ports import ProviderUnavailable
from domain.identity.values import Provider
from domain.shared import Market

NOT_CONFIGURED, NOT_AVAILABLE = "not_configured", "not_available"


class UnofferedProvider:
    def __init__(self, provider: Provider, reason: str) -> None:
        self.provider: Provider = provider
        self._reason = reason

    def unavailable(self, market: Market, *, host: bool) -> str | None:
        return self._reason

    def authorization_url(self, request: AuthorizationRequest) -> str:
        self._refuse()

    async def redeem(self, code: AuthorizationCode) -> ExternalPerson:
        self._refuse()

    async def verify(self, proof: NativeProof) -> ExternalPerson:
        self._refuse()

    async def revoke(self, revocation: bytes) -> None:
        """A provider hears only whom it has registered. One whose settings are missing now may
        have been set up before: what it has to be told then waits for them."""
        if self._reason == NOT_CONFIGURED:
            raise ProviderUnavailable(f"{self.provider} is not configured")

    def _refuse(self) -> NoReturn:
        raise ProviderNotAvailable(self.provider, self._reason)
