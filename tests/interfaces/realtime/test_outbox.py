"""What goes out at a tick: to all, and to some in its place."""

import asyncio

import msgspec

from interfaces.realtime.feed import FeedSink
from interfaces.realtime.member import Member
from interfaces.realtime.outbox import Outbox
from interfaces.realtime.packet import Packet
from tests.support.room_frames import message, muted, removed
from tests.support.room_members import somebody


def told(packet: Packet | None) -> list[int | str]:
    """Positions of the frames, types of what has none."""
    assert packet is not None
    found = msgspec.json.decode(packet.json)
    return [
        frame.get("position", frame["type"])
        for frame in (found if isinstance(found, list) else [found])
    ]


async def in_the_room(*user_ids: str) -> dict[str, tuple[Member, ...]]:
    return {user_id: (somebody(user_id),) for user_id in user_ids}


async def test_one_frame_goes_as_an_object_and_several_as_an_array() -> None:
    outbox = Outbox(0, 1 << 20)
    outbox.add(message(1))
    one = outbox.take(0.0, {}).to_all
    assert one is not None
    assert one.json.startswith(b"{")
    outbox.add(message(2))
    outbox.add(message(3))
    several = outbox.take(0.0, {}).to_all
    assert several is not None
    assert several.json.startswith(b"[")
    assert several.position == 3
    assert not outbox


async def test_of_a_state_the_newest_counts() -> None:
    outbox = Outbox(0, 1 << 20)
    outbox.put("viewers", b'{"type":"viewers","count":1}')
    outbox.put("viewers", b'{"type":"viewers","count":2}')
    delivery = outbox.take(0.0, {})
    assert delivery.to_all is not None
    assert delivery.to_all.json == b'{"type":"viewers","count":2}'
    assert delivery.to_all.position == 0


async def test_a_private_frame_goes_to_its_person_in_order_and_to_nobody_else() -> None:
    members = await in_the_room("u1", "u2")
    outbox = Outbox(0, 1 << 20)
    for frame in (message(1, "u2"), muted(2, "u1"), message(3, "u2"), muted(4, "gone")):
        outbox.add(frame)
    delivery = outbox.take(0.0, members)
    assert told(delivery.to_all) == [1, 3]
    assert set(delivery.instead) == set(members["u1"])
    assert told(delivery.instead[members["u1"][0]]) == [1, 2, 3]


async def test_ones_own_messages_stand_for_oneself_where_a_sample_leaves_them_out() -> None:
    members = await in_the_room("a", "b")
    outbox = Outbox(1, 1 << 20)
    for frame in (message(1, "a"), message(2, "b"), message(3, "b")):
        outbox.add(frame)
    delivery = outbox.take(0.0, members)
    assert outbox.hot
    assert told(delivery.to_all) == [1]
    assert told(delivery.instead[members["b"][0]]) == [1, 2, 3]
    assert members["a"][0] not in delivery.instead


async def test_what_was_removed_before_it_went_out_never_does() -> None:
    outbox = Outbox(0, 1 << 20)
    for frame in (message(1), message(2), removed(3, of=1)):
        outbox.add(frame)
    assert told(outbox.take(0.0, {}).to_all) == [2, 3]


async def test_what_is_too_much_for_one_frame_goes_in_several() -> None:
    outbox = Outbox(0, 4000)
    for position in range(1, 11):
        outbox.add(message(position, text="x" * 300))
    first = told(outbox.take(0.0, {}).to_all)
    assert first == [1, 2]
    assert outbox.oldest == 3


async def test_what_is_left_out_takes_no_room_from_what_is_shown() -> None:
    outbox = Outbox(2, 4000)
    for position in range(1, 101):
        outbox.add(message(position, f"u{position}", text="x" * 300))
    assert told(outbox.take(0.0, {}).to_all) == [1, 2]
    assert outbox.oldest is None


async def test_what_was_put_off_is_not_sampled_again_and_stays_in_order() -> None:
    members = await in_the_room("b")
    outbox = Outbox(4, 4000)
    for position in range(1, 9):
        user = "b" if position in {2, 8} else f"u{position}"
        outbox.add(message(position, user, text="x" * 300))
    seen: list[int | str] = []
    while outbox:
        delivery = outbox.take(0.0, members)
        seen += told(delivery.instead.get(members["b"][0], delivery.to_all))
    assert seen == [1, 2, 3, 4, 8]


async def test_who_is_erased_is_not_heard_any_more() -> None:
    outbox = Outbox(0, 4000)
    for position in range(1, 9):
        outbox.add(message(position, "gone" if position % 2 else "stays", text="x" * 300))
    assert told(outbox.take(0.0, {}).to_all) == [1, 2]
    outbox.forget({"gone"})
    assert told(outbox.take(0.0, {}).to_all) == [4, 6]


async def test_it_knows_when_more_waits_than_can_be_told_in_time() -> None:
    outbox = Outbox(0, 4000)
    for position in range(1, 101):
        outbox.add(message(position, text="x" * 300))
    outbox.take(0.0, {})
    assert outbox.is_overfull
    outbox.clear()
    assert not outbox.is_overfull


async def test_a_reader_of_a_feed_who_does_not_read_is_given_so_much_and_no_more() -> None:
    sink = FeedSink(1000)
    packets = [Packet((b"{" + b" " * 398 + b"}",), position) for position in (1, 2, 3)]
    assert [sink.push(packet) for packet in packets] == [True, True, False]
    sink.end(4008, "too slow")
    async with asyncio.timeout(1):
        read = await sink.next() or b""
        assert await sink.next() is None
    assert [line for line in read.splitlines() if line.startswith(b"id:")] == [b"id: 1", b"id: 2"]
    assert b'event: end\ndata: {"code":4008,"reason":"too slow"}\n\n' in read
