"""Facebook Login: the dialog and the exchange of its code.

Of developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow.
"""

import re
import secrets
from typing import Any

from litestar import Response, route
from litestar.params import FromPath

from infrastructure.simulators.config import IdentityApp
from infrastructure.simulators.identity.answers import (
    AnyRequest,
    ApiRefused,
    Fields,
    PageRefused,
    form_of,
    query_of,
    same,
    shown,
)
from infrastructure.simulators.identity.codes import CodeRefused, redeem
from infrastructure.simulators.identity.dialogs import CHALLENGE, Asked, Dialog, keep_code
from infrastructure.simulators.identity.people import Person, numeric_subject
from infrastructure.simulators.identity.simulator import Identity, IdentitySimulator
from infrastructure.simulators.identity.state import Code, Token, now

ISSUER = "https://www.facebook.com"
ACCESS_SECONDS = 60 * 86400
_ID_TOKEN_SECONDS = 3600
_SCOPES = {"public_profile", "email"}
_VERSION = re.compile(r"v\d{1,2}\.0")


def graph_error(
    code: int, message: str, kind: str = "OAuthException", subcode: int | None = None
) -> ApiRefused:
    """The Graph API's shape: developers.facebook.com/docs/graph-api/guides/error-handling."""
    error: dict[str, Any] = {"message": message, "type": kind, "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    error["fbtrace_id"] = secrets.token_urlsafe(8)
    return ApiRefused(400, {"error": error})


def check_version(version: str) -> None:
    """Raises `ApiRefused`."""
    if not _VERSION.fullmatch(version):
        raise graph_error(2500, f"Unknown path components: /{version}")


def facebook_subject(person: str) -> str:
    """App-scoped: at another app the same person has another."""
    return numeric_subject("facebook", person, 17)


def _read(identity: IdentitySimulator, request: AnyRequest) -> Asked:
    """Every error is a page."""
    fields = query_of(request)
    for name in ("client_id", "redirect_uri", "state"):
        if not fields.get(name):
            raise PageRefused(400, "invalid_request", f"The parameter {name} is required.")
    if fields["client_id"] not in identity.app("facebook").client_ids:
        raise PageRefused(400, "invalid_app_id", "Invalid App ID.")
    if not identity.may_return_to("facebook", fields["redirect_uri"]):
        text = "URL Blocked: the redirect URI is not among the app's valid OAuth redirect URIs."
        raise PageRefused(400, "url_blocked", text)
    _check_rest(fields)
    return Asked(
        client_id=fields["client_id"],
        redirect_uri=fields["redirect_uri"],
        scopes=_scopes(fields),
        fields=fields,
    )


def _check_rest(fields: Fields) -> None:
    if fields.get("response_type", "code") != "code":
        raise PageRefused(400, "invalid_response_type", "Only code is simulated.")
    unknown = set(_scopes(fields)) - _SCOPES
    if unknown:
        raise PageRefused(400, "invalid_scope", f"Invalid Scopes: {', '.join(sorted(unknown))}.")
    challenge, method = fields.get("code_challenge"), fields.get("code_challenge_method")
    if (challenge or method) and (method != "S256" or not CHALLENGE.fullmatch(challenge or "")):
        raise PageRefused(400, "invalid_request", "Invalid code_challenge or its method.")


def _scopes(fields: Fields) -> tuple[str, ...]:
    """The public profile is always among them."""
    asked = re.split(r"[,\s]+", fields.get("scope", ""))
    return tuple(dict.fromkeys(("public_profile", *(scope for scope in asked if scope))))


def _granted(identity: IdentitySimulator, asked: Asked, person: Person) -> Fields:
    identity.state.give("facebook", person.id, asked.scopes)
    return {"code": keep_code(identity, "facebook", asked, person).value}


DIALOG = Dialog(
    provider="facebook",
    title="Facebook",
    path="/{version:str}/dialog/oauth",
    read=_read,
    granted=_granted,
    cancelled={
        "error": "access_denied",
        "error_code": "200",
        "error_description": "Permissions error",
        "error_reason": "user_denied",
    },
    fragment="#_=_",
)


@route("/{version:str}/oauth/access_token", http_method=["GET", "POST"], status_code=200)
async def access_token(
    version: FromPath[str], request: AnyRequest, identity: Identity
) -> Response[bytes]:
    check_version(version)
    fields = query_of(request) | await form_of(request)
    check_client(identity.app("facebook"), fields)
    match fields.get("grant_type", "authorization_code"):
        case "authorization_code":
            return _for_code(identity, fields)
        case "client_credentials":
            app = identity.app("facebook")
            token = f"{app.client_ids[0]}|{app.secret}"
            return shown({"access_token": token, "token_type": "bearer"})
        case "fb_exchange_token":
            return _long_lived(identity, fields)
        case other:
            raise graph_error(1, f"Invalid grant_type: {other}")


def check_client(app: IdentityApp, fields: Fields) -> None:
    """Raises `ApiRefused`."""
    if not fields.get("client_id"):
        raise graph_error(101, "Missing client_id parameter.")
    if fields["client_id"] not in app.client_ids:
        text = "Error validating application. Cannot get application info due to a system error."
        raise graph_error(101, text)
    if not fields.get("client_secret"):
        raise graph_error(1, "Missing client_secret parameter.")
    if not same(app.secret, fields["client_secret"]):
        raise graph_error(1, "Error validating client secret.")


def _for_code(identity: IdentitySimulator, fields: Fields) -> Response[bytes]:
    if not fields.get("redirect_uri"):
        raise graph_error(191, "Missing redirect_uri parameter.")
    if not fields.get("code"):
        raise graph_error(100, "Missing authorization code")
    try:
        code = redeem(identity, "facebook", fields)
    except CodeRefused as refusal:
        raise _code_refused(refusal) from None
    return shown(_bearer(identity, code))


def _code_refused(refusal: CodeRefused) -> ApiRefused:
    match refusal.reason:
        case "used":
            return graph_error(100, "This authorization code has been used.", subcode=36009)
        case "expired":
            return graph_error(100, "This authorization code has expired.", subcode=36007)
        case "redirect_uri":
            text = (
                "Error validating verification code. Please make sure your redirect_uri is "
                "identical to the one you used in the OAuth dialog request"
            )
            return graph_error(100, text, subcode=36008)
        case "verifier" | "no_verifier" | "no_pkce":
            return graph_error(100, "Invalid code_verifier parameter.")
        case _:
            return graph_error(100, "Invalid verification code format.")


def _long_lived(identity: IdentitySimulator, fields: Fields) -> Response[bytes]:
    value = fields.get("fb_exchange_token", "")
    held = identity.state.find_token("facebook", "access", value)
    if held is None:
        raise graph_error(190, "Invalid OAuth access token - Cannot parse access token")
    return shown(_bearer(identity, held))


def _bearer(identity: IdentitySimulator, holder: Code | Token) -> dict[str, Any]:
    token = identity.state.issue("access", holder, ACCESS_SECONDS)
    return {
        "access_token": token.value,
        "token_type": "bearer",
        "expires_in": ACCESS_SECONDS,
    }


def id_token(identity: IdentitySimulator, code: Code) -> str:
    """What Limited Login on an iPhone gives in place of an access token."""
    person = identity.person(code.person)
    issued = now()
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": code.client_id,
        "sub": facebook_subject(person.id),
        "iat": issued,
        "exp": issued + _ID_TOKEN_SECONDS,
        "jti": secrets.token_hex(16),
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
    }
    if code.nonce:
        claims["nonce"] = code.nonce
    if email := shown_email(person, code.scopes):
        claims["email"] = email
    return identity.id_tokens.issue("facebook", claims, secret=identity.app("facebook").secret)


def shown_email(person: Person, scopes: tuple[str, ...]) -> str | None:
    """One that was not confirmed is not told at all."""
    return person.email if "email" in scopes and person.email_verified else None
