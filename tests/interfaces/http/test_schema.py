"""The OpenAPI document says what a client needs to know."""

from typing import Any

import pytest

from tests.support.http import BASE, Api

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def document(api: Api) -> dict[str, Any]:
    answer = await api.client.get("/schema/openapi.json")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json"
    found: dict[str, Any] = answer.json()
    return found


def operations(found: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in found["paths"].items()
        for method, operation in item.items()
    ]


async def test_every_operation_has_words_a_tag_and_its_problems(api: Api) -> None:
    for name, operation in operations(await document(api)):
        assert operation["summary"], name
        assert operation["tags"], name
        problems = [
            response
            for response in operation["responses"].values()
            if "application/problem+json" in response.get("content", {})
        ]
        assert problems, name


async def test_commands_take_an_idempotency_key_and_a_token(api: Api) -> None:
    found = await document(api)
    announce = found["paths"][f"{BASE}/streams"]["post"]
    names = {parameter["name"] for parameter in announce["parameters"]}
    assert {"Idempotency-Key", "If-Match", "Accept-Language"} <= names
    assert announce["security"] == [{"bearer": []}]
    assert found["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert {"201", "401", "403", "412", "422", "429", "503"} <= announce["responses"].keys()


async def test_lists_take_limit_cursor_and_min_position(api: Api) -> None:
    found = await document(api)
    parameters = found["paths"][f"{BASE}/streams"]["get"]["parameters"]
    names = {parameter["name"] for parameter in parameters}
    assert {"status", "market", "host", "limit", "cursor", "min_position"} <= names


async def test_every_reference_leads_somewhere(api: Api) -> None:
    found = await document(api)

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [ref for value in part.values() for ref in references(value)]
        if isinstance(part, list):
            return [ref for value in part for ref in references(value)]
        return []

    schemas = found["components"]["schemas"]
    assert {ref.rpartition("/")[2] for ref in references(found)} <= schemas.keys()


async def test_bodies_are_described_with_examples(api: Api) -> None:
    schemas = (await document(api))["components"]["schemas"]
    body = next(schema for name, schema in schemas.items() if name.endswith("ScheduleLiveStream"))
    assert set(body["required"]) == {"title", "description"}
    assert body["properties"]["title"]["examples"]


async def test_names_are_fit_for_generated_clients(api: Api) -> None:
    found = await document(api)
    ids = [operation["operationId"] for _, operation in operations(found)]
    assert len(set(ids)) == len(ids)
    assert "schedule_live_stream" in ids
    assert all(name.isidentifier() for name in [*ids, *found["components"]["schemas"]])


async def test_no_failure_is_described_in_litestar_s_own_shape(api: Api) -> None:
    for name, operation in operations(await document(api)):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert response["content"].keys() == {"application/problem+json"}, name
