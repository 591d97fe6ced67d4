"""Describes faults to operators without what they happened on."""

import traceback

_LENGTH = 200


class PlainFault(Exception):
    """Its words are ours, and hold nothing personal."""


def fault_text(error: BaseException) -> str:
    """Which error and where, and none of its words: they may be personal data."""
    if isinstance(error, PlainFault):
        return f"{type(error).__name__}: {error}"[:_LENGTH]
    cause = getattr(error, "orig", None)
    if cause is not None:  # a database's, told apart by its number
        numbers = (str(arg) for arg in cause.args if type(arg) is int)
        return " ".join([type(cause).__name__, *numbers])
    codes = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    place = f" in {codes[-1].co_qualname}" if codes else ""
    return f"{type(error).__name__}{place}"[:_LENGTH]
