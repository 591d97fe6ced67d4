"""How often one may try, by address and by account."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infrastructure.settings import Settings
from tests.support.http import BASE, problem, running_api
from tests.support.sign_in import exchange, from_app, send_proof
from tests.support.simulated_identity import identity_environ, simulated_providers

GUEST = {"market": "TW", "language": "zh-TW"}


async def test_attempts_from_one_address_are_limited_together(
    settings: Callable[..., Settings],
) -> None:
    few = settings(LIVE_SIGN_IN_LIMIT_PER_ADDRESS="3", LIVE_SIGN_IN_LIMIT_PER_ACCOUNT="0")
    async with running_api(few, projecting=False) as api:
        tokens = (await api.client.post(f"{BASE}/auth/guest", json=GUEST)).json()
        assert (await exchange(api, "nonsense")).status_code == 401
        unknown = {"refresh_token": "nonsense"}
        assert (await api.client.post(f"{BASE}/auth/refresh", json=unknown)).status_code == 401
        for path, body in [
            ("/auth/guest", GUEST),
            ("/auth/exchange", {"code": "nonsense"}),
            ("/auth/refresh", unknown),
            ("/auth/line/token", {"platform": "ios", "id_token": "nonsense"}),
        ]:
            refused = await api.client.post(f"{BASE}{path}", json=body)
            assert (refused.status_code, problem(refused)["code"]) == (429, "rate_limited")
            assert int(refused.headers["retry-after"]) >= 1
        known = {"refresh_token": tokens["refresh_token"]}
        renewed = await api.client.post(f"{BASE}/auth/refresh", json=known)
        assert renewed.status_code == 200  # thousands of phones may share this address
        tokens = renewed.json()
        other = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await api.client.get(f"{BASE}/me/sessions", headers=other)).status_code == 200


async def test_refreshes_of_one_account_are_limited(settings: Callable[..., Settings]) -> None:
    few = settings(LIVE_SIGN_IN_LIMIT_PER_ADDRESS="0", LIVE_SIGN_IN_LIMIT_PER_ACCOUNT="2")
    async with running_api(few, projecting=False) as api:
        tokens = (await api.client.post(f"{BASE}/auth/guest", json=GUEST)).json()
        token = tokens["refresh_token"]
        for _ in range(2):
            body = {"refresh_token": token}
            token = (await api.client.post(f"{BASE}/auth/refresh", json=body)).json()[
                "refresh_token"
            ]
        refused = await api.client.post(f"{BASE}/auth/refresh", json={"refresh_token": token})
        assert (refused.status_code, problem(refused)["code"]) == (429, "rate_limited")
        assert int(refused.headers["retry-after"]) >= 1
        fresh = (await api.client.post(f"{BASE}/auth/guest", json=GUEST)).json()
        body = {"refresh_token": fresh["refresh_token"]}
        assert (await api.client.post(f"{BASE}/auth/refresh", json=body)).status_code == 200


@pytest.mark.parametrize("known", [True, False])
async def test_lockout_of_a_login_does_not_tell_whether_it_has_an_account(
    settings: Callable[..., Settings], tmp_path: Path, known: bool
) -> None:
    """Both get the same number of answers, and the same last one; `known` has been here before."""
    async with simulated_providers(tmp_path / "providers") as simulators:
        few = settings(
            LIVE_SIGN_IN_LIMIT_PER_ADDRESS="0",
            LIVE_SIGN_IN_LIMIT_PER_ACCOUNT="3" if known else "2",
            **identity_environ(simulators),
        )
        async with running_api(few, projecting=False) as api:
            if known:
                await send_proof(api, "line", await from_app(simulators, "line", "mei"))
            answers = [
                await send_proof(api, "line", await from_app(simulators, "line", "mei"))
                for _ in range(3)
            ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[-1])["code"] == "rate_limited"
