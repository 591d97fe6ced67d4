"""Sign in with Apple: the dialog, tokens against a signed client secret, keys and revocation.

Of developer.apple.com/documentation/signinwithapplerestapi. PKCE is not documented there: its
parameters are taken and ignored.
"""

import base64
from typing import Any

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from litestar import Response, Router, get, post

from infrastructure.simulators.config import AppleKey
from infrastructure.simulators.identity.answers import (
    AnyRequest,
    Fields,
    PageRefused,
    empty,
    form_of,
    oauth_error,
    query_of,
    shown,
)
from infrastructure.simulators.identity.codes import CodeRefused, redeem
from infrastructure.simulators.identity.dialogs import (
    Asked,
    Dialog,
    dialog_handlers,
    keep_code,
)
from infrastructure.simulators.identity.people import Person, apple_subject, relay_address
from infrastructure.simulators.identity.signing import half_hash
from infrastructure.simulators.identity.simulator import Identity, IdentitySimulator
from infrastructure.simulators.identity.state import Code, now

ISSUER = "https://appleid.apple.com"
_ACCESS_SECONDS = 3600
_REFRESH_SECONDS = 3650 * 86400  # until it is revoked
_ID_TOKEN_SECONDS = 600
_CODE_SECONDS = 300
_LONGEST_SECRET_SECONDS = 15777000  # six months
_SCOPES = {"name", "email"}


def _read(identity: IdentitySimulator, request: AnyRequest) -> Asked:
    """Every error is a page. Only the Services ID may come here, not an app's bundle id."""
    fields = query_of(request)
    if fields.get("client_id") != identity.app("apple").client_ids[0]:
        raise PageRefused(400, "invalid_client", "Invalid client.")
    if not identity.may_return_to("apple", fields.get("redirect_uri", "")):
        raise PageRefused(400, "invalid_request", "Invalid web redirect url.")
    scopes = tuple(fields.get("scope", "").split())
    mode = fields.get("response_mode", "query")
    problem = _problem(fields, scopes, mode)
    if problem is not None:
        raise PageRefused(400, *problem)
    return Asked(
        client_id=fields["client_id"],
        redirect_uri=fields["redirect_uri"],
        scopes=scopes,
        fields={name: fields[name] for name in fields if not name.startswith("code_challenge")},
        form_post=mode == "form_post",
    )


def _problem(fields: Fields, scopes: tuple[str, ...], mode: str) -> tuple[str, str] | None:
    kind = set(fields.get("response_type", "").split())
    if kind not in ({"code"}, {"code", "id_token"}):
        return "unsupported_response_type", "response_type must be code, or code id_token."
    if set(scopes) - _SCOPES:
        return "invalid_scope", "Invalid scope."
    if scopes and mode != "form_post":
        text = "response_mode must be form_post when name or email scope is requested."
        return "invalid_request", text
    if mode not in {"query", "form_post"} or ("id_token" in kind and mode == "query"):
        return "invalid_request", "Invalid response_mode."
    return None


def _granted(identity: IdentitySimulator, asked: Asked, person: Person) -> Fields:
    """The name and the address come beside the code the first time, and never again."""
    first = identity.state.give("apple", person.id, asked.scopes)
    code = keep_code(identity, "apple", asked, person, expires_at=now() + _CODE_SECONDS)
    fields = {"code": code.value}
    if "id_token" in (asked.field("response_type") or ""):
        fields["id_token"] = id_token(identity, code, c_hash=half_hash(code.value))
    if first and asked.scopes:
        fields["user"] = msgspec.json.encode(_introduced(person, asked.scopes)).decode()
    return fields


def _introduced(person: Person, scopes: tuple[str, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if "name" in scopes:
        told["name"] = {"firstName": person.given_name, "lastName": person.family_name}
    if "email" in scopes and person.email:
        told["email"] = shown_email(person)
    return told


def shown_email(person: Person) -> str | None:
    return relay_address(person.id) if person.hides_email else person.email


DIALOG = Dialog(
    provider="apple",
    title="Apple",
    path="/auth/authorize",
    read=_read,
    granted=_granted,
    cancelled={"error": "user_cancelled_authorize"},
)


@post("/auth/token", status_code=200)
async def token(request: AnyRequest, identity: Identity) -> Response[bytes]:
    fields = await form_of(request)
    _check_client(identity, fields)
    match fields.get("grant_type"):
        case "authorization_code":
            return _for_code(identity, fields)
        case "refresh_token":
            return _for_refresh_token(identity, fields)
        case _:
            raise oauth_error(400, "unsupported_grant_type")


def _check_client(identity: IdentitySimulator, fields: Fields) -> None:
    """Apple says `invalid_client` to all of it and does not tell why."""
    client_id = fields.get("client_id", "")
    if client_id not in identity.app("apple").client_ids:
        raise oauth_error(400, "invalid_client")
    try:
        _check_secret(identity.config.apple_key, client_id, fields.get("client_secret", ""))
    except (jwt.PyJWTError, ValueError, TypeError, UnsupportedAlgorithm):
        raise oauth_error(400, "invalid_client") from None


def _check_secret(key: AppleKey, client_id: str, secret: str) -> None:
    """A JWT of ours: ES256, at most six months long. Raises `PyJWTError` or ValueError."""
    if jwt.get_unverified_header(secret).get("kid") != key.key_id:
        raise ValueError("another key")
    public = serialization.load_der_public_key(base64.b64decode(key.public_key))
    claims = jwt.decode(
        secret,
        public,  # type: ignore[arg-type]  # of another kind than EC: refused below as well
        algorithms=["ES256"],
        audience=ISSUER,
        issuer=key.team_id,
        options={"require": ["iss", "iat", "exp", "aud", "sub"]},
    )
    if claims["sub"] != client_id or claims["exp"] > now() + _LONGEST_SECRET_SECONDS:
        raise ValueError("for another client, or for too long")


def _for_code(identity: IdentitySimulator, fields: Fields) -> Response[bytes]:
    if not fields.get("code"):
        raise oauth_error(400, "invalid_request")
    sent = {name: value for name, value in fields.items() if name != "code_verifier"}
    try:
        code = redeem(identity, "apple", sent)
    except CodeRefused as refusal:
        raise oauth_error(400, "invalid_grant", _told(refusal, fields)) from None
    access = identity.state.issue("access", code, _ACCESS_SECONDS)
    refresh = identity.state.issue("refresh", code, _REFRESH_SECONDS)
    return shown(
        {
            "access_token": access.value,
            "token_type": "Bearer",
            "expires_in": _ACCESS_SECONDS,
            "refresh_token": refresh.value,
            "id_token": id_token(identity, code, at_hash=half_hash(access.value)),
        }
    )


def _told(refusal: CodeRefused, fields: Fields) -> str:
    match refusal.reason:
        case "used":
            return "The code has already been used."
        case "client":
            return f"client_id mismatch. The code was not issued to {fields['client_id']}."
        case "redirect_uri":
            return "redirect_uri mismatch."
        case _:
            return "The code has expired or has been revoked."


def _for_refresh_token(identity: IdentitySimulator, fields: Fields) -> Response[bytes]:
    held = identity.state.find_token("apple", "refresh", fields.get("refresh_token", ""))
    if held is None or held.client_id != fields["client_id"]:
        raise oauth_error(400, "invalid_grant", "The token has expired or has been revoked.")
    access = identity.state.issue("access", held, _ACCESS_SECONDS)
    return shown(
        {"access_token": access.value, "token_type": "Bearer", "expires_in": _ACCESS_SECONDS}
    )


def id_token(identity: IdentitySimulator, code: Code, **hashes: str) -> str:
    """On the web the two truths about the address are texts, in an app they are booleans: Apple
    documents both."""
    person = identity.person(code.person)
    issued = now()
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": code.client_id,
        "iat": issued,
        "exp": issued + _ID_TOKEN_SECONDS,
        "sub": apple_subject(person.id),
        "auth_time": issued,
        "nonce_supported": True,
        **hashes,
    }
    if code.nonce:
        claims["nonce"] = code.nonce
    if "email" in code.scopes and person.email:
        web = code.redirect_uri is not None
        claims |= {
            "email": shown_email(person),
            "email_verified": _truth(person.email_verified, text=web),
            "is_private_email": _truth(person.hides_email, text=web),
        }
    return identity.id_tokens.issue("apple", claims, secret=identity.app("apple").secret)


def _truth(value: bool, *, text: bool) -> bool | str:  # noqa: FBT001 - it is the subject
    return str(value).lower() if text else value


@get("/auth/keys")
async def keys(identity: Identity) -> Response[bytes]:
    fresh = {"cache-control": "public, max-age=3600"}
    return shown(identity.keys.key_set("apple"), headers=fresh)


@post("/auth/revoke", status_code=200)
async def revoke(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """Either token ends the grant. One that is not known is answered alike (RFC 7009 §2.2)."""
    fields = await form_of(request)
    _check_client(identity, fields)
    value = fields.get("token", "")
    if not value:
        raise oauth_error(400, "invalid_request")
    found = identity.state.find_token("apple", "refresh", value) or identity.state.find_token(
        "apple", "access", value
    )
    if found is not None and found.client_id == fields["client_id"]:
        identity.state.take_back("apple", found.person, by="app")
    return empty(200)


apple_routes = Router(path="/apple", route_handlers=[*dialog_handlers(DIALOG), token, keys, revoke])
