"""What is said, and under what name, gets into no log line: representations leave it out."""

import pytest

from projections.chat.frames import FeedBatch, frames_of
from tests.support.builders import recorded
from tests.support.chatting import send, sent

_FRAMES = frames_of(recorded(sent("secret words")))


@pytest.mark.parametrize(
    "one",
    [
        send("secret words"),
        sent("secret words"),
        recorded(sent("secret words")),
        _FRAMES,
        FeedBatch(after=0, upto=1, frames=_FRAMES),
    ],
    ids=lambda one: type(one).__name__,
)
def test_representation_tells_neither_words_nor_names(one: object) -> None:
    assert "secret" not in repr(one)
    assert "Lin Mei" not in repr(one)
