"""What is shown of a room where more is said than can be read."""

from collections import Counter

from interfaces.realtime.sampling import FairSample
from tests.support.room_frames import message, muted, positions, removed


def test_all_is_shown_as_long_as_it_can_be_read() -> None:
    sample = FairSample(10)
    frames = [message(n) for n in range(1, 11)]
    assert positions(sample.choose(frames, 0.0).shown) == list(range(1, 11))
    assert not sample.hot


def test_without_a_limit_all_is_shown() -> None:
    frames = [message(n) for n in range(1, 1001)]
    assert FairSample(0).choose(frames, 0.0).left_out == []


def test_above_the_limit_each_speaker_is_shown_before_anybody_twice() -> None:
    """One says nine things, three others say one each."""
    frames = [message(n, "loud") for n in range(1, 10)]
    frames += [message(n, f"u{n}") for n in (10, 11, 12)]
    chosen = FairSample(4).choose(frames, 0.0)
    assert positions(chosen.shown) == [1, 10, 11, 12]
    assert positions(chosen.left_out) == list(range(2, 10))


def test_who_was_shown_longest_ago_comes_first() -> None:
    sample = FairSample(2)
    sample.choose([message(1, "a"), message(2, "b"), message(3, "c")], 0.0)
    chosen = sample.choose([message(4, "a"), message(5, "b"), message(6, "c")], 1.0)
    assert positions(chosen.shown) == [4, 6]


def test_what_stands_and_what_is_no_message_is_always_shown() -> None:
    sample = FairSample(1)
    sample.choose([message(1)], 0.0)
    frames = [message(2, stands=True), removed(3, of=1), muted(4), message(5)]
    chosen = sample.choose(frames, 0.0)
    assert positions(chosen.shown) == [2, 3, 4]
    assert positions(chosen.left_out) == [5]
    assert sample.hot


def test_on_the_long_run_no_more_is_shown_than_can_be_read_and_all_get_their_share() -> None:
    sample, shown, position = FairSample(10), Counter[str](), 0
    for tick in range(400):  # of 250 ms: 25 messages of 50 people
        frames = []
        for _ in range(25):
            position += 1
            frames.append(message(position, f"u{position % 50}"))
        chosen = sample.choose(frames, tick / 4)
        assert positions(chosen.shown) == sorted(positions(chosen.shown))
        shown.update(frame.user_id for frame in chosen.shown)
    assert 990 <= sum(shown.values()) <= 1010
    assert 2 * min(shown.values()) >= max(shown.values())


def test_claims_have_an_allowance_and_are_ordinary_beyond_it() -> None:
    """What looks like one always stood: whoever says a1 again and again was all there was."""
    sample = FairSample(1)
    frames = [message(n, "flood", stands=True) for n in range(1, 101)]
    frames += [message(101, "buyer", stands=True), message(102, "host", stands=True, leads=True)]
    shown = positions(sample.choose(frames, 0.0).shown)
    assert len(shown) <= 10
    assert {101, 102} <= set(shown)
    for second in range(1, 11):
        claims = [message(200 + second, "flood", stands=True)]
        assert positions(sample.choose(claims, second).shown) == [200 + second]


def test_whoever_leads_is_always_shown() -> None:
    sample = FairSample(1)
    frames = [message(n, "host", stands=True, leads=True) for n in range(1, 101)]
    assert sample.choose(frames, 0.0).left_out == []
