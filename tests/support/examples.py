"""Hypothesis strategies for events and commands, made of their own field types."""

import types
from datetime import UTC, datetime
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

T = TypeVar("T", bound=msgspec.Struct)

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(
        min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - the time zone is the next argument
        max_value=datetime(2027, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    msgspec.UnsetType: st.just(msgspec.UNSET),
}


def instances(struct: type[T], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[T]:
    """Any instance of `struct`, with `fields` drawn as given instead."""
    hints = get_type_hints(struct)
    drawn = {name: _values(hints[name]) for name in struct.__struct_fields__ if name not in fields}
    return st.builds(struct, **drawn, **fields)


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if get_origin(hint) in {Union, types.UnionType}:
        return st.one_of(*(_values(option) for option in get_args(hint)))
    if get_origin(hint) is tuple:
        return st.lists(_values(get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return instances(hint)
    return st.from_type(hint)
