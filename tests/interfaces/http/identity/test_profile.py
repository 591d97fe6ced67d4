"""Guests and profiles, over HTTP."""

from typing import Any

import httpx
import pytest

from infrastructure.ids import new_id
from tests.support.http import BASE, Api, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 120
GUEST = {"market": "TW", "language": "zh-TW"}


async def guest(api: Api, **wishes: str) -> dict[str, Any]:
    answer = await api.client.post(f"{BASE}/auth/guest", json={**GUEST, **wishes})
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def me(api: Api, headers: dict[str, str], position: int = 0) -> dict[str, Any]:
    answer = await api.client.get(f"{BASE}/me?min_position={position}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_guest_is_somebody_at_once(api: Api) -> None:
    tokens = await guest(api, name="Mei")
    assert tokens["token_type"] == "Bearer"
    assert tokens["user"] == await me(api, bearer(tokens))
    assert (tokens["user"]["kind"], tokens["user"]["roles"]) == ("guest", ["viewer"])


async def test_guest_without_a_name_is_called_what_they_are(api: Api) -> None:
    assert (await guest(api))["user"]["name"] == "觀眾"
    assert (await guest(api, market="TH", language="th"))["user"]["name"] == "ผู้ชม"


async def test_profile_that_was_changed_is_told_and_shown(api: Api) -> None:
    headers = await api.headers("Changing", "viewer")
    wanted = {"name": "小美", "language": "zh-TW", "market": "TH"}
    answer = await api.client.patch(f"{BASE}/me", json=wanted, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert wanted.items() <= told.items()
    shown = await me(api, headers, told["position"])
    assert shown.items() <= told.items()


async def test_same_change_again_with_its_key_is_told_again(api: Api) -> None:
    headers = await api.headers("Repeating", "viewer", **{"Idempotency-Key": "once"})
    first = await api.client.patch(f"{BASE}/me", json={"name": "Once"}, headers=headers)
    again = await api.client.patch(f"{BASE}/me", json={"name": "Once"}, headers=headers)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await api.client.patch(f"{BASE}/me", json={"name": "Twice"}, headers=headers)
    assert problem(other)["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "text_empty"),
        ({"name": "a\u202eb"}, "text_has_control_characters"),
        ({"name": "a" * 101}, "invalid_input"),
        ({"market": "JP"}, "invalid_input"),
        ({"language": "zh"}, "invalid_input"),
        ({"roles": ["admin"]}, "invalid_input"),
        ({"avatar_media_id": "media/somebody/avatars/else.jpg"}, "picture_not_uploaded"),
    ],
)
async def test_change_that_cannot_be_is_refused(
    api: Api, change: dict[str, Any], code: str
) -> None:
    headers = await api.headers("Refused", "viewer")
    answer = await api.client.patch(f"{BASE}/me", json=change, headers=headers)
    assert problem(answer)["code"] == code


async def uploaded(api: Api, headers: dict[str, str]) -> dict[str, Any]:
    picture = {"content_type": "image/png", "size": len(PICTURE), "purpose": "avatar"}
    asked = await api.client.post(f"{BASE}/media", json=picture, headers=headers)
    media: dict[str, Any] = asked.json()
    upload = media["upload"]
    async with httpx.AsyncClient(trust_env=False) as outside:
        sent = await outside.request(
            upload["method"], upload["url"], headers=upload["headers"], content=PICTURE
        )
    assert sent.status_code == 200, sent.text
    return media


async def test_uploaded_picture_is_shown(api: Api) -> None:
    headers = await api.headers("Pictured", "viewer")
    media = await uploaded(api, headers)
    wanted = {"avatar_media_id": media["media_id"], "name": "Pictured anew"}
    told = (await api.client.patch(f"{BASE}/me", json=wanted, headers=headers)).json()
    assert (told["avatar_url"], told["name"]) == (media["url"], "Pictured anew")
    assert (await me(api, headers, told["position"]))["avatar_url"] == media["url"]


async def test_picture_of_somebody_else_is_not_attached(api: Api) -> None:
    media = await uploaded(api, await api.headers("Uploading", "viewer"))
    headers = await api.headers("Taking", "viewer")
    wanted = {"avatar_media_id": media["media_id"]}
    refused = await api.client.patch(f"{BASE}/me", json=wanted, headers=headers)
    assert (refused.status_code, problem(refused)["code"]) == (409, "picture_not_uploaded")


async def test_guest_has_no_picture_uploaded(api: Api) -> None:
    picture = {"content_type": "image/png", "size": 10, "purpose": "avatar"}
    headers = bearer(await guest(api))
    answer = await api.client.post(f"{BASE}/media", json=picture, headers=headers)
    assert (answer.status_code, problem(answer)["code"]) == (403, "registration_required")


async def test_consent_is_kept_until_it_is_withdrawn(api: Api) -> None:
    headers = await api.headers("Consenting", "viewer")
    url = f"{BASE}/me/consents"
    given = await api.client.put(
        f"{url}/terms", json={"version": "2026-05", "language": "ja"}, headers=headers
    )
    assert given.json()["status"] == "given"
    position = given.json()["position"]
    shown = await api.client.get(f"{url}?min_position={position}", headers=headers)
    (consent,) = shown.json()["items"]
    assert {"document": "terms", "version": "2026-05", "language": "ja"}.items() <= consent.items()
    left = await api.client.delete(f"{url}/terms", headers=headers)
    position = left.json()["position"]
    shown = await api.client.get(f"{url}?min_position={position}", headers=headers)
    assert shown.json()["items"] == []


async def test_document_nobody_wrote_is_not_found(api: Api) -> None:
    headers = await api.headers("Consenting", "viewer")
    body = {"version": "1"}
    answer = await api.client.put(f"{BASE}/me/consents/cookies", json=body, headers=headers)
    assert answer.status_code == 404


async def test_picture_is_not_attached_when_the_name_is_refused(api: Api) -> None:
    headers = await api.headers("Half", "viewer")
    media = await uploaded(api, headers)
    both = {"name": " ", "avatar_media_id": media["media_id"]}
    refused = await api.client.patch(f"{BASE}/me", json=both, headers=headers)
    assert problem(refused)["code"] == "text_empty"
    me = await api.client.get(f"{BASE}/me", headers=headers)
    assert me.json()["avatar_url"] is None


async def test_picture_and_name_are_one_change_under_one_key_and_version(api: Api) -> None:
    headers = await api.headers("Whole", "viewer")
    named = await api.client.patch(f"{BASE}/me", json={"name": "First"}, headers=headers)
    media = await uploaded(api, headers)
    both = {"name": "Second", "avatar_media_id": media["media_id"]}
    seen = {**headers, "If-Match": named.headers["etag"], "Idempotency-Key": "both"}
    changed = await api.client.patch(f"{BASE}/me", json=both, headers=seen)
    assert changed.json()["name"] == "Second"
    assert changed.json()["avatar_url"]
    again = await api.client.patch(f"{BASE}/me", json=both, headers=seen)
    assert (again.json(), again.headers["etag"]) == (changed.json(), changed.headers["etag"])
    late = {**headers, "If-Match": named.headers["etag"]}
    refused = await api.client.patch(f"{BASE}/me", json=both, headers=late)
    assert refused.status_code == 412


async def test_devices_are_listed_and_one_of_them_signed_out(api: Api) -> None:
    body = {"name": "Two devices", "roles": ["viewer"]}
    phone = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()
    laptop = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()
    listed = await api.client.get(f"{BASE}/me/sessions", headers=bearer(laptop))
    devices = listed.json()["items"]
    assert [device["current"] for device in devices] == [True, False]
    lost = f"{BASE}/me/sessions/{devices[1]['id']}"
    first = await api.client.delete(lost, headers=bearer(laptop))
    assert (first.status_code, first.json()["status"]) == (200, "ended")
    again = await api.client.delete(lost, headers=bearer(laptop))
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    renewed = {"refresh_token": phone["refresh_token"]}
    refused = await api.client.post(f"{BASE}/auth/refresh", json=renewed)
    assert problem(refused)["code"] == "invalid_refresh_token"


async def test_device_of_somebody_else_is_not_found(api: Api) -> None:
    theirs = await guest(api)
    listed = await api.client.get(f"{BASE}/me/sessions", headers=bearer(theirs))
    session_id = listed.json()["items"][0]["id"]
    mine = bearer(await guest(api))
    answer = await api.client.delete(f"{BASE}/me/sessions/{session_id}", headers=mine)
    assert problem(answer)["code"] == "session_not_found"


async def test_export_holds_what_is_known_of_me(api: Api) -> None:
    tokens = await guest(api, name="Planted Name")
    answer = await api.client.get(f"{BASE}/me/export", headers=bearer(tokens))
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert document["profile"]["name"] == "Planted Name"
    assert len(document["sessions"]) == 1
    assert "identity.AccountOpened" in {event["type"] for event in document["events"]}


async def test_whoever_asks_to_be_forgotten_gets_in_no_more(api: Api) -> None:
    tokens = await guest(api)
    answer = await api.client.delete(f"{BASE}/me", headers=bearer(tokens))
    assert answer.status_code == 202
    assert answer.json()["status"] == "erasing"
    shown = await api.client.get(
        f"{BASE}/me?min_position={answer.json()['position']}", headers=bearer(tokens)
    )
    assert problem(shown)["code"] == "account_not_found"
    renewed = {"refresh_token": tokens["refresh_token"]}
    refused = await api.client.post(f"{BASE}/auth/refresh", json=renewed)
    assert refused.status_code == 401


async def test_admin_finds_people_and_says_what_they_may_do(api: Api) -> None:
    admin = await api.headers("Admin", "admin")
    tokens = (
        await api.client.post(f"{BASE}/auth/dev", json={"name": "Promoted", "roles": ["viewer"]})
    ).json()
    url = f"{BASE}/users/{tokens['user']['id']}/roles"
    answer = await api.client.put(url, json={"roles": ["host", "viewer"]}, headers=admin)
    position = answer.json()["position"]
    hosts = await api.client.get(f"{BASE}/users?role=host&min_position={position}", headers=admin)
    found = {user["id"]: user for user in hosts.json()["items"]}
    assert found[tokens["user"]["id"]]["roles"] == ["viewer", "host"]
    renewed = {"refresh_token": tokens["refresh_token"]}
    fresh = (await api.client.post(f"{BASE}/auth/refresh", json=renewed)).json()
    await api.announced(bearer(fresh))


async def test_admin_keeps_their_own_role_and_makes_no_guest_a_host(api: Api) -> None:
    admin = (
        await api.client.post(f"{BASE}/auth/dev", json={"name": "Lonely", "roles": ["admin"]})
    ).json()
    visitor = await guest(api)

    async def change(user_id: str, roles: list[str]) -> httpx.Response:
        url = f"{BASE}/users/{user_id}/roles"
        return await api.client.put(url, json={"roles": roles}, headers=bearer(admin))

    assert problem(await change(admin["user"]["id"], []))["code"] == "own_admin_role"
    refused = await change(visitor["user"]["id"], ["host"])
    assert problem(refused)["code"] == "role_needs_registration"
    assert problem(await change(new_id(), ["host"]))["code"] == "account_not_found"


async def test_admin_who_is_one_no_more_changes_nobody_s_roles(api: Api) -> None:
    """Their token still says so, for minutes: they must not make themselves admin again."""

    async def admin(name: str) -> dict[str, Any]:
        body = {"name": name, "roles": ["admin"]}
        found: dict[str, Any] = (await api.client.post(f"{BASE}/auth/dev", json=body)).json()
        return found

    first, second = await admin("First"), await admin("Second")

    async def change(by: dict[str, Any], roles: list[str]) -> httpx.Response:
        url = f"{BASE}/users/{second['user']['id']}/roles"
        return await api.client.put(url, json={"roles": roles}, headers=bearer(by))

    assert (await change(first, ["viewer"])).status_code == 200
    refused = await change(second, ["admin"])
    assert (refused.status_code, problem(refused)["code"]) == (403, "forbidden")


async def test_people_are_listed_page_by_page(api: Api) -> None:
    admin = await api.headers("Paging", "admin")
    position = (await guest(api))["position"]
    for _ in range(2):
        position = (await guest(api))["position"]
    url = f"{BASE}/users?kind=guest&limit=2&min_position={position}"
    first = (await api.client.get(url, headers=admin)).json()
    second = (await api.client.get(f"{url}&cursor={first['next_cursor']}", headers=admin)).json()
    ids = [user["id"] for user in (*first["items"], *second["items"])]
    assert len(set(ids)) == len(ids) > 2


async def test_public_keys_verify_our_tokens(api: Api) -> None:
    answer = await api.client.get("/.well-known/jwks.json")
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
    assert "d" not in key
    assert answer.headers["cache-control"].startswith("public")
