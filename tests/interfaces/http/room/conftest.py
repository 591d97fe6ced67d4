"""A show's room over HTTP, one for each test, with people of its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from domain.identity.values import Role
from tests.support.http import BASE, Api

Headers = dict[str, str]


@dataclass(kw_only=True)
class Hall:
    """`position` is the furthest that any command here reached."""

    api: Api
    stream_id: str
    host: Headers
    position: int
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{BASE}/streams/{self.stream_id}"

    async def viewer(self, name: str, *roles: Role) -> Headers:
        """Somebody new; their id is in `ids`."""
        body = {"name": f"{name} {uuid4().hex[:8]}", "roles": list(roles)}
        return self._known(name, await self.api.client.post(f"{BASE}/auth/dev", json=body))

    async def guest(self, name: str = "Guest") -> Headers:
        body = {"market": "TW", "language": "zh-TW", "name": name}
        return self._known(name, await self.api.client.post(f"{BASE}/auth/guest", json=body))

    def _known(self, name: str, answer: httpx.Response) -> Headers:
        self.ids[name] = answer.json()["user"]["id"]
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def ask(
        self, method: str, path: str, who: Headers, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Below the show's path."""
        answer = await self.api.client.request(
            method, f"{self.path}{path}", json=body, headers={**who, **headers}
        )
        self.position = max(self.position, int(answer.headers.get("event-position", 0)))
        return answer

    async def do(
        self, method: str, path: str, who: Headers, body: Any = None, **headers: str
    ) -> Any:
        """The answer's body; it must be a good one."""
        answer = await self.ask(method, path, who, body, **headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def say(self, text: str, who: Headers | None = None, **more: Any) -> str:
        """The message's id. Whom nobody is named, the host says it."""
        said = await self.do("POST", "/messages", who or self.host, {"text": text, **more})
        return str(said["id"])

    async def see(self, path: str, who: Headers | None = None) -> Any:
        """As of all that was done here."""
        sign = "&" if "?" in path else "?"
        return await self.do("GET", f"{path}{sign}min_position={self.position}", who or self.host)

    async def texts(self, query: str = "") -> list[str]:
        """Of the messages listed; None where one was removed."""
        return [one.get("text") for one in (await self.see(f"/messages{query}"))["items"]]

    async def moderator(self, name: str = "Moderator") -> Headers:
        """Somebody the host appointed."""
        headers = await self.viewer(name)
        await self.do("PUT", f"/room/moderators/{self.ids[name]}", self.host)
        return headers


@pytest_asyncio.fixture(loop_scope="module")
async def hall(api: Api) -> AsyncIterator[Hall]:
    body = {"name": f"Host {uuid4().hex[:8]}", "roles": ["host"]}
    answer = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()
    host = {"Authorization": f"Bearer {answer['access_token']}"}
    stream_id, position = await api.announced(host)
    ids = {"host": answer["user"]["id"]}
    yield Hall(api=api, stream_id=stream_id, host=host, position=position, ids=ids)
