"""Sign in with Google: discovery, the dialog, tokens, keys, userinfo and revocation.

Of developers.google.com/identity/openid-connect; wordings as the endpoints give them.
"""

from typing import Any

from litestar import Response, Router, get, post

from infrastructure.simulators.config import IdentityApp
from infrastructure.simulators.identity.answers import (
    AnyRequest,
    ApiRefused,
    Fields,
    PageRefused,
    bearer,
    form_of,
    oauth_error,
    query_of,
    same,
    shown,
)
from infrastructure.simulators.identity.codes import CodeRefused, redeem
from infrastructure.simulators.identity.dialogs import (
    CHALLENGE,
    Asked,
    Dialog,
    dialog_handlers,
    keep_code,
)
from infrastructure.simulators.identity.people import Person, numeric_subject
from infrastructure.simulators.identity.signing import half_hash
from infrastructure.simulators.identity.simulator import Identity, IdentitySimulator
from infrastructure.simulators.identity.state import Code, now

ISSUER = "https://accounts.google.com"
ACCESS_SECONDS = 3599
_REFRESH_SECONDS = 180 * 86400  # after half a year without use
_ID_TOKEN_SECONDS = 3600
_KEYS_SECONDS = 19800
_USERINFO = "https://www.googleapis.com/auth/userinfo."
_SCOPES = {"openid", "email", "profile"}
_EMBEDDED = ("Line/", "; wv)", "FBAN/", "FBAV/", "Instagram ")


def _read(identity: IdentitySimulator, request: AnyRequest) -> Asked:
    """Every error is a page: Google sends nobody back before they have chosen."""
    fields = query_of(request)
    agent = request.headers.get("user-agent", "")
    if any(sign in agent for sign in _EMBEDDED):
        raise PageRefused(403, "disallowed_useragent", "Not in a browser inside an app.")
    for name in ("client_id", "redirect_uri", "response_type", "scope"):
        if not fields.get(name):
            raise PageRefused(400, "invalid_request", f"Missing required parameter: {name}")
    if fields["client_id"] != identity.app("google").client_ids[0]:
        raise PageRefused(401, "invalid_client", "The OAuth client was not found.")
    if not identity.may_return_to("google", fields["redirect_uri"]):
        text = f"redirect_uri={fields['redirect_uri']} is not registered for this client."
        raise PageRefused(400, "redirect_uri_mismatch", text)
    _check_rest(fields)
    return Asked(
        client_id=fields["client_id"],
        redirect_uri=fields["redirect_uri"],
        scopes=_scopes(fields),
        fields=fields,
    )


def _check_rest(fields: Fields) -> None:
    if fields["response_type"] != "code":
        text = f"Invalid response_type: {fields['response_type']}"
        raise PageRefused(400, "unsupported_response_type", text)
    unknown = set(_scopes(fields)) - _SCOPES
    if unknown:
        text = f"Some requested scopes were invalid. {{invalid={sorted(unknown)}}}"
        raise PageRefused(400, "invalid_scope", text)
    challenge = fields.get("code_challenge")
    method = fields.get("code_challenge_method", "plain" if challenge else "")
    if method not in {"", "S256"} or (method and not CHALLENGE.fullmatch(challenge or "")):
        raise PageRefused(400, "invalid_request", "Invalid code_challenge or its method.")


def _scopes(fields: Fields) -> tuple[str, ...]:
    return tuple(scope.removeprefix(_USERINFO) for scope in fields["scope"].split())


def _granted(identity: IdentitySimulator, asked: Asked, person: Person) -> Fields:
    first = identity.state.give("google", person.id, asked.scopes)
    again = "consent" in (asked.field("prompt") or "").split()
    offline = asked.field("access_type") == "offline" and (first or again)
    code = keep_code(identity, "google", asked, person, offline=offline)
    return {"code": code.value, "scope": " ".join(asked.scopes), "authuser": "0"}


DIALOG = Dialog(
    provider="google",
    title="Google",
    path="/o/oauth2/v2/auth",
    read=_read,
    granted=_granted,
    cancelled={"error": "access_denied"},
)


@post("/token", status_code=200)
async def token(request: AnyRequest, identity: Identity) -> Response[bytes]:
    fields = await form_of(request)
    _check_client(identity.app("google"), fields)
    match fields.get("grant_type", ""):
        case "authorization_code":
            return _for_code(identity, fields)
        case "refresh_token":
            return _for_refresh_token(identity, fields)
        case other:
            raise oauth_error(400, "unsupported_grant_type", f"Invalid grant_type: {other}")


def _check_client(app: IdentityApp, fields: Fields) -> None:
    """Native clients have no secret to show."""
    client_id = fields.get("client_id")
    if not client_id:
        text = "Could not determine client ID from request."
        raise oauth_error(400, "invalid_request", text)
    if client_id not in app.client_ids:
        raise oauth_error(401, "invalid_client", "The OAuth client was not found.")
    if client_id != app.client_ids[0]:
        return
    if not fields.get("client_secret"):
        raise oauth_error(400, "invalid_request", "client_secret is missing.")
    if not same(app.secret, fields["client_secret"]):
        raise oauth_error(401, "invalid_client", "The provided client secret is invalid.")


def _for_code(identity: IdentitySimulator, fields: Fields) -> Response[bytes]:
    for name in ("code", "redirect_uri"):
        if not fields.get(name):
            raise oauth_error(400, "invalid_request", f"Missing required parameter: {name}")
    try:
        code = redeem(identity, "google", fields)
    except CodeRefused as refusal:
        if refusal.reason == "redirect_uri":
            raise oauth_error(400, "redirect_uri_mismatch", "Bad Request") from None
        text = {
            "unknown": "Malformed auth code.",
            "no_verifier": "Missing code verifier.",
            "verifier": "Invalid code verifier.",
            "no_pkce": "code_verifier or verifier is not needed.",
        }.get(refusal.reason, "Bad Request")
        raise oauth_error(400, "invalid_grant", text) from None
    return shown(_tokens(identity, code))


def _tokens(identity: IdentitySimulator, code: Code) -> dict[str, Any]:
    access = identity.state.issue("access", code, ACCESS_SECONDS)
    answer: dict[str, Any] = {
        "access_token": access.value,
        "expires_in": ACCESS_SECONDS,
        "scope": _shown_scopes(code.scopes),
        "token_type": "Bearer",
    }
    if code.offline:
        answer["refresh_token"] = identity.state.issue("refresh", code, _REFRESH_SECONDS).value
    if "openid" in code.scopes:
        answer["id_token"] = id_token(identity, code, access_token=access.value)
    return answer


def _shown_scopes(scopes: tuple[str, ...]) -> str:
    return " ".join(scope if scope == "openid" else f"{_USERINFO}{scope}" for scope in scopes)


def _for_refresh_token(identity: IdentitySimulator, fields: Fields) -> Response[bytes]:
    held = identity.state.find_token("google", "refresh", fields.get("refresh_token", ""))
    if held is None or held.client_id != fields["client_id"]:
        text = "Token has been expired or revoked."
        raise oauth_error(400, "invalid_grant", text)
    access = identity.state.issue("access", held, ACCESS_SECONDS)
    return shown(
        {
            "access_token": access.value,
            "expires_in": ACCESS_SECONDS,
            "scope": _shown_scopes(held.scopes),
            "token_type": "Bearer",
        }
    )


def id_token(
    identity: IdentitySimulator,
    code: Code,
    *,
    access_token: str | None = None,
    presenter: str | None = None,
) -> str:
    """`presenter` is the native client that asked on behalf of the web's, as `azp` tells."""
    issued = now()
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "azp": presenter or code.client_id,
        "aud": code.client_id,
        "iat": issued,
        "exp": issued + _ID_TOKEN_SECONDS,
        **_person_claims(identity.person(code.person), code.scopes),
    }
    if code.nonce:
        claims["nonce"] = code.nonce
    if access_token is not None:
        claims["at_hash"] = half_hash(access_token)
    return identity.id_tokens.issue("google", claims, secret=identity.app("google").secret)


def google_subject(person: str) -> str:
    return numeric_subject("google", person, 21)


def _person_claims(person: Person, scopes: tuple[str, ...]) -> dict[str, Any]:
    claims: dict[str, Any] = {"sub": google_subject(person.id)}
    if person.workspace:
        claims["hd"] = person.workspace
    if "email" in scopes and person.email:
        claims |= {"email": person.email, "email_verified": person.email_verified}
    if "profile" in scopes:
        claims |= {
            "name": person.name,
            "given_name": person.given_name,
            "family_name": person.family_name,
        }
    return claims


@get("/v1/userinfo")
async def userinfo(request: AnyRequest, identity: Identity) -> Response[bytes]:
    found = identity.state.find_token("google", "access", bearer(request))
    if found is None:
        body = {"error": "invalid_request", "error_description": "Invalid Credentials"}
        raise ApiRefused(401, body, {"www-authenticate": 'Bearer error="invalid_token"'})
    return shown(_person_claims(identity.person(found.person), found.scopes))


@post("/revoke", status_code=200)
async def revoke(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """Either token ends the whole grant. The token may stand in the query as well."""
    value = (await form_of(request)).get("token") or query_of(request).get("token")
    if not value:
        raise oauth_error(400, "invalid_request", "Missing required parameter: token")
    found = identity.state.find_token("google", "access", value) or identity.state.find_token(
        "google", "refresh", value
    )
    if found is None:
        raise oauth_error(400, "invalid_token", "Token expired or revoked")
    identity.state.take_back("google", found.person, by="app")
    return shown({})


@get("/oauth2/v3/certs")
async def certs(identity: Identity) -> Response[bytes]:
    fresh = f"public, max-age={_KEYS_SECONDS}, must-revalidate, no-transform"
    return shown(identity.keys.key_set("google"), headers={"cache-control": fresh})


@get("/.well-known/openid-configuration")
async def discovery(identity: Identity) -> Response[bytes]:
    """The endpoints are the simulator's, the issuer is the real one."""
    base = f"{identity.origin}/google"
    return shown(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{base}/o/oauth2/v2/auth",
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/v1/userinfo",
            "revocation_endpoint": f"{base}/revoke",
            "jwks_uri": f"{base}/oauth2/v3/certs",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
        },
        headers={"cache-control": "public, max-age=3600"},
    )


google_routes = Router(
    path="/google",
    route_handlers=[
        *dialog_handlers(DIALOG),
        token,
        userinfo,
        revoke,
        certs,
        discovery,
    ],
)
