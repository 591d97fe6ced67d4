"""Which tokens are taken, and that no route can be served without saying who may call it."""

from datetime import UTC, datetime
from typing import cast

import jwt
import pytest
from litestar import Litestar, get

from infrastructure.tokens import User
from interfaces.http.auth import UndeclaredAccess, refuse_undeclared
from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOME_ID = "019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f"


async def test_someone_without_any_role_is_let_into_nothing_guarded(api: Api) -> None:
    headers = await api.headers("Nobody")
    answer = await api.client.get(f"{BASE}/projections", headers=headers)
    assert answer.status_code == 403


async def test_token_of_another_key_gets_401(api: Api) -> None:
    forged = jwt.encode({"sub": "x", "roles": ["admin"]}, "a-secret-of-32-bytes-for-hs256-xx")
    answer = await api.client.get(
        f"{BASE}/projections", headers={"Authorization": f"Bearer {forged}"}
    )
    assert problem(answer)["code"] == "invalid_token"


async def test_token_that_has_expired_gets_401_token_expired(api: Api) -> None:
    user = User(id=SOME_ID, name="Late", roles=("admin",), market="TW", language="ja")
    token = await api.platform.tokens.issue(user, seconds=-1)
    answer = await api.client.get(
        f"{BASE}/projections", headers={"Authorization": f"bearer {token.text}"}
    )
    assert problem(answer)["code"] == "token_expired"


async def test_bad_token_is_refused_on_public_routes_too(api: Api) -> None:
    answer = await api.client.get(f"{BASE}/streams", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401


async def test_route_without_declared_access_cannot_be_served() -> None:
    @get("/open")
    async def undeclared() -> str:
        return datetime.now(UTC).isoformat()

    app = Litestar([undeclared], openapi_config=None)
    with pytest.raises(UndeclaredAccess, match="undeclared"):
        refuse_undeclared(app.routes, cast("object", None))  # type: ignore[arg-type]  # never asked
