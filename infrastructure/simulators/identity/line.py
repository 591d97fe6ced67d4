"""LINE Login v2.1: the dialog and the token endpoint.

Of developers.line.biz/en/reference/line-login; descriptions of errors it does not list are ours.
"""

import re
from typing import Any

from litestar import Response, post

from infrastructure.simulators.config import IdentityApp
from infrastructure.simulators.identity.answers import (
    AnyRequest,
    Fields,
    PageRefused,
    SentBack,
    form_of,
    oauth_error,
    query_of,
    same,
    shown,
    with_state,
)
from infrastructure.simulators.identity.codes import CodeRefused, redeem
from infrastructure.simulators.identity.dialogs import CHALLENGE, Asked, Dialog, keep_code
from infrastructure.simulators.identity.people import Person, line_subject
from infrastructure.simulators.identity.simulator import Identity, IdentitySimulator
from infrastructure.simulators.identity.state import Code, IdentityState, Token, now

ISSUER = "https://access.line.me"
ACCESS_SECONDS = 30 * 86400
REFRESH_SECONDS = 90 * 86400
_ID_TOKEN_SECONDS = 3600
_SCOPES = {"profile", "openid", "email"}
_STATE = re.compile(r"[A-Za-z0-9._~-]+")


def _read(identity: IdentitySimulator, request: AnyRequest) -> Asked:
    fields = query_of(request)
    client_id, address = fields.get("client_id", ""), fields.get("redirect_uri", "")
    if client_id not in identity.app("line").client_ids:
        raise PageRefused(400, "INVALID_REQUEST", "Unknown client_id: no such channel.")
    if not identity.may_return_to("line", address):
        text = "Invalid redirect_uri value. Check if it is registered in a LINE developers site."
        raise PageRefused(400, "INVALID_REQUEST", text)
    form_post = fields.get("response_mode") == "form_post"
    problem = _problem(fields)
    if problem is not None:
        error, description = problem
        told = {"error": error, "error_description": description}
        raise SentBack(address, with_state(told, fields.get("state")), form_post=form_post)
    return Asked(
        client_id=client_id,
        redirect_uri=address,
        scopes=tuple(fields["scope"].split()),
        fields=fields,
        form_post=form_post,
    )


def _problem(fields: Fields) -> tuple[str, str] | None:
    """LINE's error code for the first thing that is wrong, and what to say of it."""
    scopes = set(fields.get("scope", "").split())
    modes = {"query", "form_post"}
    checks = (
        (fields.get("response_type") == "code", "UNSUPPORTED_RESPONSE_TYPE", "Only code."),
        (_STATE.fullmatch(fields.get("state", "")), "INVALID_REQUEST", "state is required."),
        (scopes and scopes <= _SCOPES, "INVALID_SCOPE", "Unknown or no scope."),
        ("email" not in scopes or "openid" in scopes, "INVALID_SCOPE", "email needs openid."),
        (fields.get("response_mode", "query") in modes, "INVALID_REQUEST", "Not simulated."),
        (_pkce_in_order(fields), "INVALID_REQUEST", "code_challenge_method must be S256."),
        (fields.get("prompt") != "none", "LOGIN_REQUIRED", "Nobody is signed in here."),
    )
    return next(((error, text) for fine, error, text in checks if not fine), None)


def _pkce_in_order(fields: Fields) -> bool:
    if not {"code_challenge", "code_challenge_method"} & fields.keys():
        return True
    right = CHALLENGE.fullmatch(fields.get("code_challenge", ""))
    return bool(right) and fields.get("code_challenge_method") == "S256"


def _granted(identity: IdentitySimulator, asked: Asked, person: Person) -> Fields:
    identity.state.give("line", person.id, asked.scopes)
    return {"code": keep_code(identity, "line", asked, person).value}


DIALOG = Dialog(
    provider="line",
    title="LINE",
    path="/oauth2/v2.1/authorize",
    read=_read,
    granted=_granted,
    cancelled={
        "error": "ACCESS_DENIED",
        "error_description": "The resource owner denied the request.",
    },
)


@post("/oauth2/v2.1/token", status_code=200)
async def token(request: AnyRequest, identity: Identity) -> Response[bytes]:
    fields = await form_of(request)
    check_client(identity.app("line"), fields)
    match fields.get("grant_type"):
        case "authorization_code":
            return _for_code(identity, fields)
        case "refresh_token":
            return _for_refresh_token(identity, fields)
        case _:
            raise oauth_error(400, "unsupported_grant_type", "unsupported grant_type")


def check_client(app: IdentityApp, fields: Fields) -> None:
    """Raises `ApiRefused`."""
    if fields.get("client_id") not in app.client_ids:
        raise oauth_error(400, "invalid_client", "invalid client_id")
    if not same(app.secret, fields.get("client_secret", "")):
        raise oauth_error(401, "invalid_client", "invalid client_secret")


def _for_code(identity: IdentitySimulator, fields: Fields) -> Response[bytes]:
    missing = next((name for name in ("code", "redirect_uri") if not fields.get(name)), None)
    if missing is not None:
        raise oauth_error(400, "invalid_request", f"{missing} is required")
    try:
        code = redeem(identity, "line", fields)
    except CodeRefused as refusal:
        text = {
            "redirect_uri": "redirect_uri does not match",
            "no_verifier": "code_verifier is required",
            "verifier": "invalid code_verifier",
            "no_pkce": "invalid code_verifier",
        }.get(refusal.reason, "invalid authorization code")
        raise oauth_error(400, "invalid_grant", text) from None
    answer = _tokens(identity.state, code)
    if "openid" in code.scopes:
        answer["id_token"] = id_token(identity, code, hs256=True)
    return shown(answer)


def _for_refresh_token(identity: IdentitySimulator, fields: Fields) -> Response[bytes]:
    former = identity.state.find_token("line", "refresh", fields.get("refresh_token", ""))
    if former is None:
        raise oauth_error(400, "invalid_grant", "invalid refresh token")
    access = identity.state.issue("access", former, ACCESS_SECONDS)
    return shown(_token_answer(access, former))


def _tokens(state: IdentityState, code: Code) -> dict[str, Any]:
    access = state.issue("access", code, ACCESS_SECONDS)
    return _token_answer(access, state.issue("refresh", code, REFRESH_SECONDS))


def _token_answer(access: Token, refresh: Token) -> dict[str, Any]:
    return {
        "access_token": access.value,
        "expires_in": ACCESS_SECONDS,
        "refresh_token": refresh.value,
        "scope": shown_scope(access),
        "token_type": "Bearer",
    }


def shown_scope(token: Token) -> str:
    """`email` is never among them, granted or not."""
    return " ".join(scope for scope in token.scopes if scope != "email")


def id_token(identity: IdentitySimulator, code: Code, *, hs256: bool) -> str:
    """HS256 for the web, ES256 for what LINE's own SDK gets."""
    person = identity.person(code.person)
    issued = now()
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": line_subject(person.id),
        "aud": code.client_id,
        "exp": issued + _ID_TOKEN_SECONDS,
        "iat": issued,
        "amr": ["linesso"],
    }
    if code.nonce:
        claims["nonce"] = code.nonce
    if "profile" in code.scopes:
        claims["name"] = person.name
    if "email" in code.scopes and person.email:
        claims["email"] = person.email
    secret = identity.app("line").secret
    return identity.id_tokens.issue("line", claims, secret=secret, hs256=hs256)
