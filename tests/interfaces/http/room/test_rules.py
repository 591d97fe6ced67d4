"""How a room stands, and how its rules are changed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.interfaces.http.room.conftest import Hall
from tests.support.http import problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_room_nobody_has_come_to_is_as_every_room_begins(hall: Hall) -> None:
    answer = await hall.ask("GET", "/room", await hall.viewer("Mei"))
    body = answer.json()
    assert body.pop("position") <= int(answer.headers["projection-position"])
    assert body == {
        "id": hall.stream_id,
        "closed": False,
        "slow_mode_seconds": 0,
        "who_may_chat": "everyone",
        "links_allowed": True,
        "viewers": 0,
        "reactions": {},
        "pinned_message": None,
        "you": {
            "role": "viewer",
            "may_moderate": False,
            "may_chat": True,
            "reason": None,
            "seconds": None,
            "muted_until": None,
        },
    }
    assert "etag" not in answer.headers


async def test_rules_are_changed_and_shown(hall: Hall) -> None:
    body = {
        "slow_mode_seconds": 30,
        "who_may_chat": "signed_in",
        "links_allowed": False,
        "blocked_words": {"en": ["Spam", "spam"], "th": ["หยาบคาย"]},
    }
    changed = await hall.do("PATCH", "/room", hall.host, body)
    words = {"en": ["spam"], "th": ["หยาบคาย"]}
    assert changed == {
        **body,
        "id": hall.stream_id,
        "blocked_words": words,
        "position": hall.position,
    }
    assert (await hall.see("/room"))["blocked_words"] == words
    seen = await hall.see("/room", await hall.viewer("Mei"))
    assert (seen["slow_mode_seconds"], seen["who_may_chat"]) == (30, "signed_in")
    assert "blocked_words" not in seen


async def test_rules_left_out_stay_as_they_are(hall: Hall) -> None:
    await hall.do("PATCH", "/room", hall.host, {"slow_mode_seconds": 5, "links_allowed": False})
    changed = await hall.do("PATCH", "/room", hall.host, {"who_may_chat": "nobody"})
    assert (changed["slow_mode_seconds"], changed["links_allowed"]) == (5, False)


async def test_rules_hold_for_what_is_said(hall: Hall) -> None:
    rules = {"links_allowed": False, "blocked_words": {"en": ["spam"]}, "slow_mode_seconds": 60}
    await hall.do("PATCH", "/room", hall.host, rules)
    mei = await hall.viewer("Mei")
    for text, code in (
        ("ＳＰＡＭ for you", "blocked_word"),
        ("see https://x.example", "links_not_allowed"),
    ):
        refused = await hall.ask("POST", "/messages", mei, {"text": text})
        assert (refused.status_code, problem(refused)["code"]) == (422, code)
    await hall.say("a first", mei)
    refused = await hall.ask("POST", "/messages", mei, {"text": "a second"})
    assert (refused.status_code, problem(refused)["code"]) == (429, "slow_mode")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    standing = (await hall.see("/room", mei))["you"]
    assert (standing["may_chat"], standing["reason"]) == (False, "slow_mode")
    assert 1 <= standing["seconds"] <= 60


async def test_guest_is_told_that_they_may_not_chat(hall: Hall) -> None:
    await hall.do("PATCH", "/room", hall.host, {"who_may_chat": "signed_in"})
    guest = await hall.guest()
    assert (await hall.see("/room", guest))["you"]["reason"] == "chat_restricted"
    refused = await hall.ask("POST", "/messages", guest, {"text": "me too"})
    assert (refused.status_code, problem(refused)["code"]) == (403, "chat_restricted")


async def test_change_is_refused_to_who_saw_an_older_room(hall: Hall) -> None:
    await hall.say("opens it")
    etag = (await hall.ask("GET", "/room", hall.host)).headers["etag"]
    bound = {"If-Match": etag}
    changed = await hall.ask("PATCH", "/room", hall.host, {"slow_mode_seconds": 1}, **bound)
    assert changed.headers["etag"] != etag
    refused = await hall.ask("PATCH", "/room", hall.host, {"slow_mode_seconds": 2}, **bound)
    assert (refused.status_code, problem(refused)["code"]) == (412, "stale_version")


async def test_viewers_and_reactions_are_counted_live(hall: Hall) -> None:
    await hall.api.platform.presence.seen({hall.stream_id: ["one", "another"]})
    await hall.api.platform.reactions.add(hall.stream_id, {"heart": 3}, {"like": 7})
    seen = await hall.see("/room")
    assert (seen["viewers"], seen["reactions"]) == (2, {"heart": 3, "like": 7})


async def test_pinned_message_is_shown_in_full_until_it_is_gone(hall: Hall) -> None:
    message = await hall.say("Free shipping today")
    pinned = await hall.do("PUT", "/room/pin", hall.host, {"id": message})
    assert (pinned["id"], pinned["pinned"]) == (hall.stream_id, message)
    shown = (await hall.see("/room"))["pinned_message"]
    assert (shown["id"], shown["text"]) == (message, "Free shipping today")
    assert (await hall.do("DELETE", "/room/pin", hall.host))["pinned"] is None
    assert (await hall.see("/room"))["pinned_message"] is None
    await hall.do("PUT", "/room/pin", hall.host, {"id": message})
    await hall.do("DELETE", f"/messages/{message}", hall.host)
    assert (await hall.see("/room"))["pinned_message"] is None


async def test_closed_room_says_so(hall: Hall) -> None:
    await hall.do("POST", "/cancel", hall.host)
    seen = await hall.see("/room")
    assert (seen["closed"], seen["you"]["reason"]) == (True, "room_closed")
    refused = await hall.ask("PATCH", "/room", hall.host, {"slow_mode_seconds": 2})
    assert (refused.status_code, problem(refused)["code"]) == (409, "room_closed")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"slow_mode_seconds": 601}, "out_of_range"),
        ({"slow_mode_seconds": -1}, "out_of_range"),
        ({"slow_mode_seconds": "5"}, "wrong_type"),
        ({"who_may_chat": "friends"}, "not_one_of"),
        ({"blocked_words": {"en": ["x"] * 501}}, "too_many"),
        ({"blocked_words": {"fr": ["mot"]}}, "not_one_of"),
        ({"blocked_words": {"en": [" "]}}, "text_empty"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
async def test_rules_out_of_order_are_refused(hall: Hall, body: dict[str, Any], code: str) -> None:
    refused = await hall.ask("PATCH", "/room", hall.host, body)
    assert refused.status_code == 422
    errors: Any = problem(refused)["errors"]
    assert errors[0]["code"] == code


async def test_room_is_changed_by_its_moderators_alone(hall: Hall) -> None:
    for who in (await hall.viewer("Mei"), await hall.viewer("Other host", "host")):
        refused = await hall.ask("PATCH", "/room", who, {"slow_mode_seconds": 5})
        assert (refused.status_code, problem(refused)["code"]) == (403, "forbidden")
    for who in (await hall.moderator(), await hall.viewer("Staff", "moderator")):
        assert (await hall.ask("PATCH", "/room", who, {"slow_mode_seconds": 5})).is_success
    assert (await hall.see("/room"))["slow_mode_seconds"] == 5


async def test_muted_person_is_told_until_when(hall: Hall) -> None:
    mei = await hall.viewer("Mei")
    muted = await hall.do("PUT", f"/room/mutes/{hall.ids['Mei']}", hall.host, {"seconds": 300})
    assert muted["id"] == hall.ids["Mei"]
    assert datetime.fromisoformat(muted["until"]) > datetime.now(UTC)
    standing = (await hall.see("/room", mei))["you"]
    assert (standing["reason"], standing["muted_until"]) == ("muted", muted["until"])
    assert 290 <= standing["seconds"] <= 300
    refused = await hall.ask("POST", "/messages", mei, {"text": "hello"})
    assert (refused.status_code, problem(refused)["code"]) == (403, "muted")
    await hall.do("PUT", f"/room/mutes/{hall.ids['Mei']}", hall.host, {"seconds": 0})
    standing = (await hall.see("/room", mei))["you"]
    assert (standing["may_chat"], standing["muted_until"]) == (True, None)
