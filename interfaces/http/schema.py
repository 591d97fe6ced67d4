"""The OpenAPI document: litestar's, and what holds for all routes added to it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from litestar import Litestar, Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

from interfaces.http.auth import PUBLIC, Access
from interfaces.http.pages import reference_page
from interfaces.http.paging import DEFAULT_LIMIT, LARGEST_LIMIT
from interfaces.http.problems import Problem

_ABOUT = (
    "Commands answer with the log position they reached; queries take it as `min_position` and "
    "wait for it briefly. Every failure is an `application/problem+json` with a stable `code`; "
    "its words follow `Accept-Language` (zh-TW, zh-CN, th, ja, en)."
)
_TAGS = (
    ("Live streams", "A host schedules a show, broadcasts, is seen live, ends; the replay stays."),
    ("Live room", "What is said beside a show, who may say it, and how many watch."),
    ("Offers", "What a show sells, on what terms and when, by its host."),
    ("Stock", "How much there is of a SKU, for its merchant."),
    ("Cart", "What a buyer claimed in a show, and until when it is theirs."),
    ("Orders", "What a buyer orders, until they have it, or have sent it back."),
    ("Sales", "What a show sells, for its host."),
    ("Products", "What merchants sell, in the words of whoever reads."),
    ("Media", "Uploads go straight to the object store."),
    ("Identity", "Signing in, who one is here, and being forgotten."),
    ("Event log", "For analysts and auditors: the log itself."),
    ("Operations", "For those who run it."),
    ("Webhooks", "What providers call."),
)
_PROBLEM_SCHEMA = "Problem"
_SCHEMAS = "#/components/schemas/"
_GENERIC = re.compile(r"^(\w+?)_[\w.]*?(\w+)_$")
_DONE = {"200": "The answer.", "201": "It was made.", "202": "It will be seen to.", "204": "Done."}
_PROBLEMS = {
    "400": "The request could not be understood.",
    "401": "No token, or not a good one.",
    "403": "The caller may not do this.",
    "404": "There is no such thing.",
    "409": "Not possible in the state it is in.",
    "412": "If-Match names an older version.",
    "422": "Some of the input is not valid; see `errors`.",
    "429": "Too many calls; see Retry-After.",
    "503": "Not possible for a moment; see Retry-After.",
}
_ALWAYS = ("429", "503")
_OF_COMMANDS = ("400", "409", "412", "422")
_EXAMPLE = {
    "type": "/schema#problem-invalid_input",
    "title": "Some of the input is not valid",
    "status": 422,
    "detail": "Correct the fields listed under errors and try again.",
    "code": "invalid_input",
    "instance": "/api/v1/streams",
    "errors": [{"field": "title", "code": "missing", "message": "This field is required."}],
}


def _header(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


_COMMAND_PARAMETERS = [
    _header(
        "Idempotency-Key",
        "Makes repeating the request harmless: the first answer comes again.",
        {"type": "string", "maxLength": 255},
    ),
    _header("If-Match", "Refuse unless it stands at this ETag.", {"type": "string"}),
]
_QUERY_PARAMETERS = [
    _query(
        "min_position",
        "Wait up to 2 s until the answer shows this log position.",
        {"type": "integer", "minimum": 0},
    )
]
_LIST_PARAMETERS = [
    _query(
        "limit",
        "Items on a page.",
        {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
    ),
    _query("cursor", "`next_cursor` of the page before.", {"type": "string"}),
]
_EVENT_PARAMETERS = [
    _query("after", "Only events beyond this position.", {"type": "integer", "minimum": 0}),
    _query("types", "Only these types, comma-separated.", {"type": "string"}),
    _query("stream", "Only of this stream.", {"type": "string"}),
]
_POSITION_SCHEMA = {"type": "integer", "minimum": 0}
_ROOM_FEED_PARAMETERS = [
    _query("after", "The last position that was seen; left out: the newest.", _POSITION_SCHEMA)
]
_MESSAGES_PARAMETERS = [
    _query("before", "The newest below this position, newest first.", _POSITION_SCHEMA),
    _query("after", "Those beyond this position, oldest first.", _POSITION_SCHEMA),
    _query(
        "at_seconds",
        "From this second of the replay on: of `recording`, else of all of them in a row.",
        {"type": "number", "minimum": 0},
    ),
    _query("recording", "The id of one of the show's recordings.", {"type": "string"}),
]
_AUTHORIZE_PARAMETERS = [
    _query(
        "code_challenge",
        "Of the app's own PKCE (S256); must be sent by apps with a scheme of their own.",
        {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"},
    )
]
_PARAMETERS = {
    "authorize": _AUTHORIZE_PARAMETERS,
    "events": _EVENT_PARAMETERS,
    "range": [
        _query("from", "First position.", {"type": "integer", "minimum": 1, "default": 1}),
        _query("to", "Last position; left out: the head.", {"type": "integer", "minimum": 1}),
    ],
    "latest": _LIST_PARAMETERS[:1],
    "command": _COMMAND_PARAMETERS,
    "query": _QUERY_PARAMETERS,
    "list": [*_QUERY_PARAMETERS, *_LIST_PARAMETERS],
    "messages": [*_QUERY_PARAMETERS, *_LIST_PARAMETERS, *_MESSAGES_PARAMETERS],
    "room_feed": _ROOM_FEED_PARAMETERS,
}
_POSITION = {"schema": {"type": "integer"}}
_SEEN_AT = {"Projection-Position": {"description": "As of this log position.", **_POSITION}}
_ANSWER_HEADERS: dict[str, dict[str, Any]] = {
    "command": {
        "Event-Position": {"description": "The log position it reached.", **_POSITION},
        "ETag": {"description": "For If-Match.", "schema": {"type": "string"}},
        "Idempotent-Replayed": {
            "description": "`true`: the first answer again.",
            "schema": {"type": "string"},
        },
    },
    "query": _SEEN_AT,
    "list": _SEEN_AT,
    "messages": _SEEN_AT,
    "events": _SEEN_AT,
}
_LANGUAGE_PARAMETER = _header(
    "Accept-Language", "Language of problems and texts.", {"type": "string", "example": "zh-TW"}
)


class JsonDocument(OpenAPIRenderPlugin):
    """Serves the document at /schema/openapi.json."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type="application/vnd.oai.openapi+json")  # type: ignore[arg-type]  # any media type will do

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return msgspec.json.encode(described(request.app, openapi_schema))


class ReferencePages(OpenAPIRenderPlugin):
    """Serves the human page at /schema. Litestar's own load scripts from other parties' sites."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return reference_page(described(request.app, openapi_schema))


class SchemaRouter(Router):
    """Without the catch-all litestar adds, whose 404 is a page and not a problem."""

    def register(self, value: ControllerRouterHandler) -> Any:
        if isinstance(value, HTTPRouteHandler) and "/{path:str}" in value.paths:
            return []
        return super().register(value)


def openapi_config(version: str) -> OpenAPIConfig:
    scheme = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
    return OpenAPIConfig(
        title="Live commerce",
        version=version,
        description=_ABOUT,
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        tags=[Tag(name=name, description=text) for name, text in _TAGS],
        components=Components(security_schemes={"bearer": scheme}),
        render_plugins=[ReferencePages(), JsonDocument()],
        openapi_router=SchemaRouter(
            "/schema", route_handlers=[], include_in_schema=False, opt={"access": PUBLIC}
        ),
    )


def _operation_id(handler: HTTPRouteHandler, _method: str, _path: object) -> str:
    """The handler's name, in the form generated clients like: `schedule_live_stream`."""
    return handler.handler_name


def described(app: Litestar, document: dict[str, Any]) -> dict[str, Any]:
    """Adds security, problems and the common headers, once."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    if _PROBLEM_SCHEMA in schemas:
        return document
    _, components = msgspec.json.schema_components([Problem], ref_template=_SCHEMAS + "{name}")
    schemas.update(components)
    for operation, handler, has_id in _operations(app, document):
        _describe(operation, handler, has_id=has_id)
    _shorten_names(document)
    return document


def _shorten_names(document: dict[str, Any]) -> None:
    """`Page_interfaces.http.live_stream_answers.LiveStream_` becomes `PageOfLiveStream`."""
    schemas = document["components"]["schemas"]
    short = {name: _GENERIC.sub(r"\1Of\2", name) for name in schemas}
    document["components"]["schemas"] = {short[name]: schemas[name] for name in schemas}
    _point_anew(document, {f"{_SCHEMAS}{name}": f"{_SCHEMAS}{short[name]}" for name in schemas})


def _point_anew(part: Any, names: dict[str, str]) -> None:
    if isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str):
            part["$ref"] = names.get(reference, reference)
        for member in part.values():
            _point_anew(member, names)
    elif isinstance(part, list):
        for member in part:
            _point_anew(member, names)


def _operations(
    app: Litestar, document: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], HTTPRouteHandler, bool]]:
    for route in _http_routes(app):
        for method, (handler, _) in route.route_handler_map.items():
            found = document["paths"].get(route.path_format, {}).get(method.lower())
            if found is not None:
                yield found, handler, bool(route.path_parameters)


def _http_routes(app: Litestar) -> Iterable[HTTPRoute]:
    return (route for route in app.routes if isinstance(route, HTTPRoute))


def _describe(operation: dict[str, Any], handler: HTTPRouteHandler, *, has_id: bool) -> None:
    access: Access = handler.opt["access"]
    kind = handler.opt.get("kind", "")
    operation["x-access"] = access.words()
    if not access.public:
        operation["security"] = [{"bearer": []}]
    parameters = operation.setdefault("parameters", [])
    parameters.extend([*_PARAMETERS.get(kind, []), _LANGUAGE_PARAMETER])
    responses = operation.setdefault("responses", {})
    responses.pop("400", None)  # litestar's own shape of an error, which nobody is sent
    for status, words in _DONE.items():
        if status in responses:
            responses[status]["description"] = words
            responses[status]["headers"] = _ANSWER_HEADERS.get(kind, {})
    for status in _statuses(access, kind, has_id=has_id):
        responses[status] = _problem_response(_PROBLEMS[status])


def _statuses(access: Access, kind: str, *, has_id: bool) -> list[str]:
    found = [] if access.public else ["401"]
    if access.roles or (has_id and not access.public):
        found.append("403")
    if has_id:
        found.append("404")
    return [*found, *(_OF_COMMANDS if kind == "command" else ["400", "422"]), *_ALWAYS]


def _problem_response(description: str) -> dict[str, Any]:
    schema = {"$ref": f"{_SCHEMAS}{_PROBLEM_SCHEMA}"}
    media = {"schema": schema, "example": _EXAMPLE}
    return {"description": description, "content": {"application/problem+json": media}}
