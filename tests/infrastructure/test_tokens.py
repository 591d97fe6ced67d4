from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infrastructure.settings import SettingError, load_settings
from infrastructure.tokens import ExpiredToken, InvalidToken, Tokens, User, open_tokens

MEI = User(id="u-1", name="Mei", roles=("host", "viewer"), market="TW", language="zh-TW")
# RFC 8037 appendix A.3: the thumbprint of appendix A.1's key.
RFC_8037_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def claims(**changed: Any) -> dict[str, Any]:
    good = {"iss": "live", "aud": "live", "sub": "u-1", "exp": 4_000_000_000, "name": "Mei"}
    return {**good, "roles": ["host"], "market": "TW", "language": "en", **changed}


def test_issued_token_speaks_for_its_user(key: Ed25519PrivateKey, clock: Clock) -> None:
    tokens = Tokens(key, clock=clock)
    issued = tokens.issue(MEI, seconds=60)
    caller = tokens.verify(issued.text)
    assert (caller.user_id, caller.name) == ("u-1", "Mei")
    assert caller.roles == {"host", "viewer"}
    assert caller.actor == "user:u-1"
    assert caller.expires_at == clock.now + 60
    assert issued.text not in repr(issued)


def test_token_expires_even_when_it_was_verified_before(
    key: Ed25519PrivateKey, clock: Clock
) -> None:
    tokens = Tokens(key, clock=clock)
    text = tokens.issue(MEI, seconds=60).text
    tokens.verify(text)
    clock.now += 60
    with pytest.raises(ExpiredToken):
        tokens.verify(text)


def test_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    tokens = Tokens(Ed25519PrivateKey.from_private_bytes(RFC_8037_SEED))
    assert jwt.get_unverified_header(tokens.issue(MEI).text)["kid"] == RFC_8037_THUMBPRINT


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "other"},
        {"aud": "other"},
        {"sub": None},
        {"exp": None},
        {"exp": "soon"},
        {"roles": ["king"]},
        {"roles": "admin"},
        {"market": "JP"},
        {"language": "de"},
        {"name": None},
    ],
)
def test_token_with_claims_we_never_make_is_invalid(
    key: Ed25519PrivateKey, changed: dict[str, Any]
) -> None:
    made = {name: value for name, value in claims(**changed).items() if value is not None}
    text = jwt.encode(made, key, algorithm="EdDSA")
    with pytest.raises(InvalidToken):
        Tokens(key).verify(text)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "x" * 5000, "é.é.é", "a\x00b"])
def test_text_that_is_no_token_is_invalid(key: Ed25519PrivateKey, text: str) -> None:
    with pytest.raises(InvalidToken):
        Tokens(key).verify(text)


def test_token_of_another_key_or_algorithm_is_invalid(key: Ed25519PrivateKey) -> None:
    other = jwt.encode(claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA")
    symmetric = jwt.encode(claims(), "a secret of at least thirty-two bytes", algorithm="HS256")
    unsigned = jwt.encode(claims(), "", algorithm="none")
    for text in (other, symmetric, unsigned):
        with pytest.raises(InvalidToken):
            Tokens(key).verify(text)


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nx\n"])
def test_unusable_key_is_an_error_that_names_the_setting(tmp_path: Path, pem: str) -> None:
    settings = load_settings({"VAR_DIR": str(tmp_path), "LIVE_TOKEN_KEY": pem})
    with pytest.raises(SettingError, match="LIVE_TOKEN_KEY: must be an Ed25519 private key"):
        open_tokens(settings)
