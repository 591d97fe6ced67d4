"""Messages over HTTP: said, read back, taken away, refused."""

import asyncio
from typing import Any

import pytest

from infrastructure.ids import new_id
from tests.interfaces.http.room.conftest import Hall
from tests.support.http import BASE, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_message_is_said_and_read_back_as_it_is_shown(hall: Hall) -> None:
    mei = await hall.viewer("Mei")
    said = await hall.ask("POST", "/messages", mei, {"text": "  這件  有黑色嗎？\u200b 👩‍👩‍👧 "})
    assert said.status_code == 201
    assert said.json().keys() == {"id", "position"}
    assert said.headers["event-position"] == str(said.json()["position"])
    seen = await hall.ask("GET", f"/messages?min_position={hall.position}", mei)
    (message,) = seen.json()["items"]
    assert message.pop("sent_at").endswith("Z")
    assert message.pop("user")["role"] == "viewer"
    assert message == {
        **said.json(),
        "text": "這件 有黑色嗎？ 👩‍👩‍👧",
        "language": "zh-TW",
        "reply_to": None,
    }
    assert int(seen.headers["projection-position"]) >= hall.position
    assert seen.headers["cache-control"] == "no-store"


async def test_messages_are_paged_back_from_the_newest(hall: Hall) -> None:
    for text in ("a", "b", "c", "d", "e"):
        await hall.say(text)
    page = await hall.see("/messages?limit=2")
    assert [one["text"] for one in page["items"]] == ["e", "d"]
    await hall.say("later")
    page = await hall.see(f"/messages?limit=2&cursor={page['next_cursor']}")
    assert [one["text"] for one in page["items"]] == ["c", "b"]
    assert await hall.texts(f"?before={page['items'][-1]['position']}") == ["a"]
    page = await hall.see(f"/messages?limit=2&cursor={page['next_cursor']}")
    assert ([one["text"] for one in page["items"]], page["next_cursor"]) == (["a"], None)


async def test_messages_are_read_on_from_a_position_the_oldest_first(hall: Hall) -> None:
    for text in ("a", "b", "c", "d"):
        await hall.say(text)
    first = (await hall.see("/messages"))["items"][-1]["position"]
    page = await hall.see(f"/messages?after={first}&limit=2")
    assert [one["text"] for one in page["items"]] == ["b", "c"]
    assert await hall.texts(f"?after={first}&cursor={page['next_cursor']}") == ["d"]
    assert await hall.texts("?after=0&limit=1") == ["a"]
    assert await hall.texts(f"?after={2**63 - 1}") == []


async def test_removed_message_keeps_its_place_and_nothing_else(hall: Hall) -> None:
    mei = await hall.viewer("Mei")
    kept, gone = await hall.say("kept"), await hall.say("gone", mei)
    assert (await hall.do("DELETE", f"/messages/{gone}", mei))["id"] == gone
    removed, message = (await hall.see("/messages"))["items"]
    assert removed.keys() == {"id", "position", "sent_at", "removed"}
    assert (removed["id"], removed["removed"], message["id"]) == (gone, True, kept)


async def test_message_whose_answer_was_lost_is_not_said_twice(hall: Hall) -> None:
    mei = await hall.viewer("Mei")
    key = {"Idempotency-Key": new_id()}
    first, again = [
        await hall.ask("POST", "/messages", mei, {"text": "once"}, **key) for _ in range(2)
    ]
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await hall.ask("POST", "/messages", mei, {"text": "another"}, **key)
    assert problem(other)["code"] == "idempotency_key_reused"
    assert await hall.texts() == ["once"]


async def test_answer_names_what_it_answers_to(hall: Hall) -> None:
    question = await hall.say("How long is it?", await hall.viewer("Mei"))
    answer = await hall.say("90 cm", reply_to=question)
    newest = (await hall.see("/messages"))["items"][0]
    assert (newest["id"], newest["reply_to"]) == (answer, question)


async def test_guest_may_chat_and_read(hall: Hall) -> None:
    guest = await hall.guest("Passer-by")
    await hall.say("hello", guest)
    (message,) = (await hall.see("/messages", guest))["items"]
    assert (message["user"]["name"], message["user"]["role"]) == ("Passer-by", "guest")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": " \u200b "}, 422, "text_empty"),
        ({"text": "長" * 501}, 422, "text_too_long"),
        ({"text": "長" * 2001}, 422, "invalid_input"),
        ({"text": "hi", "reply_to": new_id()}, 404, "message_not_found"),
        ({"text": "hi", "reply_to": "it"}, 422, "invalid_input"),
        ({"text": "hi", "by": "somebody"}, 422, "invalid_input"),
        ({}, 422, "invalid_input"),
    ],
)
async def test_message_is_refused(hall: Hall, body: Any, status: int, code: str) -> None:
    refused = await hall.ask("POST", "/messages", await hall.viewer("Mei"), body)
    assert (refused.status_code, problem(refused)["code"]) == (status, code)


async def test_whoever_says_too_much_or_the_same_is_told_to_wait(hall: Hall) -> None:
    mei = await hall.viewer("Mei")
    await hall.say("the same", mei)
    repeated = await hall.ask("POST", "/messages", mei, {"text": "THE  same"})
    assert (repeated.status_code, problem(repeated)["code"]) == (409, "repeated_message")
    said_at_once = [hall.ask("POST", "/messages", mei, {"text": str(n)}) for n in range(40)]
    answers = await asyncio.gather(*said_at_once)
    refused = min(answers, key=lambda answer: answer.is_success)
    assert (refused.status_code, problem(refused)["code"]) == (429, "chat_too_fast")
    assert int(refused.headers["retry-after"]) >= 1
    await hall.say("the host is not held back")


async def test_only_who_said_it_and_moderators_take_a_message_away(hall: Hall) -> None:
    message = await hall.say("mine", await hall.viewer("Mei"))
    stranger = await hall.ask("DELETE", f"/messages/{message}", await hall.viewer("Stranger"))
    assert (stranger.status_code, problem(stranger)["code"]) == (403, "forbidden")
    assert await hall.texts() == ["mine"]
    await hall.do("DELETE", f"/messages/{message}", await hall.moderator())
    assert await hall.texts() == [None]
    assert (await hall.ask("DELETE", f"/messages/{message}", hall.host)).is_success


async def test_message_of_another_room_is_none_of_this_one(hall: Hall) -> None:
    elsewhere, _ = await hall.api.announced(hall.host)
    message = await hall.say("here")
    path = f"{BASE}/streams/{elsewhere}/messages/{message}"
    refused = await hall.api.client.delete(path, headers=hall.host)
    assert (refused.status_code, problem(refused)["code"]) == (404, "message_not_found")


async def test_whoever_is_banned_neither_reads_nor_writes(hall: Hall) -> None:
    mei = await hall.viewer("Mei")
    await hall.do("PUT", f"/room/bans/{hall.ids['Mei']}", hall.host)
    for method, path, body in (
        ("GET", "/messages", None),
        ("GET", "/room", None),
        ("POST", "/messages", {"text": "let me in"}),
    ):
        refused = await hall.ask(method, path, mei, body)
        assert (refused.status_code, problem(refused)["code"]) == (403, "banned")


async def test_show_that_is_not_has_no_room(hall: Hall) -> None:
    hall.stream_id = new_id()
    for method, path, body in (
        ("GET", "/messages", None),
        ("POST", "/messages", {"text": "anybody?"}),
        ("GET", "/room", None),
    ):
        refused = await hall.ask(method, path, hall.host, body)
        assert (refused.status_code, problem(refused)["code"]) == (404, "room_not_found")


async def test_room_of_a_show_that_is_over_can_be_read(hall: Hall) -> None:
    await hall.say("before the end")
    await hall.do("POST", "/cancel", hall.host)
    assert await hall.texts() == ["before the end"]


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("before=0", "before", "too_small"),
        ("before=x", "before", "wrong_type"),
        ("after=-1", "after", "wrong_type"),
        (f"after={2**63}", "after", "too_large"),
        ("at_seconds=-1", "at_seconds", "wrong_type"),
        ("at_seconds=1e3", "at_seconds", "wrong_type"),
        ("at_seconds=nan", "at_seconds", "wrong_type"),
        ("recording=%20", "recording", "malformed"),
        ("cursor=nonsense", "cursor", "bad_cursor"),
        ("limit=201", "limit", "too_large"),
        ("before=1&after=1", "before", "not_together"),
    ],
)
async def test_query_is_refused(hall: Hall, query: str, field: str, code: str) -> None:
    refused = await hall.ask("GET", f"/messages?{query}", hall.host)
    assert refused.status_code == 422
    errors: Any = problem(refused)["errors"]
    assert (errors[0]["field"], errors[0]["code"]) == (field, code)
    assert "…" not in errors[0]["message"]
