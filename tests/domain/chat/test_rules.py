"""A room's rules, its beginning and end, and the count of reactions."""

from typing import Any

import pytest

from domain.chat import commands as ask
from domain.chat import errors
from domain.chat import events as fact
from domain.chat.deciding import ROOM
from domain.chat.values import (
    BLOCKED_WORD_CHARACTERS,
    BLOCKED_WORDS_AT_MOST,
    SLOW_MODE_SECONDS_AT_MOST,
)
from domain.text import TextEmptyError, TextTooLongError
from tests.support.builders import HOST, SHOW
from tests.support.chatting import CLOSED, MODERATOR, OPENED, change, given, rules, slow
from tests.support.scenario import Scenario

OPEN_ROOM = ask.OpenRoom(stream_id=SHOW, host_id=HOST, market="TW", language="zh-TW")
CLOSE_ROOM = ask.CloseRoom(stream_id=SHOW)


def count(**totals: int) -> ask.CountReactions:
    return ask.CountReactions(stream_id=SHOW, totals=totals)  # type: ignore[arg-type]


def counted(**totals: int) -> fact.ReactionsCounted:
    return fact.ReactionsCounted(totals=totals)  # type: ignore[arg-type]


def test_open_is_once_and_for_all() -> None:
    opened = Scenario(ROOM).when(OPEN_ROOM).then(OPENED).when(OPEN_ROOM).then_nothing()
    assert opened.state.is_open
    Scenario(ROOM).given(*CLOSED).when(OPEN_ROOM).then_nothing()


def test_close_ends_what_is_open_alone() -> None:
    closed = given().when(CLOSE_ROOM).then(fact.RoomClosed()).when(CLOSE_ROOM).then_nothing()
    assert not closed.state.is_open
    Scenario(ROOM).when(CLOSE_ROOM).then_nothing()


@pytest.mark.parametrize("by", [HOST, MODERATOR])
def test_change_sets_what_is_given_and_leaves_the_rest(by: str) -> None:
    strict = given(slow(5)).when(change(by=by, who_may_chat="signed_in"))
    strict = strict.then(rules(by=by, who_may_chat="signed_in"))
    strict.when(change(by=by, links_allowed=False)).then(
        rules(by=by, who_may_chat="signed_in", links_allowed=False)
    )
    assert strict.state.slow_mode_seconds == 5


def test_change_tells_slow_mode_and_rules_apart() -> None:
    both = change(slow_mode_seconds=30, links_allowed=False)
    given().when(both).then(slow(30), rules(links_allowed=False)).when(both).then_nothing()


@pytest.mark.parametrize("seconds", [-1, SLOW_MODE_SECONDS_AT_MOST + 1])
def test_change_refused_when_slow_mode_is_out_of_range(seconds: int) -> None:
    given().when(change(slow_mode_seconds=seconds)).then_refused(
        errors.OutOfRangeError, field="slow_mode_seconds", least=0, most=SLOW_MODE_SECONDS_AT_MOST
    )


def test_change_folds_blocked_words_and_keeps_each_once() -> None:
    words = {"zh-TW": ("詐 騙", "LINE"), "en": ("Swindle", "ＳＷＩＮＤＬＥ", "get  rich"), "ja": ()}
    folded = {"en": ("get rich", "swindle"), "zh-TW": ("line", "詐騙")}
    changed = given().when(change(blocked_words=words)).then(rules(blocked_words=folded))
    changed.when(change(blocked_words=folded)).then_nothing()
    changed.when(change(blocked_words={})).then(rules())


@pytest.mark.parametrize(
    ("word", "refusal"),
    [
        ("", TextEmptyError),
        ("\u200b", TextEmptyError),
        ("...", TextEmptyError),
        ("a" * (BLOCKED_WORD_CHARACTERS + 1), TextTooLongError),
    ],
)
def test_change_refused_when_a_word_cannot_be_blocked(word: str, refusal: Any) -> None:
    given().when(change(blocked_words={"en": (word,)})).then_refused(refusal, field="blocked_words")


def test_change_refused_when_too_many_words_are_blocked() -> None:
    half = tuple(f"word{number}" for number in range(BLOCKED_WORDS_AT_MOST // 2 + 1))
    given().when(change(blocked_words={"en": half, "th": half})).then_refused(
        errors.TooManyError, field="blocked_words", limit=BLOCKED_WORDS_AT_MOST
    )


def test_reactions_are_counted_and_never_fall() -> None:
    some = given().when(count(like=3)).then(counted(like=3)).when(count(like=3)).then_nothing()
    more = some.when(count(like=2, heart=1)).then(counted(like=3, heart=1))
    more.when(count(like=1)).then_nothing()


def test_reactions_are_counted_after_the_end() -> None:
    Scenario(ROOM).given(*CLOSED).when(count(like=3)).then(counted(like=3))


def test_reactions_refused_where_there_is_no_room() -> None:
    Scenario(ROOM).when(count(like=3)).then_refused(errors.RoomNotFoundError)
