"""The simulated login providers inside a test: a person at the sign-in page, an SDK, control."""

import base64
import contextlib
from collections.abc import AsyncIterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.config import AppleKey, IdentityConfig, SimulatorConfig
from infrastructure.simulators.serving import Simulators, running

CALLBACKS = "http://127.0.0.1:8000/api/v1/auth"


@cache
def apple_private_key() -> str:
    """The key that signs our client secrets for Apple, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def apple_key() -> AppleKey:
    """What Apple knows of it."""
    key = serialization.load_pem_private_key(apple_private_key().encode(), None)
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return AppleKey(public_key=base64.b64encode(der).decode())


@contextlib.asynccontextmanager
async def simulated_providers(folder: Path, **chosen: Any) -> AsyncIterator[Simulators]:
    """`chosen` are fields of `IdentityConfig`."""
    identity = IdentityConfig(apple_key=apple_key(), **chosen)
    async with running(SimulatorConfig(var_dir=folder, identity=identity)) as simulators:
        yield simulators


def identity_environ(simulators: Simulators) -> dict[str, str]:
    """The settings that make us these simulators' client."""
    config = simulators.config.identity
    return {
        "LIVE_IDENTITY_SIMULATOR_URL": simulators.url,
        "LIVE_LINE_CHANNEL_ID": config.line.client_ids[0],
        "LIVE_LINE_CHANNEL_SECRET": config.line.secret,
        "LIVE_FACEBOOK_APP_ID": config.facebook.client_ids[0],
        "LIVE_FACEBOOK_APP_SECRET": config.facebook.secret,
        "LIVE_INSTAGRAM_APP_ID": config.instagram.client_ids[0],
        "LIVE_INSTAGRAM_APP_SECRET": config.instagram.secret,
        "LIVE_GOOGLE_CLIENT_IDS": ",".join(config.google.client_ids),
        "LIVE_GOOGLE_CLIENT_SECRET": config.google.secret,
        "LIVE_APPLE_SERVICES_ID": config.apple.client_ids[0],
        "LIVE_APPLE_BUNDLE_IDS": ",".join(config.apple.client_ids[1:]),
        "LIVE_APPLE_TEAM_ID": config.apple_key.team_id,
        "LIVE_APPLE_KEY_ID": config.apple_key.key_id,
        "LIVE_APPLE_PRIVATE_KEY": apple_private_key(),
    }


async def sign_in_at(authorize_url: str, person: str | None) -> httpx.Request:
    """What the browser then sends to our callback; `person` None cancels.

    Raises AssertionError when the provider shows a refusal or sends the person back at once.
    """
    async with httpx.AsyncClient(trust_env=False, verify=tls()) as browser:
        shown = await browser.get(authorize_url)
        assert shown.status_code == httpx.codes.OK, shown.text
        chosen = {"person": person} if person is not None else {"cancel": "1"}
        answer = await browser.post(authorize_url, data=chosen)
    if answer.is_redirect:
        return httpx.Request("GET", answer.headers["location"].partition("#")[0])
    assert answer.status_code == httpx.codes.OK, answer.text
    form = _Form()
    form.feed(answer.text)
    return httpx.Request("POST", form.action, data=form.fields)


def returned(callback: httpx.Request) -> dict[str, str]:
    """The fields of a callback, from its query or its form."""
    text = callback.content.decode() or urlsplit(str(callback.url)).query
    return {name: values[0] for name, values in parse_qs(text).items()}


async def native_token(url: str, provider: str, person: str, **order: Any) -> dict[str, Any]:
    """What the provider's SDK hands to an app: `id_token` and `access_token` as it has them.

    `order`: platform, nonce, limited, email. `url` is the simulators' own.
    """
    found: dict[str, Any] = await control(
        url, "POST", f"/{provider}/tokens", {"person": person, **order}
    )
    return found


async def control(url: str, method: str, path: str, body: Any = None) -> Any:
    """Orders to the simulated providers; the result. `path` is below `/_simulator/identity`."""
    async with httpx.AsyncClient(trust_env=False, verify=tls()) as client:
        answer = await client.request(method, f"{url}/_simulator/identity{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json()["result"]


class _Form(HTMLParser):
    """The one form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        elif tag == "input":
            self.fields[found["name"]] = found["value"]
