"""LINE's API beside the login: verification, profile, revocation, deauthorization, keys."""

from typing import Any

import jwt
import msgspec
from jwt.types import Options
from litestar import Response, Router, get, post

from infrastructure.simulators.identity.answers import (
    AnyRequest,
    ApiRefused,
    Fields,
    bearer,
    empty,
    form_of,
    oauth_error,
    query_of,
    shown,
)
from infrastructure.simulators.identity.dialogs import dialog_handlers
from infrastructure.simulators.identity.line import (
    DIALOG,
    ISSUER,
    check_client,
    shown_scope,
    token,
)
from infrastructure.simulators.identity.people import Person, line_subject
from infrastructure.simulators.identity.signing import public_pem
from infrastructure.simulators.identity.simulator import Identity, IdentitySimulator
from infrastructure.simulators.identity.state import Token, now

_CHANNEL_TOKEN_SECONDS = 900


@get("/oauth2/v2.1/verify")
async def verify_access_token(request: AnyRequest, identity: Identity) -> Response[bytes]:
    found = identity.state.find_token("line", "access", query_of(request).get("access_token", ""))
    if found is None:
        raise oauth_error(400, "invalid_request", "access token expired")
    left = found.expires_at - now()
    return shown({"scope": shown_scope(found), "client_id": found.client_id, "expires_in": left})


@post("/oauth2/v2.1/verify", status_code=200)
async def verify_id_token(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """Answers with the claims. The order of the checks is ours; LINE does not tell its own."""
    fields = await form_of(request)
    claims = _claims(identity, fields.get("id_token", ""))
    now_wrong = (
        (claims.get("iss") != ISSUER, "Invalid IdToken Issuer."),
        (claims.get("exp", 0) <= now(), "IdToken expired."),
        (claims.get("aud") != fields.get("client_id"), "Invalid IdToken Audience."),
        (_differs(fields, "nonce", claims.get("nonce")), "Invalid IdToken Nonce."),
        (_differs(fields, "user_id", claims.get("sub")), "Invalid IdToken Subject Identifier."),
    )
    problem = next((text for wrong, text in now_wrong if wrong), None)
    if problem is not None:
        raise oauth_error(400, "invalid_request", problem)
    return shown(claims)


def _differs(fields: Fields, name: str, claimed: Any) -> bool:
    return name in fields and fields[name] != claimed


def _claims(identity: IdentitySimulator, id_token: str) -> dict[str, Any]:
    """Of a token that is signed as ours are, whatever it says."""
    options: Options = {"verify_exp": False, "verify_aud": False, "verify_iat": False}
    try:
        header = jwt.get_unverified_header(id_token)
        if header.get("alg") == "HS256":
            secret = identity.app("line").secret
            return jwt.decode(id_token, secret, algorithms=["HS256"], options=options)
        key = identity.state.keys.get(str(header.get("kid")))
        if key is None or key.provider != "line":
            raise jwt.InvalidKeyError("not ours")
        return jwt.decode(id_token, public_pem(key), algorithms=["ES256"], options=options)
    except jwt.PyJWTError:
        raise oauth_error(400, "invalid_request", "Invalid IdToken.") from None


@get("/v2/profile")
async def profile(request: AnyRequest, identity: Identity) -> Response[bytes]:
    person = _whose(request, identity, "profile")
    return shown({"userId": line_subject(person.id), "displayName": person.name})


@get("/oauth2/v2.1/userinfo")
async def userinfo(request: AnyRequest, identity: Identity) -> Response[bytes]:
    person = _whose(request, identity, "openid")
    return shown({"sub": line_subject(person.id), "name": person.name})


def _whose(request: AnyRequest, identity: IdentitySimulator, scope: str) -> Person:
    found = identity.state.find_token("line", "access", bearer(request))
    if found is None:
        raise ApiRefused(401, {"message": "The access token is not valid"})
    if scope not in found.scopes:
        raise ApiRefused(403, {"message": "The access token does not have the required scope"})
    return identity.person(found.person)


@post("/oauth2/v2.1/revoke", status_code=200)
async def revoke(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """Ends one access token. What the person permitted stays permitted."""
    fields = await form_of(request)
    check_client(identity.app("line"), fields)
    found = identity.state.find_token("line", "access", fields.get("access_token", ""))
    if found is not None:
        identity.state.keep_token(msgspec.structs.replace(found, expires_at=0))
    return empty(200)


@post("/oauth2/v3/token", status_code=200)
async def channel_token(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """A stateless channel access token, which deauthorization asks for."""
    fields = await form_of(request)
    if fields.get("grant_type") != "client_credentials":
        raise oauth_error(400, "unsupported_grant_type", "unsupported grant_type")
    check_client(identity.app("line"), fields)
    issued = now()
    made = identity.state.keep_token(
        Token(
            provider="line",
            kind="app",
            client_id=fields["client_id"],
            person="",
            scopes=(),
            issued_at=issued,
            expires_at=issued + _CHANNEL_TOKEN_SECONDS,
        )
    )
    return shown(
        {
            "token_type": "Bearer",
            "access_token": made.value,
            "expires_in": _CHANNEL_TOKEN_SECONDS,
        }
    )


class Deauthorization(msgspec.Struct, frozen=True):
    user_access_token: str = msgspec.field(name="userAccessToken")


@post("/user/v1/deauthorize", status_code=200)
async def deauthorize(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """Takes back what the person permitted, on their behalf."""
    if identity.state.find_token("line", "app", bearer(request)) is None:
        raise ApiRefused(401, {"message": "Authentication failed due to the expired access token"})
    try:
        order = msgspec.json.decode(await request.body(), type=Deauthorization)
    except msgspec.DecodeError:
        raise ApiRefused(400, {"message": "The request body is not valid"}) from None
    found = identity.state.find_token("line", "access", order.user_access_token)
    if found is None:
        raise ApiRefused(400, {"message": "invalid userAccessToken"})
    identity.state.take_back("line", found.person, by="app")
    return empty(204)


@get("/oauth2/v2.1/certs")
async def certs(identity: Identity) -> Response[bytes]:
    return shown(identity.keys.key_set("line"), headers={"cache-control": "public, max-age=3600"})


@get("/.well-known/openid-configuration")
async def discovery(identity: Identity) -> Response[bytes]:
    """The endpoints are the simulator's, the issuer is the real one."""
    base = f"{identity.origin}/line/oauth2/v2.1"
    return shown(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "revocation_endpoint": f"{base}/revoke",
            "userinfo_endpoint": f"{base}/userinfo",
            "jwks_uri": f"{base}/certs",
            "scopes_supported": ["openid", "profile", "email"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


line_routes = Router(
    path="/line",
    route_handlers=[
        *dialog_handlers(DIALOG),
        token,
        verify_access_token,
        verify_id_token,
        profile,
        userinfo,
        revoke,
        channel_token,
        deauthorize,
        certs,
        discovery,
    ],
)
