"""Lifts stored payloads of older shapes to today's. A changed meaning is a new event instead."""

from collections.abc import Callable, Mapping
from typing import Any

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

# (type tag, schema version it starts from) → the payload one schema version later
UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}


def lifted(
    upcasters: Mapping[tuple[str, int], Upcaster],
    tag: str,
    versions: range,
    payload: dict[str, Any],
) -> dict[str, Any]:
    """The payload after each version of `versions` has been lifted by one.

    A version without an upcaster only gained fields with defaults and passes as it is.
    """
    for version in versions:
        upcast = upcasters.get((tag, version))
        payload = upcast(payload) if upcast else payload
    return payload
