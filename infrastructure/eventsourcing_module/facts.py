"""The product's facts as an analyst's code sees them: our event structs, and where they stand."""

import pkgutil
from collections.abc import Callable, Coroutine, Iterator
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

import msgspec

import domain
from domain.shared import Event, personal_fields
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import KeysMissing
from infrastructure.event_store.schema import Row

_FETCHES = 3


@cache
def product_event_types() -> dict[str, type[Event]]:
    """Every event type of every context, by its tag."""
    return {event_type.tag: event_type for event_type in _event_types()}


def _event_types() -> Iterator[type[Event]]:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        yield from vars(import_module(module.name)).get("EVENTS", ())


@cache
def located_type(event_type: type[Event]) -> type[Any]:
    """The event type with `originator_id` (the stream) and `originator_version` beside its fields.

    It is a subclass: dispatching and matching on the event type itself find it.
    """
    return msgspec.defstruct(
        event_type.__name__,
        [("originator_id", UUID | str), ("originator_version", int)],
        bases=(event_type,),
        module=event_type.__module__,
        frozen=True,
        kw_only=True,
        gc=False,
    )


def located(event: Event, originator_id: UUID | str, originator_version: int) -> Any:
    """The event as it stands, or shall stand, at that version of that stream."""
    event = plain(event)
    return located_type(type(event))(
        originator_id=originator_id,
        originator_version=originator_version,
        **msgspec.structs.asdict(event),
    )


def plain(event: Event) -> Event:
    """The event without its place, equal to the product's own."""
    event_type = type(event)
    if "originator_id" not in event_type.__struct_fields__:
        return event
    fact_type: type[Event] = event_type.__bases__[0]
    return fact_type(**{name: getattr(event, name) for name in fact_type.__struct_fields__})


class Facts:
    """Encodes and decodes the product's facts, for synchronous callers.

    Without `opens_personal` personal fields come as they are stored, sealed, and facts that have
    any cannot be encoded.
    """

    def __init__(
        self,
        codec: EventCodec,
        run: Callable[[Coroutine[Any, Any, None]], None],
        *,
        opens_personal: bool,
    ) -> None:
        self._codec = codec
        self._run = run
        self._opens_personal = opens_personal
        self._subjects = {
            event_type: frozenset(fields.values())
            for event_type in product_event_types().values()
            if (fields := personal_fields(event_type))
        }

    def type_of(self, tag: str) -> type[Event] | None:
        return product_event_types().get(tag)

    def encode(self, fact: Event) -> bytes:
        """The payload of a located fact; whoever it is about gets a key if there is none.

        Raises `ValueError` where a master key is needed and none was given.
        """
        event = plain(fact)
        if type(event) in self._subjects and not self._opens_personal:
            raise ValueError(f"LIVE_MASTER_KEY must be set: {fact.tag} holds personal data")
        for _ in range(_FETCHES):
            try:
                return self._codec.encode(event)
            except KeysMissing as missing:
                self._run(self._codec.keyring.fetch(missing.persons, create=True))
        return self._codec.encode(event)

    def decode(self, tag: str, schema_version: int, payload: bytes) -> Event:
        """The event; `UnknownEvent` or `UndecodableEvent` where there is none."""
        row: Row = (0, "", 0, tag, schema_version, payload, 0, "", "", "", None, "", None, b"")
        event = self._codec.decode_sealed(row)
        if not self._opens_personal or type(event) not in self._subjects:
            return event
        keyring = self._codec.keyring
        persons = {getattr(event, subject) for subject in self._subjects[type(event)]}
        for _ in range(_FETCHES):
            if not all(map(keyring.has, persons)):
                self._run(keyring.fetch(persons, create=False))
            try:
                return self._codec.decode(row)
            except KeysMissing:
                continue  # the keyring made room for others meanwhile
        return self._codec.decode(row)
