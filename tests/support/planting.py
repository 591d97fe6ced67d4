"""A person whose every trace can be told from anybody else's, planted through the front door."""

import re
import secrets
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from infrastructure.simulators.identity.facebook import facebook_subject
from infrastructure.simulators.identity.people import apple_subject, line_subject, numeric_subject
from tests.support.eventually import eventually
from tests.support.serving import LiveServer

_PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


class Plant:
    """Somebody with an account at every simulated provider, who does all a person can do here."""

    def __init__(self, server: LiveServer, simulators: str) -> None:
        mark = secrets.token_hex(6)
        self._server = server
        self._simulators = simulators
        self.person = f"plant-{mark}"
        self.name = f"Zoë Плант 王-{mark}"
        self.new_name = f"สมชาย O'Plant-{mark}"
        self.email = f"plant.{mark}@unmistakable.example"
        self.picture = _PNG + f"picture of plant-{mark}".encode()
        self.user_id = ""
        self.tokens: dict[str, Any] = {}
        self.shows: list[str] = []

    @property
    def texts(self) -> list[str]:
        """What must not be found anywhere once they are forgotten."""
        return [self.name, self.new_name, self.email, self.picture[16:].decode(), *self.subjects]

    @property
    def subjects(self) -> list[str]:
        """What the providers call them."""
        google = numeric_subject("google", self.person, 21)
        apple = apple_subject(self.person)
        return [line_subject(self.person), google, facebook_subject(self.person), apple]

    async def be_known(self) -> None:
        """To the providers."""
        known = {"id": self.person, "name": self.name, "email": self.email}
        names = {"given_name": "Zoë", "family_name": "Плант"}
        async with httpx.AsyncClient(base_url=f"{self._simulators}/_simulator/identity") as client:
            (await client.post("/people", json={**known, **names})).raise_for_status()

    async def is_let_go(self, *providers: str) -> bool:
        """Whether we have told these providers, and no others, that the person left."""
        async with httpx.AsyncClient(base_url=f"{self._simulators}/_simulator/identity") as client:
            ended = (await client.get("/revocations")).json()["result"]
        ours = [each for each in ended if each["person"] == self.person and each["by"] == "app"]
        return {each["provider"] for each in ours} == set(providers)

    async def sign_in(self, provider: str = "line", *, link: bool = False) -> dict[str, Any]:
        """In a browser; `link` adds the way in to the account that is signed in."""
        async with httpx.AsyncClient(base_url=f"{self._server.url}/api/v1", timeout=30) as browser:
            where = {"redirect_uri": f"{self._server.url}/signed-in", "market": "TW"}
            started = await browser.get(
                f"/auth/{provider}/authorize",
                params=where,
                headers=self.authorization if link else {},
            )
            assert started.status_code == 200, started.text
            chosen = await browser.post(started.json()["url"], data={"person": self.person})
            landed = await self._sent_back(browser, chosen)
            code = parse_qs(urlsplit(landed.headers["location"]).query)["code"][0]
            answer = await browser.post("/auth/exchange", json={"code": code})
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        self.user_id = self.tokens["user"]["id"]
        return self.tokens

    async def _sent_back(
        self, browser: httpx.AsyncClient, chosen: httpx.Response
    ) -> httpx.Response:
        """By a redirect, or as Apple does it, by a form that posts itself."""
        if chosen.is_redirect:
            return await browser.get(chosen.headers["location"])
        (action,) = re.findall(r'action="([^"]+)"', chosen.text)
        fields = re.findall(r'name="([^"]+)" value="([^"]*)"', chosen.text)
        return await browser.post(
            unescape(action), data={name: unescape(value) for name, value in fields}
        )

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer's body; it must be a good one."""
        answer = await self.try_to(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def try_to(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"{self._server.url}/api/v1", timeout=30) as client:
            return await client.request(method, path, json=body, headers=self.authorization)

    async def refresh(self) -> None:
        """The next token shows changed roles and names."""
        self.tokens = await self.ask(
            "POST", "/auth/refresh", {"refresh_token": self.tokens["refresh_token"]}
        )

    async def live_a_life(self) -> None:
        """Everything a person can leave behind."""
        await self.be_known()
        await self.sign_in()
        await self.become_host()
        await self.host()
        await self.ask("PATCH", "/me", {"name": self.new_name, "language": "th"})
        await self.refresh()
        await self.host()
        for provider in ("google", "facebook", "apple"):
            await self.sign_in(provider, link=True)
        await self.ask("PUT", "/me/consents/privacy", {"version": "2026-05", "language": "th"})
        await self._upload()  # and think better of it
        await self.ask("PATCH", "/me", {"avatar_media_id": await self._upload()})
        await self.sign_in()

    async def become_host(self) -> None:
        self._server.live("users", "grant", self.user_id, "host")
        await self.refresh()

    async def host(self) -> str:
        """Announces a show, which is then ready; its id."""
        announced = await self.ask("POST", "/streams", {"title": "A show", "description": "x"})
        show: str = announced["id"]
        self.shows.append(show)

        async def is_ready() -> bool:
            return bool((await self.ask("GET", f"/streams/{show}"))["status"] == "ready")

        await eventually(is_ready, timeout=30)
        return show

    async def _upload(self) -> str:
        wanted = {"content_type": "image/png", "size": len(self.picture), "purpose": "avatar"}
        media = await self.ask("POST", "/media", wanted)
        upload = media["upload"]
        async with httpx.AsyncClient() as client:
            sent = await client.request(
                upload["method"], upload["url"], content=self.picture, headers=upload["headers"]
            )
        assert sent.is_success, sent.text
        return str(media["media_id"])
