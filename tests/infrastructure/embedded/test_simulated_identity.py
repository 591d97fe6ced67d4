"""With nothing set, people sign in with every provider, as the client the simulators know."""

from pathlib import Path

import httpx
import pytest

from application.identity.ports import AuthorizationCode, AuthorizationRequest
from domain.identity.values import Provider
from infrastructure.embedded.simulated_identity import (
    identity_config,
    identity_configured,
    with_simulated_identity,
)
from infrastructure.embedded.surroundings import Needs, surrounded
from infrastructure.identity_providers.opening import open_http, open_identity_providers
from infrastructure.settings import SettingError, Settings, load_settings
from infrastructure.simulators.config import IdentityConfig
from tests.support.simulated_identity import returned, sign_in_at

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # of RFC 7636, Appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
SIMULATED: tuple[Provider, ...] = ("line", "facebook", "instagram", "google", "apple")


async def name_at(provider: Provider, settings: Settings, http: httpx.AsyncClient) -> str | None:
    """Of the person who signs in, as our own adapter learns it."""
    adapter = open_identity_providers(settings, http)[provider]
    callback = f"{settings.public_url}/api/v1/auth/{provider}/callback"
    url = adapter.authorization_url(
        AuthorizationRequest(
            state="s1",
            nonce="n1",
            code_challenge=CHALLENGE,
            redirect_uri=callback,
            language="en",
        )
    )
    found = returned(await sign_in_at(url, "somchai"))
    person = await adapter.redeem(
        AuthorizationCode(
            code=found["code"],
            code_verifier=VERIFIER,
            nonce="n1",
            redirect_uri=callback,
            person=found.get("user"),
        )
    )
    return person.name


@pytest.mark.services
async def test_every_provider_is_simulated_and_knows_our_client(tmp_path: Path) -> None:
    chosen = load_settings({"VAR_DIR": str(tmp_path)})

    async with (
        surrounded(chosen, Needs(redis=False)) as settings,
        open_http(settings) as http,
    ):
        names = [await name_at(provider, settings, http) for provider in SIMULATED]

    assert names == ["สมชาย ใจดี"] * len(SIMULATED)


def test_secrets_stay_the_same_and_are_shown_nowhere(tmp_path: Path) -> None:
    settings = load_settings({"VAR_DIR": str(tmp_path)})

    first, second = (with_simulated_identity(settings, "http://127.0.0.1:1") for _ in range(2))

    assert first == second
    assert first.line_channel_secret.text not in repr(identity_config(first))
    assert first.line_channel_secret != first.facebook_app_secret


@pytest.mark.parametrize(
    "variable",
    [
        "LIVE_IDENTITY_SIMULATOR_URL",
        "LIVE_LINE_CHANNEL_ID",
        "LIVE_FACEBOOK_APP_ID",
        "LIVE_INSTAGRAM_APP_ID",
        "LIVE_GOOGLE_CLIENT_IDS",
        "LIVE_APPLE_SERVICES_ID",
    ],
)
def test_nothing_is_simulated_once_one_provider_is_set(variable: str) -> None:
    assert identity_configured(load_settings({variable: "http://chosen.example"}))
    assert not identity_configured(load_settings({}))


def test_real_clients_are_not_told_to_the_simulators() -> None:
    settings = load_settings({"LIVE_LINE_CHANNEL_ID": "1", "LIVE_LINE_CHANNEL_SECRET": "real"})

    assert identity_config(settings, webhooks_at="http://here") == IdentityConfig()


def test_key_that_is_none_is_named() -> None:
    environ = {
        "LIVE_IDENTITY_SIMULATOR_URL": "http://127.0.0.1:1",
        "LIVE_APPLE_SERVICES_ID": "example.shop.web",
        "LIVE_APPLE_PRIVATE_KEY": "no key",
    }

    with pytest.raises(SettingError, match="LIVE_APPLE_PRIVATE_KEY"):
        identity_config(load_settings(environ))
