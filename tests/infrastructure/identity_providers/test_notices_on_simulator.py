"""What the simulated providers tell of people is read as the real ones' would be."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from application.identity.ports import ProviderNotice, SignInRefused
from infrastructure.identity_providers.opening import (
    ProviderNotices,
    open_http,
    open_provider_notices,
)
from infrastructure.settings import load_settings
from infrastructure.simulators.identity.facebook import facebook_subject
from infrastructure.simulators.identity.people import apple_subject
from infrastructure.simulators.serving import Simulators
from tests.support.simulated_identity import control, identity_environ, simulated_providers
from tests.support.simulators import WebhookCatcher


@pytest.fixture
async def simulators(tmp_path: Path) -> AsyncIterator[Simulators]:
    async with simulated_providers(tmp_path) as simulators:
        yield simulators


@pytest.fixture
async def readers(simulators: Simulators) -> AsyncIterator[ProviderNotices]:
    settings = load_settings(identity_environ(simulators))
    async with open_http(settings) as http:
        yield open_provider_notices(settings, http)


async def told(simulators: Simulators, event: str, *, forged: bool = False) -> bytes:
    """What comes to our webhook when `event` befalls mei."""
    provider, _, name = event.partition("/")
    async with WebhookCatcher().listening() as catcher:
        sending = {"to": catcher.url, "forged": forged}
        await control(simulators.url, "POST", f"/{provider}/people/mei/{name}", sending)
    return catcher.caught[0].body


def signed_request(body: bytes) -> str:
    return parse_qs(body.decode())["signed_request"][0]


async def test_facebook_tells_who_wants_to_be_forgotten(
    simulators: Simulators, readers: ProviderNotices
) -> None:
    assert readers.facebook is not None
    body = await told(simulators, "facebook/deletion")
    notice = readers.facebook.read(signed_request(body), "deleted")
    assert (notice.subject, notice.kind) == (facebook_subject("mei"), "deleted")
    forged = await told(simulators, "facebook/deletion", forged=True)
    with pytest.raises(SignInRefused, match="wrong_signature"):
        readers.facebook.read(signed_request(forged), "deleted")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("consent-revoked", "unlinked"),
        ("account-delete", "deleted"),
        ("email-disabled", None),
    ],
)
async def test_apple_tells_who_left(
    simulators: Simulators, readers: ProviderNotices, event: str, kind: str | None
) -> None:
    assert readers.apple is not None
    notice = await readers.apple.read(await told(simulators, f"apple/{event}"))
    assert _kind(notice) == kind
    assert notice is None or notice.subject == apple_subject("mei")


async def test_forged_notice_of_apples_is_refused(
    simulators: Simulators, readers: ProviderNotices
) -> None:
    assert readers.apple is not None
    forged = await told(simulators, "apple/account-delete", forged=True)
    with pytest.raises(SignInRefused, match="wrong_signature"):
        await readers.apple.read(forged)


def _kind(notice: ProviderNotice | None) -> str | None:
    return notice.kind if notice is not None else None
