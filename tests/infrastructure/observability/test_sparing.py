"""What happens over and over is told now and then."""

from infrastructure.observability.sparing import Sparing


def test_a_kind_is_told_of_once_in_so_long() -> None:
    sparing = Sparing(quiet_seconds=60)
    assert [sparing.may_tell("a"), sparing.may_tell("a"), sparing.may_tell("b")] == [
        True,
        False,
        True,
    ]
    at_once = Sparing(quiet_seconds=0)
    assert at_once.may_tell("a")
    assert at_once.may_tell("a")
