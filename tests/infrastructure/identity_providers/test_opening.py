"""Which ways in there are follows from the settings, and half a setting is named."""

import pytest

from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    NativeProof,
    ProviderNotAvailable,
)
from application.ports import ProviderUnavailable
from domain.identity.values import PROVIDERS
from infrastructure.identity_providers.opening import (
    open_http,
    open_identity_providers,
    open_provider_notices,
)
from infrastructure.settings import SettingError, load_settings
from tests.support.simulated_identity import apple_private_key

WHOLE = {
    "LIVE_LINE_CHANNEL_ID": "line",
    "LIVE_LINE_CHANNEL_SECRET": "line-secret",
    "LIVE_FACEBOOK_APP_ID": "facebook",
    "LIVE_FACEBOOK_APP_SECRET": "facebook-secret",
    "LIVE_INSTAGRAM_APP_ID": "instagram",
    "LIVE_INSTAGRAM_APP_SECRET": "instagram-secret",
    "LIVE_GOOGLE_CLIENT_IDS": "web,ios",
    "LIVE_GOOGLE_CLIENT_SECRET": "google-secret",
    "LIVE_APPLE_SERVICES_ID": "apple",
    "LIVE_APPLE_BUNDLE_IDS": "app",
    "LIVE_APPLE_TEAM_ID": "TEAM",
    "LIVE_APPLE_KEY_ID": "KEY",
    "LIVE_APPLE_PRIVATE_KEY": apple_private_key(),
}
REQUEST = AuthorizationRequest(
    state="s", nonce="n", code_challenge="c", redirect_uri="https://shop.example", language="th"
)
CODE = AuthorizationCode(
    code="c", code_verifier="v", nonce="n", redirect_uri="https://shop.example"
)
REAL_HOSTS = {
    "line": "https://access.line.me/oauth2/v2.1/authorize",
    "facebook": "https://www.facebook.com/v25.0/dialog/oauth",
    "instagram": "https://www.instagram.com/oauth/authorize",
    "google": "https://accounts.google.com/o/oauth2/v2/auth",
    "apple": "https://appleid.apple.com/auth/authorize",
}


async def test_whole_settings_offer_all_but_kapook() -> None:
    settings = load_settings(WHOLE)
    async with open_http(settings) as http:
        opened = open_identity_providers(settings, http)
        notices = open_provider_notices(settings, http)
    assert tuple(opened) == PROVIDERS
    offered = {name: each.unavailable("TH", host=True) for name, each in opened.items()}
    assert {name for name, reason in offered.items() if reason is None} == set(REAL_HOSTS)
    assert offered["kapook"] == "not_available"
    assert notices.facebook is not None
    assert notices.apple is not None


@pytest.mark.parametrize(("provider", "address"), REAL_HOSTS.items())
async def test_real_provider_is_at_its_own_address(provider: str, address: str) -> None:
    settings = load_settings(WHOLE)
    async with open_http(settings) as http:
        opened = {**open_identity_providers(settings, http)}
    url = opened[provider].authorization_url(REQUEST)  # type: ignore[index]
    assert url.partition("?")[0] == address


@pytest.mark.parametrize(("provider", "address"), REAL_HOSTS.items())
async def test_simulated_provider_keeps_the_real_path(provider: str, address: str) -> None:
    settings = load_settings({**WHOLE, "LIVE_IDENTITY_SIMULATOR_URL": "http://127.0.0.1:9/"})
    async with open_http(settings) as http:
        opened = {**open_identity_providers(settings, http)}
    url = opened[provider].authorization_url(REQUEST)  # type: ignore[index]
    path = address.split("/", 3)[3]
    assert url.partition("?")[0] == f"http://127.0.0.1:9/{provider}/{path}"


async def test_provider_without_settings_is_not_configured() -> None:
    settings = load_settings({})
    async with open_http(settings) as http:
        opened = open_identity_providers(settings, http)
        notices = open_provider_notices(settings, http)
    assert notices.facebook is None
    assert notices.apple is None
    line = opened["line"]
    assert line.unavailable("TW", host=False) == "not_configured"
    with pytest.raises(ProviderNotAvailable):
        line.authorization_url(REQUEST)
    with pytest.raises(ProviderNotAvailable):
        await line.redeem(CODE)
    with pytest.raises(ProviderNotAvailable):
        await line.verify(NativeProof(platform="ios"))
    with pytest.raises(ProviderUnavailable):
        await line.revoke(b"")
    await opened["kapook"].revoke(b"")  # nobody could ever sign in by it


@pytest.mark.parametrize(
    "variable",
    [
        "LIVE_LINE_CHANNEL_SECRET",
        "LIVE_FACEBOOK_APP_SECRET",
        "LIVE_INSTAGRAM_APP_SECRET",
        "LIVE_GOOGLE_CLIENT_SECRET",
        "LIVE_APPLE_TEAM_ID",
        "LIVE_APPLE_KEY_ID",
        "LIVE_APPLE_PRIVATE_KEY",
    ],
)
async def test_half_a_setting_is_named(variable: str) -> None:
    settings = load_settings({**WHOLE, variable: ""})
    async with open_http(settings) as http:
        with pytest.raises(SettingError, match=variable):
            open_identity_providers(settings, http)


@pytest.mark.parametrize("key", ["planted", "-----BEGIN PRIVATE KEY-----\nplanted\n"])
async def test_apples_key_that_is_none_is_not_shown(key: str) -> None:
    settings = load_settings({**WHOLE, "LIVE_APPLE_PRIVATE_KEY": key})
    async with open_http(settings) as http:
        with pytest.raises(SettingError, match="LIVE_APPLE_PRIVATE_KEY") as refusal:
            open_identity_providers(settings, http)
    assert "planted" not in str(refusal.value)


async def test_key_may_stand_in_one_line() -> None:
    key = apple_private_key().replace("\n", "\\n")
    settings = load_settings({**WHOLE, "LIVE_APPLE_PRIVATE_KEY": key})
    async with open_http(settings) as http:
        assert (
            open_identity_providers(settings, http)["apple"].unavailable("TW", host=False) is None
        )
