import pytest

from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_development_sign_in_gives_tokens_that_work(api: Api) -> None:
    body = {"name": "Mei", "roles": ["host"], "market": "TH"}
    answer = await api.client.post(f"{BASE}/auth/dev", json=body)
    tokens = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert tokens.keys() == {
        "access_token",
        "refresh_token",
        "token_type",
        "expires_in",
        "user",
        "position",
    }
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
    assert tokens["user"]["language"] == "th"
    await api.announced({"Authorization": f"Bearer {tokens['access_token']}"})


async def test_the_same_name_is_the_same_person(api: Api) -> None:
    body = {"name": "Somchai", "roles": ["viewer"]}
    one = await api.client.post(f"{BASE}/auth/dev", json=body)
    two = await api.client.post(f"{BASE}/auth/dev", json=body)
    assert one.json()["user"] == two.json()["user"]


async def test_refresh_token_is_good_once_and_its_replay_ends_the_family(api: Api) -> None:
    body = {"name": "Rotating", "roles": ["host"]}
    first = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()["refresh_token"]
    renewed = await api.client.post(f"{BASE}/auth/refresh", json={"refresh_token": first})
    second = renewed.json()["refresh_token"]
    await api.announced({"Authorization": f"Bearer {renewed.json()['access_token']}"})
    replayed = await api.client.post(f"{BASE}/auth/refresh", json={"refresh_token": first})
    assert replayed.status_code == 401
    assert problem(replayed)["code"] == "invalid_refresh_token"
    ended = await api.client.post(f"{BASE}/auth/refresh", json={"refresh_token": second})
    assert ended.status_code == 401


async def test_access_token_is_of_no_use_once_its_session_has_ended(api: Api) -> None:
    body = {"name": "Gone", "roles": ["host"]}
    tokens = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    await api.announced(bearer)
    await api.client.post(f"{BASE}/auth/logout", json={"refresh_token": tokens["refresh_token"]})
    refused = await api.client.get(f"{BASE}/me", headers=bearer)
    assert refused.status_code == 401
    assert problem(refused)["code"] == "invalid_token"


async def test_signing_out_ends_the_family(api: Api) -> None:
    body = {"name": "Leaving", "roles": ["host"]}
    token = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()["refresh_token"]
    left = await api.client.post(f"{BASE}/auth/logout", json={"refresh_token": token})
    assert left.status_code == 204
    again = await api.client.post(f"{BASE}/auth/refresh", json={"refresh_token": token})
    assert again.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "roles": ["king"]},
        {"name": "", "roles": []},
        {"name": "a" * 101, "roles": []},
        {"roles": ["host"]},
        {"name": "x", "roles": "host"},
        {"name": "x", "roles": ["host"], "market": "JP"},
        {"name": "x", "roles": ["host"], "extra": 1},
    ],
)
async def test_bad_sign_in_gets_422(api: Api, body: dict[str, object]) -> None:
    answer = await api.client.post(f"{BASE}/auth/dev", json=body)
    assert problem(answer)["code"] == "invalid_input"


async def test_token_that_has_just_expired_does_not_keep_anybody_from_renewing_it(
    api: Api,
) -> None:
    body = {"name": "Expired", "roles": []}
    tokens = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()
    answer = await api.client.post(
        f"{BASE}/auth/refresh",
        json={"refresh_token": tokens["refresh_token"]},
        headers={"Authorization": "Bearer of something that is over"},
    )
    assert answer.status_code == 200
