"""A refresh token is not spent for an answer that cannot be given."""

from collections.abc import Callable

import httpx

from infrastructure.settings import Settings
from tests.support.http import BASE, Api, problem, running_api

GUEST = {"market": "TW", "language": "zh-TW"}


async def refreshed(api: Api, token: str) -> httpx.Response:
    return await api.client.post(f"{BASE}/auth/refresh", json={"refresh_token": token})


async def renamed(api: Api, table: str, name: str) -> None:
    async with api.platform.engine.begin() as connection:
        await connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


async def test_token_is_good_still_when_no_key_could_be_had_to_sign_with(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings(), projecting=False) as api:
        token = (await api.client.post(f"{BASE}/auth/guest", json=GUEST)).json()["refresh_token"]
    async with running_api(settings(), projecting=False) as restarted:
        await renamed(restarted, "signing_keys", "out_of_reach")
        failed = await refreshed(restarted, token)
        assert failed.status_code == 503
        assert problem(failed)["code"] == "unavailable"
        await renamed(restarted, "out_of_reach", "signing_keys")
        assert (await refreshed(restarted, token)).status_code == 200
