"""Access tokens over HTTP: any process's are taken, and anybody can verify them."""

import time

import jwt
import pytest

from infrastructure.identity.signing_key_table import SigningKeyTable
from infrastructure.identity.signing_keys import ANNOUNCED_SECONDS, SigningKeys
from infrastructure.tokens import Tokens, User
from infrastructure.vault import master_keys
from tests.support.eventually import eventually
from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")
MEI = User(id="u-1", name="Mei", roles=("host",), market="TW", language="en")


async def test_tokens_verify_by_the_published_keys(api: Api) -> None:
    token = await api.token("Mei", "host")
    answer = await api.client.get("/.well-known/jwks.json")
    assert answer.headers["content-type"] == "application/json"
    assert {"kty", "crv", "x", "kid", "use", "alg"} == answer.json()["keys"][0].keys()
    key = jwt.PyJWKSet.from_dict(answer.json())[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], audience="live", issuer="live")
    assert claims["exp"] - claims["iat"] == 600
    assert claims["sid"]


async def test_token_of_a_key_that_was_made_elsewhere_is_taken(api: Api) -> None:
    """The other process's clock is ahead, so the key signs there before it is known here."""
    await api.token("Mei", "host")
    platform = api.platform
    table = SigningKeyTable(platform.engine, master_keys(platform.settings))
    assert await SigningKeys(table).rotate(days=0)
    elsewhere = SigningKeys(table, clock=lambda: time.time() + ANNOUNCED_SECONDS)
    token = await Tokens(elsewhere, seconds=600).issue(MEI)
    headers = {"Authorization": f"Bearer {token.text}"}

    async def taken() -> bool:
        return (await api.client.get(f"{BASE}/me/sessions", headers=headers)).is_success

    await eventually(taken)


async def test_token_of_a_key_of_nobody_s_gets_401(api: Api) -> None:
    _, private = await api.platform.signing_keys.signer(until=0)
    forged = jwt.encode({"sub": "u-1"}, private, algorithm="EdDSA", headers={"kid": "nobody-s"})
    headers = {"Authorization": f"Bearer {forged}"}
    answer = await api.client.get(f"{BASE}/me/sessions", headers=headers)
    assert answer.status_code == 401
    assert problem(answer)["code"] == "invalid_token"
