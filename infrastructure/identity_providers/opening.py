"""Which ways in there are, by the settings. The one place that knows every provider's adapter."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx
import msgspec

from application.identity.ports import IdentityProvider
from domain.identity.values import PROVIDERS, Provider
from infrastructure.identity_providers.apple import AppleProvider
from infrastructure.identity_providers.apple_keys import open_signer
from infrastructure.identity_providers.apple_notices import AppleNotices
from infrastructure.identity_providers.calls import TIMEOUT, ProviderCalls
from infrastructure.identity_providers.facebook import FacebookProvider
from infrastructure.identity_providers.facebook_notices import FacebookNotices
from infrastructure.identity_providers.google import GoogleProvider
from infrastructure.identity_providers.instagram import InstagramProvider
from infrastructure.identity_providers.line import LineProvider
from infrastructure.identity_providers.unoffered import (
    NOT_AVAILABLE,
    NOT_CONFIGURED,
    UnofferedProvider,
)
from infrastructure.settings import SettingError, Settings

_Open = Callable[[Settings, ProviderCalls], IdentityProvider | None]
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class ProviderNotices(msgspec.Struct, frozen=True):
    """Readers of what providers tell us by themselves. None where the provider is not set up."""

    facebook: FacebookNotices | None
    apple: AppleNotices | None


def open_http(settings: Settings) -> httpx.AsyncClient:
    """One for all providers. A simulator on this machine is never behind a proxy."""
    local = urlsplit(settings.identity_simulator_url).hostname in _LOCAL
    return httpx.AsyncClient(
        timeout=TIMEOUT, headers={"Accept": "application/json"}, trust_env=not local
    )


def open_identity_providers(
    settings: Settings, http: httpx.AsyncClient
) -> Mapping[Provider, IdentityProvider]:
    """Every one of `PROVIDERS`; those without settings say `not_configured`. Raises `SettingError`
    for one that is set up by half."""
    return {provider: _opened(provider, settings, http) for provider in PROVIDERS}


def open_provider_notices(settings: Settings, http: httpx.AsyncClient) -> ProviderNotices:
    secret, services_id = settings.facebook_app_secret, settings.apple_services_id
    return ProviderNotices(
        facebook=FacebookNotices(secret) if settings.facebook_app_id else None,
        apple=AppleNotices(
            _calls("apple", settings, http), audiences=(services_id, *settings.apple_bundle_ids)
        )
        if services_id
        else None,
    )


def _opened(provider: Provider, settings: Settings, http: httpx.AsyncClient) -> IdentityProvider:
    if provider not in _OPENERS:
        return UnofferedProvider(provider, NOT_AVAILABLE)
    opened = _OPENERS[provider](settings, _calls(provider, settings, http))
    return opened or UnofferedProvider(provider, NOT_CONFIGURED)


def _calls(provider: Provider, settings: Settings, http: httpx.AsyncClient) -> ProviderCalls:
    return ProviderCalls(provider, http, simulator_url=settings.identity_simulator_url)


def _line(settings: Settings, calls: ProviderCalls) -> IdentityProvider | None:
    if not settings.line_channel_id:
        return None
    _require(LIVE_LINE_CHANNEL_SECRET=settings.line_channel_secret)
    return LineProvider(
        calls,
        channel_id=settings.line_channel_id,
        secret=settings.line_channel_secret,
        ask_email=settings.line_email == "on",
    )


def _facebook(settings: Settings, calls: ProviderCalls) -> IdentityProvider | None:
    if not settings.facebook_app_id:
        return None
    _require(LIVE_FACEBOOK_APP_SECRET=settings.facebook_app_secret)
    return FacebookProvider(
        calls,
        app_id=settings.facebook_app_id,
        secret=settings.facebook_app_secret,
        version=settings.facebook_graph_version,
    )


def _instagram(settings: Settings, calls: ProviderCalls) -> IdentityProvider | None:
    if not settings.instagram_app_id:
        return None
    _require(LIVE_INSTAGRAM_APP_SECRET=settings.instagram_app_secret)
    return InstagramProvider(
        calls,
        app_id=settings.instagram_app_id,
        secret=settings.instagram_app_secret,
        version=settings.facebook_graph_version,
    )


def _google(settings: Settings, calls: ProviderCalls) -> IdentityProvider | None:
    if not settings.google_client_ids:
        return None
    _require(LIVE_GOOGLE_CLIENT_SECRET=settings.google_client_secret)
    return GoogleProvider(
        calls, client_ids=settings.google_client_ids, secret=settings.google_client_secret
    )


def _apple(settings: Settings, calls: ProviderCalls) -> IdentityProvider | None:
    if not settings.apple_services_id:
        return None
    _require(
        LIVE_APPLE_TEAM_ID=settings.apple_team_id,
        LIVE_APPLE_KEY_ID=settings.apple_key_id,
        LIVE_APPLE_PRIVATE_KEY=settings.apple_private_key,
    )
    return AppleProvider(
        calls,
        services_id=settings.apple_services_id,
        bundle_ids=settings.apple_bundle_ids,
        signer=open_signer(settings),
    )


_OPENERS: dict[Provider, _Open] = {
    "line": _line,
    "facebook": _facebook,
    "instagram": _instagram,
    "google": _google,
    "apple": _apple,
}


def _require(**values: object) -> None:
    missing = next((variable for variable, value in values.items() if not value), None)
    if missing:
        raise SettingError(missing, "must be set where the provider's id is")
