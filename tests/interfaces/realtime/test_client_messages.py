"""Reading what clients say."""

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
