"""A person whose every trace can be told from anybody else's, planted through the front door."""

import re
import secrets
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from infrastructure.simulators.identity.facebook import facebook_subject
from infrastructure.simulators.identity.people import apple_subject, line_subject, numeric_subject
from tests.support.eventually import eventually
from tests.support.planted_order import PlantedOrder
from tests.support.serving import LiveServer
from tests.support.simulated_identity import control, native_token

_PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
_PROOFS = frozenset({"id_token", "access_token", "code", "name"})


class Plant:
    """Somebody with an account at every simulated provider, who does all a person can do here."""

    def __init__(self, server: LiveServer, simulators: str) -> None:
        mark = secrets.token_hex(6)
        self._server = server
        self._simulators = simulators
        self.person = f"plant-{mark}"
        self.guest_name = f"訪客-{mark}"
        self.name = f"Zoë Плант 王-{mark}"
        self.name_by_apple = {"given_name": f"Zoë-{mark}", "family_name": f"Плант-{mark}"}
        self.new_name = f"สมชาย O'Plant-{mark}"
        self.email = f"plant.{mark}@unmistakable.example"
        self.remark = f"這件我要 ขอสองตัว, said plant-{mark}"
        self.order = PlantedOrder(mark)
        self.picture = _PNG + f"picture of plant-{mark}".encode()
        self.user_id = ""
        self.tokens: dict[str, Any] = {}
        self.shows: list[str] = []

    @property
    def texts(self) -> list[str]:
        """What must not be found anywhere once they are forgotten."""
        names = [self.guest_name, self.name, *self.name_by_apple.values(), self.new_name]
        said = [self.remark, self.picture[16:].decode(), *self.order.texts]
        return [*names, self.email, *said, *self.subjects]

    @property
    def subjects(self) -> list[str]:
        """What the providers call them."""
        google = numeric_subject("google", self.person, 21)
        apple = apple_subject(self.person)
        return [line_subject(self.person), google, facebook_subject(self.person), apple]

    async def be_known(self) -> None:
        """To the providers."""
        known = {"id": self.person, "name": self.name, "email": self.email, **self.name_by_apple}
        await self._order("POST", "/people", known)

    async def is_let_go(self, *providers: str) -> bool:
        """Whether we have told these providers, and no others, that the person left."""
        ended = await self._order("GET", "/revocations")
        ours = [each for each in ended if each["person"] == self.person and each["by"] == "app"]
        return {each["provider"] for each in ours} == set(providers)

    async def ask_facebook_to_delete(self) -> str:
        """Facebook tells us of it; where we say what becomes of it can be read."""
        notice = await self._order("POST", f"/facebook/people/{self.person}/deletion", {})
        assert notice["status"] == httpx.codes.OK, notice
        return str(msgspec.json.decode(notice["answer"])["url"])

    async def _order(self, method: str, path: str, body: Any = None) -> Any:
        return await control(self._simulators, method, path, body)

    async def come_as_guest(self) -> None:
        """Without a provider; `sign_in` with `link` makes the guest somebody."""
        guest = {"market": "TW", "language": "zh-TW", "name": self.guest_name}
        async with httpx.AsyncClient(base_url=f"{self._server.url}/api/v1", timeout=30) as client:
            self._come(await client.post("/auth/guest", json=guest))

    async def sign_in(self, provider: str = "line", *, link: bool = False) -> dict[str, Any]:
        """In a browser; `link` adds the way in to the account that is signed in."""
        async with httpx.AsyncClient(base_url=f"{self._server.url}/api/v1", timeout=30) as browser:
            told = await self._through(browser, provider, self.authorization if link else {})
            return self._come(await browser.post("/auth/exchange", json={"code": told["code"][0]}))

    async def be_refused(self, provider: str) -> None:
        """Their provider's word turns out to be forged."""
        await self._order("POST", f"/{provider}/defects", {"defect": "signature"})
        async with httpx.AsyncClient(base_url=f"{self._server.url}/api/v1", timeout=30) as browser:
            assert "error" in await self._through(browser, provider, {})

    async def link_from_app(self, provider: str) -> None:
        """By what the provider's SDK gives an app on a telephone."""
        asked = {"platform": "ios", "nonce": secrets.token_urlsafe()}
        given = await native_token(self._simulators, provider, self.person, **asked)
        proof = {name: given[name] for name in _PROOFS & given.keys()}
        self._come(await self.try_to("POST", f"/auth/{provider}/token", {**asked, **proof}))

    def _come(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code == httpx.codes.OK, answer.text
        self.tokens = answer.json()
        self.user_id = self.tokens["user"]["id"]
        return self.tokens

    async def _through(
        self, browser: httpx.AsyncClient, provider: str, headers: Mapping[str, str]
    ) -> dict[str, list[str]]:
        """To the provider and back; what the app is sent."""
        where = {"redirect_uri": f"{self._server.url}/signed-in", "market": "TW"}
        started = await browser.get(f"/auth/{provider}/authorize", params=where, headers=headers)
        assert started.status_code == httpx.codes.OK, started.text
        chosen = await browser.post(started.json()["url"], data={"person": self.person})
        landed = await self._sent_back(browser, chosen)
        return parse_qs(urlsplit(landed.headers["location"]).query)

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
        await self.come_as_guest()
        await self.be_refused("line")
        await self.sign_in(link=True)
        await self.become_host()
        await self.host()
        await self.ask("PATCH", "/me", {"name": self.new_name, "language": "th"})
        await self.refresh()
        await self.chat(await self.host())
        await self.order.buy(self._server, self)
        await self.link_from_app("facebook")
        for provider in ("google", "apple"):
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

    async def chat(self, show: str) -> None:
        """Says the same twice, in its room and as an answer to that, and thinks better of it."""
        path = f"/streams/{show}/messages"
        first = await self.ask("POST", path, {"text": self.remark})
        again = {"text": f"{self.remark}!", "reply_to": first["id"]}
        second = await self.ask("POST", path, again)
        await self.ask("DELETE", f"{path}/{second['id']}")

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
