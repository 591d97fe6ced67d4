"""What of Facebook's Graph API sign-in needs: debug_token, the profile, permissions, keys."""

import hashlib
import hmac
from typing import Any

from litestar import Response, Router, delete, get
from litestar.params import FromPath

from infrastructure.simulators.identity.answers import (
    AnyRequest,
    ApiRefused,
    Fields,
    bearer,
    query_of,
    same,
    shown,
)
from infrastructure.simulators.identity.dialogs import dialog_handlers
from infrastructure.simulators.identity.facebook import (
    DIALOG,
    access_token,
    check_version,
    facebook_subject,
    graph_error,
    shown_email,
)
from infrastructure.simulators.identity.people import Person
from infrastructure.simulators.identity.simulator import Identity, IdentitySimulator
from infrastructure.simulators.identity.state import Token

_APP_NAME = "Simulated shop"


def appsecret_proof(secret: str, token: str) -> str:
    """developers.facebook.com/docs/graph-api/guides/secure-requests."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


@get(["/debug_token", "/{version:str}/debug_token"])
async def debug_token(request: AnyRequest, identity: Identity) -> Response[bytes]:
    """Of any version, or of none."""
    check_version(request.path_params.get("version", "v25.0"))
    fields = query_of(request)
    if not _is_app_token(identity, _sent_token(request, fields)):
        text = (
            "(#100) You must provide an app access token, or a user access token that is an "
            "owner or developer of the app"
        )
        raise graph_error(100, text)
    if not fields.get("input_token"):
        raise graph_error(100, "(#100) The parameter input_token is required")
    return shown({"data": _about(identity, fields["input_token"])})


def _about(identity: IdentitySimulator, value: str) -> dict[str, Any]:
    token = identity.state.tokens.get(value)
    if token is None or token.provider != "facebook":
        text = "Invalid OAuth access token - Cannot parse access token"
        return {"error": {"code": 190, "message": text}, "is_valid": False, "scopes": []}
    about: dict[str, Any] = {
        "app_id": token.client_id,
        "type": "USER",
        "application": _APP_NAME,
        "data_access_expires_at": token.issued_at + 90 * 86400,
        "expires_at": token.expires_at,
        "is_valid": not token.expired,
        "issued_at": token.issued_at,
        "scopes": list(token.scopes),
        "user_id": facebook_subject(token.person),
    }
    if token.expired:
        text = "Error validating access token: Session has expired."
        about["error"] = {"code": 190, "message": text, "subcode": 463}
    return about


@get("/{version:str}/{node:str}")
async def user(
    version: FromPath[str], node: FromPath[str], request: AnyRequest, identity: Identity
) -> Response[bytes]:
    """`me`, or the token's own person by id."""
    check_version(version)
    fields = query_of(request)
    token = _user_token(identity, request, fields)
    _check_node(node, token)
    person = identity.person(token.person)
    asked = [name for name in fields.get("fields", "id,name").split(",") if name]
    return shown(_profile(person, token, asked))


def _profile(person: Person, token: Token, asked: list[str]) -> dict[str, Any]:
    known = {
        "id": facebook_subject(person.id),
        "name": person.name,
        "first_name": person.given_name,
        "last_name": person.family_name,
        "email": shown_email(person, token.scopes),
    }
    strange = next((name for name in asked if name not in known), None)
    if strange is not None:
        text = f"(#100) Tried accessing nonexisting field ({strange}) on node type (User)"
        raise graph_error(100, text)
    wanted = {name: known[name] for name in dict.fromkeys((*asked, "id"))}
    return {name: value for name, value in wanted.items() if value is not None}


@delete("/{version:str}/{node:str}/permissions", status_code=200)
async def delete_permissions(
    version: FromPath[str], node: FromPath[str], request: AnyRequest, identity: Identity
) -> Response[bytes]:
    """Ends the whole grant, by the person's token or by the app's."""
    check_version(version)
    fields = query_of(request)
    if _is_app_token(identity, _sent_token(request, fields)):
        ids = {facebook_subject(person.id): person.id for person in identity.state.people()}
        person = ids.get(node)
    else:
        token = _user_token(identity, request, fields)
        _check_node(node, token)
        person = token.person
    if person is None or not identity.state.take_back("facebook", person, by="app"):
        raise graph_error(100, "Invalid parameter")
    return shown({"success": True})


@get("/.well-known/oauth/openid/jwks")
async def keys(identity: Identity) -> Response[bytes]:
    """Those of Limited Login, which the real ones serve at limited.facebook.com."""
    fresh = {"cache-control": "public, max-age=3600"}
    return shown(identity.keys.key_set("facebook"), headers=fresh)


def _sent_token(request: AnyRequest, fields: Fields) -> str:
    return fields.get("access_token") or bearer(request)


def _is_app_token(identity: IdentitySimulator, value: str) -> bool:
    app = identity.app("facebook")
    return same(f"{app.client_ids[0]}|{app.secret}", value)


def _check_node(node: str, token: Token) -> None:
    if node not in {"me", facebook_subject(token.person)}:
        text = f"Unsupported request. Object with ID '{node}' does not exist"
        raise graph_error(100, text, "GraphMethodException", 33)


def _user_token(identity: IdentitySimulator, request: AnyRequest, fields: Fields) -> Token:
    """With the proof that the app's own server asks, which our app demands. Raises `ApiRefused`."""
    value = _sent_token(request, fields)
    if not value:
        text = "An active access token must be used to query information about the current user."
        raise graph_error(2500, text)
    token = identity.state.tokens.get(value)
    if token is None or (token.provider, token.kind) != ("facebook", "access"):
        raise _unauthorized("Invalid OAuth access token - Cannot parse access token", None)
    if identity.state.grant("facebook", token.person) is None:
        text = "Error validating access token: The user has not authorized application."
        raise _unauthorized(text, 458)
    if token.expired:
        raise _unauthorized("Error validating access token: Session has expired.", 463)
    _check_proof(identity, value, fields.get("appsecret_proof"))
    return token


def _check_proof(identity: IdentitySimulator, token: str, proof: str | None) -> None:
    if not proof:
        text = "API calls from the server require an appsecret_proof argument"
        raise graph_error(100, text, "GraphMethodException")
    if not same(appsecret_proof(identity.app("facebook").secret, token), proof):
        text = "Invalid appsecret_proof provided in the API argument"
        raise graph_error(100, text, "GraphMethodException")


def _unauthorized(text: str, subcode: int | None) -> ApiRefused:
    problem = graph_error(190, text, subcode=subcode)
    return ApiRefused(401 if subcode is None else 400, problem.body)


facebook_routes = Router(
    path="/facebook",
    route_handlers=[
        *dialog_handlers(DIALOG),
        access_token,
        debug_token,
        user,
        delete_permissions,
        keys,
    ],
)
