"""What one room tells its members of what it hears, without a log or a network."""

import asyncio
from typing import Any

import msgspec

from interfaces.realtime.room import RoomLimits
from tests.support.room_frames import banned, message, muted, pinned, removed, status
from tests.support.room_members import somebody
from tests.support.room_rig import LIMITS, beginning, kinds, opened, told

WORDS = "very bad words"


def positions(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["position"] for frame in frames if "position" in frame]


def body(position: int, user_id: str = "u1", **more: Any) -> bytes:
    return bytes(message(position, user_id, **more).body)


async def test_positions_of_one_connection_never_go_back() -> None:
    """States come between what happened, and whenever they are known: they carry none."""
    room, member = opened(beginning(status(50), pinned="m1", upto=59)), somebody("u1")
    room.welcome(member, None)
    room.hear(status(60))
    for position in range(61, 101):
        room.hear(message(position, text="x" * 4000))
    room.complete_pin("m1", body(1))
    room.hear(status(101))
    seen = await told(member)
    assert positions(seen) == sorted(positions(seen))
    assert positions(seen)[-1] == 100
    assert {"stream", "pinned"} <= set(kinds(seen))
    late = somebody("u2")
    room.welcome(late, room.tail.beyond(90, room.flushed))
    seen = await told(late)
    assert positions(seen) == sorted(positions(seen))
    assert seen[-1] == {"type": "stream", "status": "live"}


async def test_a_pinned_message_that_is_removed_is_shown_to_nobody_who_comes() -> None:
    room = opened()
    for frame in (message(1, text=WORDS), pinned(2, "m1"), pinned(3, None), removed(4, of=1)):
        room.hear(frame)
    for missed in (None, room.tail.beyond(0, room.flushed)):
        newcomer = somebody("u2")
        room.welcome(newcomer, missed)
        assert WORDS not in str(await told(newcomer))


async def test_what_an_erased_person_said_is_taken_from_everybodys_screen() -> None:
    room, member = opened(), somebody("u2")
    room.welcome(member, None)
    for frame in (message(1, "gone", text=WORDS), message(2), pinned(3, "m1", "gone")):
        room.hear(frame)
    assert kinds(await told(member))[-1] == "pinned"
    room.forget({"gone"})
    assert await told(member) == [
        {"type": "message_removed", "id": "m1"}, {"type": "pinned", "message": None},
    ]  # fmt: skip
    newcomer = somebody("u3")
    room.welcome(newcomer, None)
    seen = await told(newcomer)
    assert WORDS not in str(seen)
    assert seen[0]["room"]["pinned_message"] is None
    assert not room.lacks_pinned


async def test_who_was_erased_before_it_went_out_is_not_heard() -> None:
    room, member = opened(), somebody("u2")
    room.welcome(member, None)
    room.hear(message(1, "gone", text=WORDS))
    room.forget({"gone"})
    assert WORDS not in str(await told(member))


async def test_the_pin_of_somebody_else_outlasts_an_erasure() -> None:
    room, member = opened(), somebody("u2")
    for frame in (message(1, "stays"), pinned(2, "m1", "stays")):
        room.hear(frame)
    room.welcome(member, None)
    await told(member)
    room.forget({"gone"})
    assert await told(member) == []
    assert not room.lacks_pinned


async def test_a_pinned_message_that_is_gone_is_not_looked_for_again() -> None:
    room, member = opened(beginning(pinned="m1", upto=5)), somebody("u2")
    room.welcome(member, None)
    assert (await told(member))[0]["room"]["pinned_message"] == {"id": "m1"}
    assert room.lacks_pinned
    room.complete_pin("m1", b"null")
    assert await told(member) == [{"type": "pinned", "message": None}]
    assert not room.lacks_pinned


async def test_an_unpinned_message_is_not_completed_behind_its_back() -> None:
    room, member = opened(beginning(pinned="m1", upto=5)), somebody("u2")
    room.welcome(member, None)
    await told(member)
    room.complete_pin("m1", body(1))
    room.hear(pinned(6, None))
    assert await told(member) == [{"type": "pinned", "message": None}]


async def test_who_falls_too_far_behind_begins_anew_with_the_newest() -> None:
    """A megabyte and a half at once, of which 64 KiB a tick would be told."""
    room, member = opened(), somebody("u2", buffer_bytes=LIMITS.buffer_bytes)
    room.welcome(member, None)
    await told(member)
    for position in range(1, 1001):
        room.hear(message(position, text="x" * 1500))
    seen = await told(member)
    again = kinds(seen).index("welcome")
    assert seen[again]["recovered"] is False
    assert positions(seen)[-1] == 1000
    room.hear(message(1001))
    assert positions(await told(member)) == [1001]


async def test_a_hot_room_keeps_up_with_what_is_said() -> None:
    """300 messages a second of 500 Chinese characters, for two seconds."""
    room, member = opened(limits=RoomLimits(0.001, 10, 256 * 1024)), somebody("u2")
    room.welcome(member, None)
    await told(member)
    for position in range(1, 601):
        room.hear(message(position, f"u{position % 50}", text="字" * 500))
    await told(member)
    assert room.flushed == 600


async def test_one_who_cannot_be_written_to_silences_nobody() -> None:
    room, broken, member = opened(), somebody("broken"), somebody("u2")
    for one in (broken, member):
        room.welcome(one, None)
        await told(one)
    broken.sink.push = fail  # type: ignore[method-assign]
    for position in (1, 2):
        room.hear(message(position))
        assert positions(await told(member)) == [position]
    assert room.members == {member}


def fail(_packet: object) -> bool:
    raise RuntimeError("the connection is in a state nobody thought of")


async def test_a_slow_member_who_should_begin_anew_is_told_so_and_let_go() -> None:
    room = opened(beginning(*(message(n, text="x" * 900) for n in range(1, 31))))
    slow, quick = somebody("slow", buffer_bytes=40_000), somebody("quick")
    for one in (slow, quick):
        room.welcome(one, None)
    await told(quick)
    room.miss(30, 600)
    room.begin_anew(beginning(*(message(n, text="x" * 900) for n in range(560, 601))))
    assert kinds(await told(quick))[0] == "welcome"
    assert room.members == {quick}
    assert (await told(slow))[-1] == {"code": 4008, "reason": "too slow"}


async def test_nobody_is_greeted_anew_while_older_frames_are_being_written() -> None:
    room = opened()
    members = [somebody(f"u{number}") for number in range(450)]
    for member in members:
        room.welcome(member, None)
    room.hear(message(1))
    await until_writing(room)
    room.miss(1, 600)
    room.begin_anew(beginning(message(600)))
    room.hear(message(601))
    for seen in await asyncio.gather(*map(told, members)):
        assert kinds(seen).count("welcome") == 2
        again = len(seen) - kinds(seen)[::-1].index("welcome")
        assert positions(seen[again:]) == [600, 601]


async def until_writing(room: Any) -> None:
    async with asyncio.timeout(5):
        while not room._fan_out.at_work:  # noqa: ASYNC110 - it is so for a few turns alone
            await asyncio.sleep(0)


async def test_a_ban_does_not_shut_out_who_works_for_the_platform() -> None:
    room = opened()
    staff, viewer = somebody("s", roles=("admin",)), somebody("v")
    for one in (staff, viewer):
        room.welcome(one, None)
    room.hear(banned(1, "s"))
    room.hear(banned(2, "v"))
    assert room.members == {staff}


async def test_who_was_banned_in_what_was_missed_is_shut_out() -> None:
    room = opened()
    banished, viewer = somebody("b"), somebody("v")
    for one in (banished, viewer):
        room.welcome(one, None)
    room.miss(0, 600)
    room.begin_anew(beginning(message(600), banned=frozenset({"b"})))
    assert room.members == {viewer}


async def test_a_mute_that_has_run_out_is_not_told() -> None:
    room, member = opened(), somebody("u1")
    room.hear(muted(1, "u1"))  # until the beginning of 2026
    room.welcome(member, None)
    assert (await told(member))[0]["muted_until"] is None


async def test_a_frame_that_cannot_be_taken_silences_nothing() -> None:
    room, member = opened(), somebody("u2")
    room.welcome(member, None)
    await told(member)
    broken = msgspec.structs.replace(removed(1, of=1), body=msgspec.Raw(b"{}"))
    room.hear(broken)
    room.hear(message(2))
    assert positions(await told(member)) == [2]


async def test_who_waits_for_a_position_is_woken_when_it_is_reached() -> None:
    room = opened(beginning(upto=10))
    waiting = asyncio.create_task(room.come_to(11, 5))
    room.hear(message(11))
    assert await waiting
    assert not await room.come_to(12, 0.01)
