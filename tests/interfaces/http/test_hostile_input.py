"""Whatever is sent, the answer is a problem that says what is wrong, never a 500."""

from typing import Any

import httpx
import pytest

from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"Content-Type": "application/json"}
SOME_ID = "019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f"
GOOD = b'{"title": "Test Stream", "description": "Testing"}'

BODIES: list[tuple[bytes, int, str]] = [
    (b"", 422, "invalid_input"),
    (b" ", 400, "malformed_json"),
    (b"{", 400, "malformed_json"),
    (b"}", 400, "malformed_json"),
    (b'{"title": "a",}', 400, "malformed_json"),
    (b"{'title': 'a'}", 400, "malformed_json"),
    (GOOD + b"x", 400, "malformed_json"),
    (GOOD + GOOD, 400, "malformed_json"),
    (b"\xff\xfe{}", 400, "malformed_json"),
    (b"\xef\xbb\xbf" + GOOD, 400, "malformed_json"),
    (b'{"title": "\xff", "description": "a"}', 400, "malformed_json"),
    (b'{"title": "\\ud800", "description": "a"}', 400, "malformed_json"),
    (b'{"title": "\\udc00\\ud800", "description": "a"}', 400, "malformed_json"),
    (b'{"title": "a\x00b", "description": "a"}', 400, "malformed_json"),
    (b'{"title": "a\nb", "description": "a"}', 400, "malformed_json"),
    (b'{"title": NaN, "description": "a"}', 400, "malformed_json"),
    (b'{"title": Infinity, "description": "a"}', 400, "malformed_json"),
    (b'{"title": "a\\u0000b", "description": "a"}', 422, "invalid_input"),
    (b'{"title": "a\\bb", "description": "a"}', 422, "invalid_input"),
    (b"null", 422, "invalid_input"),
    (b"true", 422, "invalid_input"),
    (b"[]", 422, "invalid_input"),
    (b'"text"', 422, "invalid_input"),
    (b"1e999999", 400, "malformed_json"),
    (b"9" * 10_000, 400, "malformed_json"),
    (b"[" * 100_000, 400, "malformed_json"),
    (b'{"a":' * 5_000, 400, "malformed_json"),
    (b'{"title": ' + b"[" * 50_000, 400, "malformed_json"),
    (b"{}", 422, "invalid_input"),
    (b'{"title": "a"}', 422, "invalid_input"),
    (b'{"title": null, "description": "a"}', 422, "invalid_input"),
    (b'{"title": 1, "description": "a"}', 422, "invalid_input"),
    (b'{"title": ["a"], "description": "a"}', 422, "invalid_input"),
    (b'{"title": {"a": 1}, "description": "a"}', 422, "invalid_input"),
    (b'{"title": "", "description": "a"}', 422, "text_empty"),
    (b'{"title": "   ", "description": "a"}', 422, "text_empty"),
    (b'{"title": "' + b"a" * 201 + b'", "description": "a"}', 422, "text_too_long"),
    (b'{"title": "a", "description": "' + b"a" * 5001 + b'"}', 422, "text_too_long"),
    ('{"title": "a\u202eb", "description": "a"}'.encode(), 422, "text_has_control_characters"),
    (b'{"title": "a", "description": "a", "titel": "b"}', 422, "invalid_input"),
    (b'{"title": "a", "description": "a", "market": "JP"}', 422, "invalid_input"),
    (b'{"title": "a", "description": "a", "language": "zh"}', 422, "invalid_input"),
    (b'{"title": "a", "description": "a", "mode": "srt"}', 422, "invalid_input"),
    (b'{"title": "a", "description": "a", "low_latency": "true"}', 422, "invalid_input"),
    (b'{"title": "a", "description": "a", "low_latency": 1}', 422, "invalid_input"),
    (b'{"title": "a", "description": "a", "scheduled_at": "soon"}', 422, "invalid_input"),
    (b'{"title": "a", "description": "a", "scheduled_at": 1}', 422, "invalid_input"),
    (
        b'{"title": "a", "description": "a", "scheduled_at": "2099-01-01T00:00:00"}',
        422,
        "invalid_input",
    ),
    (
        b'{"title": "a", "description": "a", "scheduled_at": "9999-99-99T00:00:00Z"}',
        422,
        "invalid_input",
    ),
    (
        b'{"title": "a", "description": "a", "scheduled_at": "9999-12-31T23:59:59-23:59"}',
        422,
        "invalid_input",
    ),
    (
        b'{"title": "a", "description": "a", "scheduled_at": "0001-01-01T00:00:00Z"}',
        422,
        "scheduled_in_the_past",
    ),
    (b'{"title": "' + b"a" * 262_144 + b'", "description": "a"}', 413, "body_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BODIES)
async def test_body_gets_a_problem(api: Api, body: bytes, status: int, code: str) -> None:
    headers = await api.headers("Hostile", "host", **JSON)
    answer = await api.client.post(f"{BASE}/streams", content=body, headers=headers)
    found = problem(answer)
    assert (answer.status_code, found["code"]) == (status, code)
    assert bool(found.get("errors")) == (status == 422)


async def test_chunked_body_over_the_limit_gets_413(api: Api) -> None:
    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 16_384

    headers = await api.headers("Hostile", "host", **JSON)
    answer = await api.client.post(f"{BASE}/streams", content=endless(), headers=headers)
    assert problem(answer)["code"] == "body_too_large"


MEDIA_TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/json; charset=utf-16",
    "application/jsonp",
    "application/msgpack",
    "",
    "/",
    "application/json, text/plain",
]


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
async def test_media_type_other_than_json_gets_415(api: Api, media_type: str) -> None:
    headers = await api.headers("Hostile", "host", **{"Content-Type": media_type})
    answer = await api.client.post(f"{BASE}/streams", content=GOOD, headers=headers)
    assert answer.status_code == 415
    assert problem(answer)["code"] == "unsupported_media_type"


TARGETS: list[tuple[str, str, int, str]] = [
    ("GET", "/nope", 404, "not_found"),
    ("GET", "/streams/", 200, ""),
    ("GET", "//streams", 200, ""),
    ("GET", "/streams/../../etc/passwd", 404, "not_found"),
    ("GET", "/streams/%2e%2e%2fetc", 404, "not_found"),
    ("GET", "/streams/%00", 422, "invalid_input"),
    ("GET", "/streams/%ff%fe", 422, "invalid_input"),
    ("GET", "/streams/1", 422, "invalid_input"),
    ("GET", "/streams/" + "a" * 8000, 422, "invalid_input"),
    ("GET", f"/streams/{SOME_ID.upper()}", 422, "invalid_input"),
    ("GET", f"/streams/{SOME_ID}%0a", 422, "invalid_input"),
    ("GET", f"/streams/{SOME_ID}' OR '1'='1", 422, "invalid_input"),
    ("GET", f"/streams/{SOME_ID}", 404, "live_stream_not_found"),
    ("GET", f"/streams/{SOME_ID}/nope", 404, "not_found"),
    ("PUT", f"/streams/{SOME_ID}", 405, "method_not_allowed"),
    ("DELETE", "/streams", 405, "method_not_allowed"),
    ("TRACE", "/streams", 405, "method_not_allowed"),
    ("PROPFIND", "/streams", 405, "method_not_allowed"),
    ("GET", "/streams?limit=0", 422, "invalid_input"),
    ("GET", "/streams?limit=201", 422, "invalid_input"),
    ("GET", "/streams?limit=-1", 422, "invalid_input"),
    ("GET", "/streams?limit=ten", 422, "invalid_input"),
    ("GET", "/streams?limit=1.5", 422, "invalid_input"),
    ("GET", "/streams?limit=" + "9" * 400, 422, "invalid_input"),
    ("GET", "/streams?limit=%D9%A1", 422, "invalid_input"),
    ("GET", "/streams?limit=%ff", 422, "invalid_input"),
    ("GET", "/streams?cursor=nope", 422, "invalid_input"),
    ("GET", "/streams?cursor=%00", 422, "invalid_input"),
    ("GET", "/streams?cursor=W10", 422, "invalid_input"),
    ("GET", "/streams?status=open", 422, "invalid_input"),
    ("GET", "/streams?market=JP", 422, "invalid_input"),
    ("GET", "/streams?host=me", 422, "invalid_input"),
    ("GET", "/streams?min_position=-1", 422, "invalid_input"),
    ("GET", "/streams?min_position=x", 422, "invalid_input"),
    ("GET", "/streams?min_position=" + "9" * 30, 422, "invalid_input"),
    ("GET", "/streams?limit=5&limit=6&%zz=1&=&&&", 200, ""),
    ("GET", "/i18n/xx", 404, "language_not_found"),
    ("GET", "/i18n/..%2f..%2fsecrets", 404, "not_found"),
]


@pytest.mark.parametrize(("method", "target", "status", "code"), TARGETS)
async def test_target_gets_a_problem(
    api: Api, method: str, target: str, status: int, code: str
) -> None:
    answer = await api.client.request(method, f"{BASE}{target}")
    assert answer.status_code == status, answer.text
    if code:
        assert problem(answer)["code"] == code


HEADERS: list[tuple[dict[str, str], int, str]] = [
    ({"Authorization": "Bearer nonsense"}, 401, "invalid_token"),
    ({"Authorization": "Bearer a.b.c"}, 401, "invalid_token"),
    ({"Authorization": "Bearer " + "a" * 10_000}, 401, "invalid_token"),
    ({"Authorization": "Basic dXNlcjpwYXNz"}, 401, "invalid_token"),
    ({"Authorization": "Bearer"}, 401, "invalid_token"),
    ({"Authorization": "Bearer \u00e9\u00e9"}, 401, "invalid_token"),
    ({"Min-Position": "first"}, 422, "invalid_input"),
    ({"Min-Position": "-5"}, 422, "invalid_input"),
    ({"Min-Position": "1e3"}, 422, "invalid_input"),
]


@pytest.mark.parametrize(("headers", "status", "code"), HEADERS)
async def test_header_gets_a_problem(
    api: Api, headers: dict[str, str], status: int, code: str
) -> None:
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = await api.client.get(f"{BASE}/streams", headers=sent)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)


@pytest.mark.parametrize("key", ["a" * 256, "tab\there", "\u00e9"])
async def test_idempotency_key_out_of_form_gets_422(api: Api, key: str) -> None:
    headers = await api.headers("Hostile", "host", **JSON)
    sent = [
        *((name.encode(), value.encode()) for name, value in headers.items()),
        (b"Idempotency-Key", key.encode("latin-1")),
    ]
    answer = await api.client.post(f"{BASE}/streams", content=GOOD, headers=sent)
    assert problem(answer)["errors"] == [
        {
            "field": "Idempotency-Key",
            "code": "malformed",
            "message": "This is not in the expected form.",
        }
    ]


@pytest.mark.parametrize(
    "name", ["Authorization", "Idempotency-Key", "Content-Type", "If-Match", "Min-Position"]
)
async def test_header_sent_twice_gets_400(api: Api, name: str) -> None:
    answer = await api.client.get(f"{BASE}/streams", headers=[(name, "1"), (name, "2")])
    assert answer.status_code == 400
    assert problem(answer)["code"] == "duplicate_header"


async def test_strange_but_harmless_headers_are_ignored(api: Api) -> None:
    strange = {
        "Accept-Language": "zh-Hant;q=zzz, ;;;, " + ",".join(["xx"] * 500),
        "Request-Id": "bad id with spaces",
        "traceparent": "00-zz-zz-01",
        "If-None-Match": '"x',
        "Accept": "image/png",
        "Range": "bytes=9-1",
        "Expect": "nothing",
    }
    sent = [(name.encode(), value.encode("latin-1")) for name, value in strange.items()]
    answer = await api.client.get(f"{BASE}/streams", headers=sent)
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["request-id"] != "bad id with spaces"
