"""Playback addresses and the tokens in them."""

import base64
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from application.ports import Playback
from infrastructure.cloudflare.playback import CloudflarePlayback, load_signing_key
from infrastructure.cloudflare.signing_keys import check_configured_key, check_signing_key
from infrastructure.settings import Secret, SettingError, load_settings
from tests.support.cloudflare import HOST, UID, client_of, ok
from tests.support.scripted_http import Reply, ScriptedServer, replies, scripted_server

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
AS_RETURNED = Secret(base64.b64encode(PEM).decode())
NOW = datetime(2026, 11, 20, 12, 0, 0, 500_000, UTC)
KEY_ID = "8f926b2b01f383510025a78a4dcbf6a"


def _signer(token_seconds: int = 3600) -> CloudflarePlayback:
    return CloudflarePlayback(load_signing_key(KEY_ID, AS_RETURNED), token_seconds=token_seconds)


def _token(playback: Playback) -> str:
    assert playback.hls is not None
    return playback.hls.removeprefix(f"https://{HOST}/").partition("/")[0]


def test_playback_is_public_when_no_key_is_configured() -> None:
    playback = CloudflarePlayback(None).playback(host=HOST, uid=UID, now=NOW)
    assert playback == Playback(
        hls=f"https://{HOST}/{UID}/manifest/video.m3u8",
        dash=f"https://{HOST}/{UID}/manifest/video.mpd",
        webrtc=None,
        token_expires_at=None,
    )


def test_playback_of_low_latency_asks_for_ll_hls() -> None:
    signer = CloudflarePlayback(None, scheme="http")
    playback = signer.playback(host="127.0.0.1:9000", uid=UID, now=NOW, low_latency=True)
    assert playback.hls == f"http://127.0.0.1:9000/{UID}/manifest/video.m3u8?protocol=llhls"
    assert playback.dash == f"http://127.0.0.1:9000/{UID}/manifest/video.mpd"


def test_playback_of_webrtc_is_by_whep_alone() -> None:
    playback = CloudflarePlayback(None).playback(host=HOST, uid=UID, now=NOW, webrtc=True)
    assert playback.webrtc == f"https://{HOST}/{UID}/webRTC/play"
    assert (playback.hls, playback.dash) == (None, None)


def test_token_is_as_cloudflare_asks() -> None:
    token = _token(_signer().playback(host=HOST, uid=UID, now=NOW))
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": KEY_ID}
    claims = jwt.decode(
        token, KEY.public_key(), ["RS256"], options={"verify_exp": False, "verify_nbf": False}
    )
    start = int(NOW.timestamp())
    assert claims == {"sub": UID, "kid": KEY_ID, "exp": start + 3600, "nbf": start - 60}


def test_token_expiry_is_told() -> None:
    playback = _signer().playback(host=HOST, uid=UID, now=NOW)
    assert playback.token_expires_at == NOW.replace(microsecond=0) + timedelta(hours=1)


def test_token_never_outlives_a_day() -> None:
    playback = _signer(token_seconds=86_400).playback(host=HOST, uid=UID, now=NOW)
    assert playback.token_expires_at is not None
    assert playback.token_expires_at - NOW < timedelta(hours=24)


def test_token_is_reused_for_half_its_life_and_no_longer() -> None:
    signer = _signer()
    first, same, other, late = (
        _token(signer.playback(host=HOST, uid=uid, now=NOW + timedelta(seconds=after)))
        for uid, after in [(UID, 0), (UID, 1799), ("v2", 1799), (UID, 1800)]
    )
    assert first == same
    assert len({first, other, late}) == 3


@pytest.mark.parametrize("pem", [PEM.decode(), PEM.decode().replace("\n", "\\n")])
def test_signing_key_is_taken_as_a_bare_pem_too(pem: str) -> None:
    key = load_signing_key(KEY_ID, Secret(pem))
    assert key is not None
    assert key.private_key.private_numbers() == KEY.private_numbers()


def _unfit(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "garbage",
        base64.b64encode(b"garbage").decode(),
        AS_RETURNED.text[:-40],
        _unfit(ec.generate_private_key(ec.SECP256R1())),
        _unfit(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505  # weak on purpose
    ],
)
def test_signing_key_that_cannot_sign_is_refused_at_start(pem: str) -> None:
    with pytest.raises(SettingError, match="LIVE_PLAYBACK_SIGNING_KEY_PEM") as refusal:
        load_signing_key(KEY_ID, Secret(pem))
    assert not pem or pem not in str(refusal.value)


def test_signing_key_without_id_is_refused_at_start() -> None:
    with pytest.raises(SettingError, match="LIVE_PLAYBACK_SIGNING_KEY_ID"):
        load_signing_key("", AS_RETURNED)


@pytest.mark.parametrize("row", [{"id": KEY_ID}, {"key_id": KEY_ID}])
async def test_check_signing_key_knows_the_accounts_keys(row: dict[str, str]) -> None:
    async with scripted_server(replies(ok([row]))) as server, client_of(server) as client:
        await check_signing_key(client, KEY_ID)
        await check_signing_key(client, "")
        with pytest.raises(SettingError):
            await check_signing_key(client, "revoked")


async def _check_at_start(server: ScriptedServer, key_id: str) -> None:
    environ = {
        "LIVE_CLOUDFLARE_API_URL": f"{server.url}/client/v4",
        "LIVE_CLOUDFLARE_ACCOUNT_ID": "a1",
        "LIVE_CLOUDFLARE_API_TOKEN": "invented",
        "LIVE_PLAYBACK_SIGNING_KEY_ID": key_id,
    }
    await check_configured_key(load_settings(environ))


async def test_signing_key_the_account_does_not_know_is_refused_at_start() -> None:
    async with scripted_server(replies(ok([{"id": KEY_ID}]))) as server:
        await _check_at_start(server, KEY_ID)
        with pytest.raises(SettingError, match="LIVE_PLAYBACK_SIGNING_KEY_ID"):
            await _check_at_start(server, "revoked")


async def test_start_goes_on_while_cloudflare_does_not_answer() -> None:
    async with scripted_server(replies(Reply(status=500))) as server:
        await _check_at_start(server, KEY_ID)


async def test_public_playback_asks_nobody_at_start() -> None:
    async with scripted_server(replies(Reply(status=500))) as server:
        await _check_at_start(server, "")
    assert server.requests == []
