"""Whatever is sent to the routes of signing in, the answer says what is wrong, and is no 500."""

from typing import Any

import pytest

from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = "redirect_uri=http://localhost:3000/"
FORM = {"content-type": "application/x-www-form-urlencoded"}

GETS: list[tuple[str, int]] = [
    ("/auth/providers?market=JP", 422),
    ("/auth/line/authorize", 422),
    (f"/auth/line/authorize?{APP}&platform=toaster", 422),
    (f"/auth/line/authorize?{APP}&market=XX", 422),
    (f"/auth/line/authorize?{APP}&code_challenge=%00", 422),
    (f"/auth/line/authorize?{APP}%00", 422),
    (f"/auth/line/authorize?{APP}%ff", 422),
    ("/auth/line/authorize?redirect_uri=" + "a" * 5000, 422),
    (f"/auth/%00/authorize?{APP}", 404),
    (f"/auth/..%2fdev/authorize?{APP}", 404),
    ("/auth/line/callback", 400),
    ("/auth/line/callback?state=%ff%fe&code=%00", 400),
    ("/auth/line/callback?" + "state=a&" * 200, 400),
    ("/auth/line/callback?state=" + "a" * 20_000, 400),
    ("/auth/line/callback?error=%0d%0aSet-Cookie:%20a=b&state=x", 400),
    ("/auth/nobody/callback?state=a", 404),
]


@pytest.mark.parametrize(("target", "status"), GETS)
async def test_question_gets_a_problem(api: Api, target: str, status: int) -> None:
    answer = await api.client.get(f"{BASE}{target}")
    assert answer.status_code == status, answer.text
    assert problem(answer)["code"]


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"state=a&state=b", b"state=" + b"a" * 200_000])
async def test_form_gets_a_problem(api: Api, body: bytes) -> None:
    url = f"{BASE}/auth/apple/callback"
    answer = await api.client.post(url, content=body, headers=FORM)
    assert (answer.status_code, problem(answer)["code"]) == (400, "sign_in_expired")


@pytest.mark.parametrize("cookie", ["live-sign-in-=;;;", "a" * 5000, '"', "=", "a=b=c; ="])
async def test_cookie_gets_a_problem(api: Api, cookie: str) -> None:
    url = f"{BASE}/auth/line/callback?state=a&code=b"
    answer = await api.client.get(url, headers=[(b"cookie", cookie.encode())])
    assert (answer.status_code, problem(answer)["code"]) == (400, "sign_in_expired")


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:1", "[::1", "localhost:8000@evil.example", "a" * 300]
)
async def test_host_nobody_reaches_us_at_is_not_where_a_provider_sends_people_back_to(
    api: Api, host: str
) -> None:
    url = f"{BASE}/auth/line/authorize?{APP}"
    answer = await api.client.get(url, headers={"host": host})
    if answer.status_code == 200:
        assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2F" in answer.json()["url"]
    else:
        assert answer.status_code == 400


PROOFS: list[dict[str, Any]] = [
    {},
    {"platform": "ios"},
    {"platform": "ios", "id_token": ""},
    {"platform": "ios", "id_token": None, "access_token": None},
    {"platform": "ios", "id_token": "a" * 9000},
    {"platform": "ios", "id_token": 1},
    {"platform": "ios", "id_token": "a.b.c", "nonce": "n", "extra": 1},
    {"platform": "toaster", "id_token": "a.b.c"},
]


@pytest.mark.parametrize("proof", PROOFS)
async def test_proof_out_of_form_gets_422(api: Api, proof: dict[str, Any]) -> None:
    answer = await api.client.post(f"{BASE}/auth/line/token", json=proof)
    assert (answer.status_code, problem(answer)["code"]) == (422, "invalid_input")


@pytest.mark.parametrize(("provider", "needed"), [("line", "access_token"), ("apple", "code")])
async def test_proof_without_what_it_takes_to_leave_gets_422(
    api: Api, provider: str, needed: str
) -> None:
    proof = {"platform": "ios", "id_token": "a.b.c", "nonce": "n"}
    answer = await api.client.post(f"{BASE}/auth/{provider}/token", json=proof)
    assert answer.status_code == 422
    assert [each["field"] for each in problem(answer)["errors"]] == [needed]


@pytest.mark.parametrize("token", ["a", "a.b.c", "é", "..", "eyJhbGciOiJub25lIn0.e30."])
@pytest.mark.parametrize("provider", ["line", "google", "apple", "facebook"])
async def test_proof_that_is_nonsense_is_refused(api: Api, provider: str, token: str) -> None:
    for kind in ("id_token", "access_token"):
        beside = {"line": "access_token", "apple": "code"}.get(provider, kind)
        proof = {"platform": "ios", kind: token, beside: token, "nonce": "n"}
        answer = await api.client.post(f"{BASE}/auth/{provider}/token", json=proof)
        assert (answer.status_code, problem(answer)["code"]) == (401, "sign_in_refused")


@pytest.mark.parametrize(
    "token", ["a", "..", "a.b.c", "é", "019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f.a.b"]
)
async def test_refresh_token_that_is_nonsense_is_refused(api: Api, token: str) -> None:
    answer = await api.client.post(f"{BASE}/auth/refresh", json={"refresh_token": token})
    assert (answer.status_code, problem(answer)["code"]) == (401, "invalid_refresh_token")
