"""Access tokens: what is issued verifies for as long as it lives, and nothing else does."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.identity.signing_key_table import SigningKeyTable
from infrastructure.identity.signing_keys import ANNOUNCED_SECONDS, SigningKeys
from infrastructure.tokens import ExpiredToken, InvalidToken, Tokens, UnknownSigningKey, User
from tests.support.clock import Clock
from tests.support.jobs import created

MEI = User(id="u-1", name="Mei", roles=("host", "viewer"), market="TW", language="zh-TW")
MASTER = (Fernet(Fernet.generate_key()),)
DAY = 86400


@pytest.fixture
async def engine(sqlite_url: str) -> AsyncIterator[AsyncEngine]:
    async with created(sqlite_url) as engine:
        yield engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Process:
    """What one process holds: its keys and its tokens."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.table = SigningKeyTable(engine, MASTER)
        self.keys = SigningKeys(self.table, clock=clock)
        self.tokens = Tokens(self.keys, seconds=600, clock=clock)

    async def signed(self, claims: dict[str, Any]) -> str:
        kid, key = await self.keys.signer(until=0)
        return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": kid})


@pytest.fixture
def process(engine: AsyncEngine, clock: Clock) -> Process:
    return Process(engine, clock)


def claims(**changed: Any) -> dict[str, Any]:
    good = {"iss": "live", "aud": "live", "sub": "u-1", "sid": "s-1", "exp": 4_000_000_000}
    person = {"name": "Mei", "roles": ["host"], "market": "TW", "language": "en", "guest": False}
    return {**good, **person, **changed}


async def test_issued_token_speaks_for_its_user(process: Process, clock: Clock) -> None:
    issued = await process.tokens.issue(MEI, session_id="s-1", guest=True)
    caller = process.tokens.verify(issued.text)
    assert (caller.user_id, caller.session_id, caller.guest) == ("u-1", "s-1", True)
    assert caller.name == "Mei"
    assert caller.roles == {"host", "viewer"}
    assert caller.actor == "user:u-1"
    assert (issued.expires_in, caller.expires_at) == (600, clock.now + 600)
    assert issued.text not in repr(issued)


async def test_issued_token_verifies_by_the_published_keys_alone(process: Process) -> None:
    issued = await process.tokens.issue(MEI)
    kid = jwt.get_unverified_header(issued.text)["kid"]
    published = {key.kid: key for key in (await process.keys.published()).keys}
    document = {"kty": published[kid].kty, "crv": published[kid].crv, "x": published[kid].x}
    decoded = jwt.decode(
        issued.text,
        jwt.PyJWK(document, algorithm="EdDSA"),
        algorithms=["EdDSA"],
        audience="live",
        options={"verify_exp": False},
    )
    assert decoded["sub"] == "u-1"


async def test_token_expires_even_when_it_was_verified_before(
    process: Process, clock: Clock
) -> None:
    text = (await process.tokens.issue(MEI)).text
    process.tokens.verify(text)
    clock.now += 600
    for _ in range(2):
        with pytest.raises(ExpiredToken):
            process.tokens.verify(text)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "other"},
        {"aud": "other"},
        {"sub": None},
        {"sid": None},
        {"guest": "yes"},
        {"exp": None},
        {"exp": "soon"},
        {"roles": ["king"]},
        {"roles": "admin"},
        {"market": "JP"},
        {"language": "de"},
        {"name": None},
    ],
)
async def test_token_with_claims_we_never_make_is_invalid(
    process: Process, changed: dict[str, Any]
) -> None:
    made = {name: value for name, value in claims(**changed).items() if value is not None}
    text = await process.signed(made)
    with pytest.raises(InvalidToken):
        process.tokens.verify(text)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "x" * 5000, "é.é.é", "a\x00b"])
async def test_text_that_is_no_token_is_invalid(process: Process, text: str) -> None:
    await process.tokens.issue(MEI)
    with pytest.raises(InvalidToken):
        process.tokens.verify(text)


@pytest.mark.parametrize("headers", [{}, {"kid": ""}, {"kid": "nobody-s"}])
async def test_token_of_an_unknown_key_is_invalid(
    process: Process, headers: dict[str, Any]
) -> None:
    await process.tokens.issue(MEI)
    text = jwt.encode(claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=headers)
    with pytest.raises(InvalidToken):
        await process.tokens.verify_afresh(text)


async def test_token_of_another_key_under_our_kid_is_invalid(process: Process) -> None:
    kid, _ = await process.keys.signer(until=0)
    forged = Ed25519PrivateKey.generate()
    text = jwt.encode(claims(), forged, algorithm="EdDSA", headers={"kid": kid})
    with pytest.raises(InvalidToken):
        process.tokens.verify(text)


async def test_token_of_another_algorithm_is_invalid(process: Process) -> None:
    """Unsigned, and HS256 with our public key, in each form it is published in, for its secret."""
    kid, private = await process.keys.signer(until=0)
    public = private.public_key()
    [published] = (await process.keys.published()).keys
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    unsigned = jwt.encode(claims(), "", algorithm="none", headers={"kid": kid})
    secrets = (public.public_bytes_raw(), published.x.encode(), pem)
    for text in (unsigned, *(_hs256(secret, kid) for secret in secrets)):
        with pytest.raises(InvalidToken):
            process.tokens.verify(text)


def _hs256(secret: bytes, kid: str) -> str:
    """By hand: PyJWT refuses to sign with a PEM."""
    signer = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    good = jwt.encode(claims(), "x" * 32, algorithm="HS256", headers={"kid": kid})
    signed_part = good.rpartition(".")[0]
    signature = signer.sign(signed_part.encode(), secret)
    return f"{signed_part}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


async def test_key_of_another_process_is_known_after_one_look(
    engine: AsyncEngine, clock: Clock
) -> None:
    one, other = Process(engine, clock), Process(engine, clock)
    text = (await one.tokens.issue(MEI)).text
    with pytest.raises(UnknownSigningKey):
        other.tokens.verify(text)
    assert (await other.tokens.verify_afresh(text)).user_id == "u-1"


async def test_unknown_keys_have_the_database_asked_once_in_five_seconds(
    engine: AsyncEngine, process: Process, clock: Clock
) -> None:
    await process.tokens.issue(MEI)
    clock.now += 60
    asked: list[str] = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def _count(*arguments: Any) -> None:
        asked.append(arguments[2])

    foreign = jwt.encode(claims(), Ed25519PrivateKey.generate(), "EdDSA", {"kid": "nobody-s"})
    for expected in (1, 1, 2):
        for _ in range(20):
            with pytest.raises(UnknownSigningKey):
                await process.tokens.verify_afresh(foreign)
        assert len(asked) == expected
        clock.now += 3


async def test_token_from_before_a_rotation_is_good_until_it_ends(
    process: Process, clock: Clock
) -> None:
    old = (await process.tokens.issue(MEI)).text
    clock.now += 30 * DAY
    late = (await process.tokens.issue(MEI)).text
    assert await process.keys.rotate(days=30)
    clock.now += ANNOUNCED_SECONDS - 1
    last = (await process.tokens.issue(MEI)).text
    clock.now += 1
    new = (await process.tokens.issue(MEI)).text
    kids = [jwt.get_unverified_header(text)["kid"] for text in (old, late, last, new)]
    assert kids[0] == kids[1] == kids[2] != kids[3]
    for text in (last, new):
        assert process.tokens.verify(text).user_id == "u-1"
    clock.now += 599
    with pytest.raises(ExpiredToken):
        process.tokens.verify(last)
    assert process.tokens.verify(new).user_id == "u-1"
