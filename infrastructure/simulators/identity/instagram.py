"""Instagram API with Instagram Login, for professional accounts only: no e-mail, no id_token.

Of developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login.
"""

import re
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from infrastructure.simulators.identity.answers import (
    AnyRequest,
    ApiRefused,
    Fields,
    PageRefused,
    bearer,
    form_of,
    query_of,
    same,
    shown,
)
from infrastructure.simulators.identity.codes import CodeRefused, redeem
from infrastructure.simulators.identity.dialogs import (
    Asked,
    Dialog,
    dialog_handlers,
    keep_code,
)
from infrastructure.simulators.identity.facebook import check_version, graph_error
from infrastructure.simulators.identity.people import Person, numeric_subject
from infrastructure.simulators.identity.simulator import Identity, IdentitySimulator

_SHORT_SECONDS = 3600
_LONG_SECONDS = 60 * 86400
_BASIC = "instagram_business_basic"
_SCOPES = {
    _BASIC,
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_messages",
}
_FIELDS = ("id", "user_id", "username", "name", "account_type")


def instagram_subject(person: str) -> str:
    return numeric_subject("instagram", person, 17)


def _read(identity: IdentitySimulator, request: AnyRequest) -> Asked:
    """Every error is a page. Neither `state` nor PKCE is demanded; PKCE is not known."""
    fields = query_of(request)
    if fields.get("client_id") not in identity.app("instagram").client_ids:
        raise PageRefused(400, "invalid_request", "Invalid platform app.")
    if not identity.may_return_to("instagram", fields.get("redirect_uri", "")):
        raise PageRefused(400, "invalid_request", "Invalid redirect_uri.")
    if fields.get("response_type") != "code":
        raise PageRefused(400, "invalid_request", "Invalid response_type.")
    scopes = tuple(scope for scope in re.split(r"[,\s]+", fields.get("scope", "")) if scope)
    if _BASIC not in scopes or set(scopes) - _SCOPES:
        raise PageRefused(400, "invalid_scope", f"Invalid scope: {_BASIC} is required.")
    unknown = {"code_challenge", "code_challenge_method"}
    known = {name: value for name, value in fields.items() if name not in unknown}
    return Asked(
        client_id=fields["client_id"],
        redirect_uri=fields["redirect_uri"],
        scopes=scopes,
        fields=known,
    )


def _granted(identity: IdentitySimulator, asked: Asked, person: Person) -> Fields:
    identity.state.give("instagram", person.id, asked.scopes)
    return {"code": keep_code(identity, "instagram", asked, person).value}


def _refusal(person: Person) -> str | None:
    return None if person.professional else "Not a professional Instagram account."


DIALOG = Dialog(
    provider="instagram",
    title="Instagram",
    path="/oauth/authorize",
    read=_read,
    granted=_granted,
    cancelled={
        "error": "access_denied",
        "error_reason": "user_denied",
        "error_description": "The user denied your request",
    },
    refusal=_refusal,
    fragment="#_",
)


def _oauth_problem(message: str) -> ApiRefused:
    return ApiRefused(400, {"error_type": "OAuthException", "code": 400, "error_message": message})


@post("/oauth/access_token", status_code=200)
async def access_token(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """A short-lived token, in the list the documentation shows."""
    fields = await form_of(request)
    app = identity.app("instagram")
    if fields.get("client_id") not in app.client_ids:
        raise _oauth_problem("Invalid platform app")
    if not same(app.secret, fields.get("client_secret", "")):
        raise _oauth_problem("Error validating client secret.")
    if fields.get("grant_type") != "authorization_code":
        raise _oauth_problem("Unsupported grant_type")
    sent = {name: value for name, value in fields.items() if name != "code_verifier"}
    try:
        code = redeem(identity, "instagram", sent)
    except CodeRefused as refusal:
        raise _code_refused(refusal) from None
    token = identity.state.issue("access", code, _SHORT_SECONDS)
    issued = {
        "access_token": token.value,
        "user_id": instagram_subject(code.person),
        "permissions": ",".join(code.scopes),
    }
    return shown({"data": [issued]})


def _code_refused(refusal: CodeRefused) -> ApiRefused:
    if refusal.reason == "redirect_uri":
        return _oauth_problem(
            "Error validating verification code. Please make sure your redirect_uri is "
            "identical to the one you used in the OAuth dialog request"
        )
    return _oauth_problem("Matching code was not found or was already used")


@get("/access_token")
async def long_lived(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """A token of sixty days for one of an hour."""
    fields = query_of(request)
    if fields.get("grant_type") != "ig_exchange_token":
        raise graph_error(100, "Invalid grant_type")
    if not same(identity.app("instagram").secret, fields.get("client_secret", "")):
        raise graph_error(101, "Error validating client secret.")
    return _renewed(identity, fields)


@get("/refresh_access_token")
async def refreshed(request: AnyRequest, identity: Identity) -> Response[bytes]:
    fields = query_of(request)
    if fields.get("grant_type") != "ig_refresh_token":
        raise graph_error(100, "Invalid grant_type")
    return _renewed(identity, fields)


def _renewed(identity: IdentitySimulator, fields: Fields) -> Response[bytes]:
    held = identity.state.find_token("instagram", "access", fields.get("access_token", ""))
    if held is None:
        raise graph_error(190, "Invalid OAuth access token")
    token = identity.state.issue("access", held, _LONG_SECONDS)
    return shown({"access_token": token.value, "token_type": "bearer", "expires_in": _LONG_SECONDS})


@get("/{version:str}/me")
async def me(version: FromPath[str], request: AnyRequest, identity: Identity) -> Response[bytes]:
    check_version(version)
    fields = query_of(request)
    value = fields.get("access_token") or bearer(request)
    held = identity.state.find_token("instagram", "access", value)
    if held is None:
        raise graph_error(190, "Invalid OAuth access token - Cannot parse access token")
    asked = [name for name in fields.get("fields", "id").split(",") if name]
    strange = next((name for name in asked if name not in _FIELDS), None)
    if strange is not None:
        raise graph_error(100, f"Tried accessing nonexisting field ({strange})")
    known = _profile(identity.person(held.person))
    return shown({name: known[name] for name in asked})


def _profile(person: Person) -> dict[str, Any]:
    user_id = instagram_subject(person.id)
    return {
        "id": user_id,
        "user_id": user_id,
        "username": f"{person.id}.sells",
        "name": person.name,
        "account_type": "Business",
    }


instagram_routes = Router(
    path="/instagram",
    route_handlers=[*dialog_handlers(DIALOG), access_token, long_lived, refreshed, me],
)
