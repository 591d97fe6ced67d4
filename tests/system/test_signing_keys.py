"""Signing keys change while the server is killed and started again: nobody is signed out by it."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.support.eventually import eventually
from tests.support.serving import LiveServer

pytestmark = pytest.mark.system
_MONTH_US = 31 * 86400 * 1_000_000


class Device:
    """Somebody's client."""

    def __init__(self, server: LiveServer) -> None:
        self._api = f"{server.url}/api/v1"
        self._keep(self._post("/auth/dev", {"name": "Mei", "roles": ["host"]}))

    def refresh(self) -> None:
        self._keep(self._post("/auth/refresh", {"refresh_token": self.refresh_token}))

    def is_known(self, access_token: str) -> bool:
        headers = {"Authorization": f"Bearer {access_token}"}
        return httpx.get(f"{self._api}/me/sessions", headers=headers, timeout=10).is_success

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, str]:
        answer = httpx.post(f"{self._api}{path}", json=body, timeout=10)
        answer.raise_for_status()
        tokens: dict[str, str] = answer.json()
        return tokens

    def _keep(self, tokens: dict[str, str]) -> None:
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.kid: str = jwt.get_unverified_header(self.access_token)["kid"]


def published(server: LiveServer) -> list[str]:
    answer = httpx.get(f"{server.url}/.well-known/jwks.json", timeout=10)
    return [key["kid"] for key in answer.json()["keys"]]


def sign_from(folder: Path, kid: str, moment_us: int) -> None:
    """What waiting would come to."""
    with sqlite3.connect(folder / "var" / "live.db") as database:
        database.execute(
            "UPDATE signing_keys SET signs_from_us = ? WHERE kid = ?", (moment_us, kid)
        )
    database.close()


async def test_nobody_is_signed_out_when_keys_change(tmp_path: Path) -> None:
    with LiveServer(tmp_path) as server:
        device = Device(server)
        first, old = device.access_token, device.kid
        server.kill()
        sign_from(tmp_path, old, time.time_ns() // 1000 - _MONTH_US)
        server.start()
        await eventually(lambda: len(published(server)) == 2, timeout=30)
        [_, new] = published(server)
        device.refresh()
        assert device.kid == old != new
        assert device.is_known(first)
        server.kill()
        sign_from(tmp_path, new, time.time_ns() // 1000)
        server.start()
        assert device.is_known(first)
        spent = device.refresh_token
        device.refresh()
        assert device.kid == new
        assert device.is_known(device.access_token)
        assert published(server) == [old, new]
        printed = server.output
    for secret in (first, device.access_token, spent, device.refresh_token):
        assert secret not in printed
        assert secret.rpartition(".")[2] not in printed
