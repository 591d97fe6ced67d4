"""A person signing in over our HTTP: by a browser of theirs, or from an app."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from infrastructure.simulators.serving import Simulators
from tests.support.http import BASE, Api
from tests.support.simulated_identity import native_token, sign_in_at

_PROOFS = ("id_token", "access_token", "code", "name")
APP = "http://localhost:3000/signed-in"


class Browser:
    """Keeps its own cookies, and goes to our server whatever address we are reached at."""

    def __init__(self, api: Api) -> None:
        self._client = httpx.AsyncClient(base_url=api.url, trust_env=False)

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._client.aclose()

    async def authorize(
        self, provider: str, headers: dict[str, str] | None = None, **query: str
    ) -> httpx.Response:
        asked = {"redirect_uri": APP, **query}
        url = f"{BASE}/auth/{provider}/authorize"
        return await self._client.get(url, params=asked, headers=headers)

    async def begin(
        self, provider: str, headers: dict[str, str] | None = None, **query: str
    ) -> dict[str, str]:
        answer = await self.authorize(provider, headers, **query)
        assert answer.status_code == httpx.codes.OK, answer.text
        begun: dict[str, str] = answer.json()
        return begun

    async def come_back(self, callback: httpx.Request) -> httpx.Response:
        """Sends what the provider's page made the browser send."""
        url = urlsplit(str(callback.url))
        return await self._client.request(
            callback.method,
            f"{url.path}?{url.query}" if url.query else url.path,
            content=callback.content,
            headers={"content-type": callback.headers.get("content-type", "text/plain")},
        )

    async def through(
        self, provider: str, person: str | None, headers: dict[str, str] | None = None, **query: str
    ) -> dict[str, str]:
        """All the way to the app; what it is sent: `state` with `code` or `error`."""
        begun = await self.begin(provider, headers, **query)
        sent = landed(await self.come_back(await sign_in_at(begun["url"], person)))
        assert sent["state"] == begun["state"]
        return sent


def landed(answer: httpx.Response, at: str = APP) -> dict[str, str]:
    """The parameters the app is sent."""
    assert answer.is_redirect, answer.text
    address, _, query = answer.headers["location"].partition("?")
    assert address == at
    return {name: values[0] for name, values in parse_qs(query).items()}


async def exchange(api: Api, code: str, **proof: str) -> httpx.Response:
    return await api.client.post(f"{BASE}/auth/exchange", json={"code": code, **proof})


async def signed_in_by(api: Api, provider: str, person: str, **query: Any) -> dict[str, Any]:
    """Tokens of somebody who went through the web flow."""
    async with Browser(api) as browser:
        sent = await browser.through(provider, person, **query)
    answer = await exchange(api, sent["code"])
    assert answer.status_code == httpx.codes.OK, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


async def from_app(
    simulators: Simulators, provider: str, person: str, **order: Any
) -> dict[str, Any]:
    """The body of a native sign-in, as the provider's SDK would have it filled."""
    asked = {"platform": "ios", "nonce": secrets.token_urlsafe(), **order}
    given = await native_token(simulators.url, provider, person, **asked)
    proof = {name: given[name] for name in _PROOFS if name in given}
    return {"platform": asked["platform"], "nonce": asked["nonce"], **proof}


async def send_proof(
    api: Api, provider: str, proof: Mapping[str, Any], headers: dict[str, str] | None = None
) -> httpx.Response:
    return await api.client.post(f"{BASE}/auth/{provider}/token", json=proof, headers=headers)


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}
