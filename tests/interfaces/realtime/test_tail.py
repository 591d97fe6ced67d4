"""The last that a room heard."""

from interfaces.realtime.tail import KEPT, Tail
from tests.support.room_frames import message, muted, positions, removed


def test_it_has_everything_beyond_where_it_begins() -> None:
    tail = Tail([message(7), message(9)], upto=20)
    tail.append(message(21))
    assert tail.begins_after == 6
    assert positions(tail.beyond(6, 30)) == [7, 9, 21]
    assert positions(tail.beyond(7, 20)) == [9]


def test_of_a_room_where_nothing_was_said_it_begins_where_that_was_read() -> None:
    assert Tail([], upto=20).begins_after == 20


def test_it_keeps_so_many_and_knows_what_it_dropped() -> None:
    tail = Tail([], upto=0)
    for position in range(1, KEPT + 11):
        tail.append(message(position))
    assert tail.begins_after == 10
    assert positions(tail.beyond(10, 10_000))[0] == 11


def test_a_removed_message_leaves_it_and_its_removal_stays() -> None:
    tail = Tail([message(1, text="m2"), message(2)], upto=2)
    tail.append(removed(3, of=2))
    assert positions(tail.beyond(0, 3)) == [1, 3]


def test_whoever_comes_in_is_shown_nothing_of_others_alone() -> None:
    tail = Tail([message(1), muted(2), message(3)], upto=3)
    assert positions(tail.newest(2, upto=3)) == [1, 3]
    assert positions(tail.newest(1, upto=3)) == [3]
    assert positions(tail.newest(9, upto=2)) == [1]


def test_what_an_erased_person_said_leaves_it() -> None:
    tail = Tail([message(1, "gone"), message(2, "stays"), muted(3, "gone")], upto=3)
    assert tail.forget({"gone"}) == ["m1"]
    assert positions(tail.beyond(0, 3)) == [2, 3]


def test_a_message_is_found_by_its_id_and_not_by_a_mention_of_it() -> None:
    tail = Tail([message(1, text="here"), message(2, text='"id":"m1"')], upto=2)
    found = tail.message("m1")
    assert found is not None
    assert b'"position":1' in found
    assert tail.message("m3") is None
