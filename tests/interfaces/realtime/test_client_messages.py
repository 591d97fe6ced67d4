"""Reading what clients say."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.http.refusals import Refusal
from interfaces.realtime.client_messages import (
    MalformedFrame,
    React,
    Token,
    UnknownMessageType,
    read,
)
from interfaces.realtime.pace import Pace
from tests.support.any_json import JSON


def test_what_may_be_left_out_has_a_default() -> None:
    assert read('{"type":"react","kind":"fire"}') == React(kind="fire", count=1)


def test_a_token_does_not_show() -> None:
    assert "secret" not in repr(read('{"type":"token","token":"secret"}'))
    assert isinstance(read('{"type":"token","token":"secret"}'), Token)


def test_a_refusal_names_what_it_answers_where_that_can_be_read() -> None:
    with pytest.raises(MalformedFrame) as refused:
        read('{"ref":"r1","type":"send"}')
    assert refused.value.fields == {"ref": "r1"}
    with pytest.raises(UnknownMessageType) as unknown:
        read('{"type":"sing","ref":"r2"}')
    assert unknown.value.fields == {"ref": "r2"}


_ID = "019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f"


@pytest.mark.parametrize("kind", ["ban", "unban", "remove", "pin", "mute", "send"])
@pytest.mark.parametrize(
    "sent",
    ["<b>\n王小明 0912-345-678\x00", "", "somebody", _ID.upper(), _ID + "\n", "\n" + _ID, _ID * 2],
)
def test_an_id_is_one_of_ours_or_nothing(kind: str, sent: str) -> None:
    """What a moderator's command names is kept in the log for ever."""
    fields = {"ban": "user_id", "unban": "user_id", "mute": "user_id", "send": "reply_to"}
    more: dict[str, dict[str, object]] = {"mute": {"seconds": 60}, "send": {"text": "hello"}}
    named: dict[str, object] = {"type": kind, "ref": "r", fields.get(kind, "id"): _ID}
    frame = named | more.get(kind, {})
    read(msgspec.json.encode(frame).decode())
    frame[fields.get(kind, "id")] = sent
    with pytest.raises(MalformedFrame):
        read(msgspec.json.encode(frame).decode())


@pytest.mark.parametrize("ref", ["", "a\nb", "\x00", "\x1b[2J", "\u202egnp", "x" * 101])
def test_a_ref_is_short_and_printable(ref: str) -> None:
    for frame in ({"type": "ping", "ref": ref}, {"type": "no such", "ref": ref}):
        with pytest.raises(Refusal) as refused:
            read(msgspec.json.encode(frame).decode())
        assert refused.value.fields == {"ref": None}
    assert read('{"type":"ping","ref":"第 1 句 👋"}').ref == "第 1 句 👋"


@given(st.text() | JSON.map(str) | st.binary().map(lambda raw: raw.decode("latin-1")))
@settings(max_examples=200, deadline=None)
def test_reading_never_fails_in_any_other_way(text: str) -> None:
    with pytest.raises(Refusal):
        read(text)


def test_so_much_may_be_said_at_once_and_so_much_in_a_second() -> None:
    pace = Pace(20)
    assert [pace.take(100.0) for _ in range(41)] == [True] * 40 + [False]
    assert [pace.take(100.5) for _ in range(11)] == [True] * 10 + [False]
    assert not pace.is_hopeless


def test_who_never_stops_is_hopeless() -> None:
    pace = Pace(20)
    for _ in range(200):
        pace.take(0.0)
    assert pace.is_hopeless


def test_without_a_limit_nothing_is_refused() -> None:
    pace = Pace(0)
    assert all(pace.take(0.0) for _ in range(1000))
