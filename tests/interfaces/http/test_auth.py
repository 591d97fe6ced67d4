"""Who may call what: every route against every role, over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import jwt
import pytest
from litestar import Litestar, get
from litestar.routes import HTTPRoute

from domain.identity.values import ROLES, Role
from infrastructure.tokens import User
from interfaces.http.app import create_app
from interfaces.http.auth import UndeclaredAccess, refuse_undeclared
from interfaces.http.edge import Edge
from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOME_ID = "019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f"
EVERYBODY: frozenset[Role] = frozenset(ROLES)
HOST: frozenset[Role] = frozenset({"host"})
HOST_OR_ADMIN: frozenset[Role] = frozenset({"host", "admin"})
READERS: frozenset[Role] = frozenset({"analyst", "auditor", "admin"})
ADMIN: frozenset[Role] = frozenset({"admin"})
PUBLIC = None

MAY: dict[tuple[str, str], frozenset[Role] | None] = {
    ("GET", "/"): PUBLIC,
    ("GET", "/schema"): PUBLIC,
    ("GET", "/schema/openapi.json"): PUBLIC,
    ("GET", "/schema/style.css"): PUBLIC,
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
    ("GET", f"{BASE}/health/live"): PUBLIC,
    ("GET", f"{BASE}/health/ready"): PUBLIC,
    ("GET", f"{BASE}/metrics"): PUBLIC,
    ("GET", f"{BASE}/i18n/{{language}}"): PUBLIC,
    ("GET", "/erasures/{code}"): PUBLIC,
    ("GET", "/sign-in"): PUBLIC,
    ("GET", "/sign-in/done"): PUBLIC,
    ("POST", f"{BASE}/auth/guest"): PUBLIC,
    ("GET", f"{BASE}/auth/providers"): PUBLIC,
    ("GET", f"{BASE}/auth/{{provider}}/authorize"): PUBLIC,
    ("GET", f"{BASE}/auth/{{provider}}/callback"): PUBLIC,
    ("POST", f"{BASE}/auth/{{provider}}/callback"): PUBLIC,
    ("POST", f"{BASE}/auth/{{provider}}/token"): PUBLIC,
    ("POST", f"{BASE}/auth/exchange"): PUBLIC,
    ("POST", f"{BASE}/auth/dev"): PUBLIC,
    ("POST", f"{BASE}/auth/refresh"): PUBLIC,
    ("POST", f"{BASE}/auth/logout"): PUBLIC,
    ("GET", "/.well-known/jwks.json"): PUBLIC,
    ("GET", f"{BASE}/me"): EVERYBODY,
    ("PATCH", f"{BASE}/me"): EVERYBODY,
    ("DELETE", f"{BASE}/me"): EVERYBODY,
    ("GET", f"{BASE}/me/export"): EVERYBODY,
    ("GET", f"{BASE}/me/identities"): EVERYBODY,
    ("DELETE", f"{BASE}/me/identities/{{provider}}"): EVERYBODY,
    ("GET", f"{BASE}/me/consents"): EVERYBODY,
    ("PUT", f"{BASE}/me/consents/{{document}}"): EVERYBODY,
    ("DELETE", f"{BASE}/me/consents/{{document}}"): EVERYBODY,
    ("GET", f"{BASE}/users"): ADMIN,
    ("PUT", f"{BASE}/users/{{user_id}}/roles"): ADMIN,
    ("GET", f"{BASE}/me/sessions"): EVERYBODY,
    ("DELETE", f"{BASE}/me/sessions/{{session_id}}"): EVERYBODY,
    ("POST", f"{BASE}/webhooks/facebook/deletion"): PUBLIC,
    ("POST", f"{BASE}/webhooks/facebook/deauthorize"): PUBLIC,
    ("POST", f"{BASE}/webhooks/apple"): PUBLIC,
    ("POST", f"{BASE}/webhooks/cloudflare/live"): PUBLIC,
    ("POST", f"{BASE}/webhooks/cloudflare/video"): PUBLIC,
    ("GET", f"{BASE}/streams"): PUBLIC,
    ("POST", f"{BASE}/streams"): HOST,
    ("GET", f"{BASE}/streams/{{stream_id}}"): PUBLIC,
    ("PATCH", f"{BASE}/streams/{{stream_id}}"): HOST_OR_ADMIN,
    ("POST", f"{BASE}/streams/{{stream_id}}/start"): HOST_OR_ADMIN,
    ("POST", f"{BASE}/streams/{{stream_id}}/end"): HOST_OR_ADMIN,
    ("POST", f"{BASE}/streams/{{stream_id}}/cancel"): HOST_OR_ADMIN,
    ("POST", f"{BASE}/streams/{{stream_id}}/thumbnail"): HOST_OR_ADMIN,
    ("GET", f"{BASE}/streams/{{stream_id}}/ingest"): HOST,
    ("POST", f"{BASE}/streams/{{stream_id}}/ingest/rotate"): HOST_OR_ADMIN,
    ("GET", f"{BASE}/streams/{{stream_id}}/outputs"): HOST_OR_ADMIN,
    ("POST", f"{BASE}/streams/{{stream_id}}/outputs"): HOST_OR_ADMIN,
    ("DELETE", f"{BASE}/streams/{{stream_id}}/outputs/{{output_id}}"): HOST_OR_ADMIN,
    ("POST", f"{BASE}/media"): EVERYBODY,
    ("GET", f"{BASE}/events"): READERS,
    ("GET", f"{BASE}/events/feed"): READERS,
    ("GET", f"{BASE}/audit/verify"): READERS,
    ("GET", f"{BASE}/projections"): ADMIN,
    ("POST", f"{BASE}/projections/{{name}}/rebuild"): ADMIN,
    ("POST", f"{BASE}/projections/{{name}}/retry"): ADMIN,
    ("POST", f"{BASE}/projections/{{name}}/release"): ADMIN,
    ("GET", f"{BASE}/jobs/dead"): ADMIN,
    ("POST", f"{BASE}/jobs/dead/{{job_id}}/requeue"): ADMIN,
}
GUARDED = sorted(route for route, roles in MAY.items() if roles is not PUBLIC)
BY_ROLE = [route for route in GUARDED if MAY[route] != EVERYBODY]


def served(api: Api) -> Iterator[tuple[str, str]]:
    edge = cast("Edge", create_app(api.platform))
    for route in cast("Litestar", edge.app).routes:
        if isinstance(route, HTTPRoute):
            for method in route.methods:
                if method != "OPTIONS":
                    yield method, route.path_format


def filled(path: str) -> str:
    for name in ("stream_id", "output_id", "job_id", "session_id", "user_id"):
        path = path.replace(f"{{{name}}}", SOME_ID)
    return path.replace("{name}", "nope").replace("{language}", "en")


async def test_every_route_stands_in_the_table_of_who_may_call_it(api: Api) -> None:
    assert set(served(api)) == set(MAY)


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_guarded_route_gets_401_without_token(api: Api, method: str, path: str) -> None:
    answer = await api.client.request(method, filled(path))
    assert answer.status_code == 401
    assert problem(answer)["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), BY_ROLE)
async def test_guarded_route_gets_403_with_every_role_that_may_not(
    api: Api, method: str, path: str
) -> None:
    allowed = MAY[method, path] or EVERYBODY
    others = await api.headers("Nosy", *sorted(EVERYBODY - allowed))
    answer = await api.client.request(method, filled(path), headers=others)
    assert answer.status_code == 403
    assert problem(answer)["code"] == "forbidden"


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        (method, path, role)
        for method, path in GUARDED
        if not path.endswith("/feed")
        for role in sorted(MAY[method, path] or EVERYBODY)
    ],
)
async def test_guarded_route_lets_in_who_may(api: Api, method: str, path: str, role: Role) -> None:
    headers = await api.headers("Allowed", role)
    answer = await api.client.request(method, filled(path), headers=headers)
    assert answer.status_code not in {401, 403, 500}, answer.text


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
