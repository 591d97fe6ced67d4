"""Maps what stands in the log to Python objects and back, for the library.

Facts of the product are found by their type tag. Everything else goes by the library's topics:
msgspec structs as JSON, and the library's own kinds of events as the library does it.
"""

from collections.abc import Callable
from typing import Any, cast

import msgspec
from eventsourcing.domain import DomainEventProtocol, TAggregateID
from eventsourcing.persistence import (
    Mapper,
    MapperDeserialisationError,
    ProgrammingError,
    StoredEvent,
)
from eventsourcing.utils import get_topic, resolve_topic

from domain.shared import Event, UndecodableEvent, UnknownEvent
from infrastructure.eventsourcing_module.facts import Facts, located
from infrastructure.eventsourcing_module.versioned import VersionedEvent, schema_version

_encode = msgspec.json.Encoder().encode


class LogMapper(Mapper[TAggregateID]):
    """The factory gives it the product's facts with `know`.

    A compressor or cipher is applied to the analyst's own events alone: facts must stay readable
    to the product, and their personal fields have keys of their own.
    """

    _facts: Facts | None = None

    def know(self, facts: Facts) -> None:
        self._facts = facts

    def to_stored_event(self, domain_event: DomainEventProtocol[TAggregateID]) -> StoredEvent:
        """Facts must be `located`. Raises `ProgrammingError` for those that are not ours."""
        event: Any = domain_event
        if isinstance(event, Event):
            return self._stored_fact(event)
        if isinstance(event, msgspec.Struct):
            state = self._closed(_encode(event))
            return StoredEvent(
                domain_event.originator_id, domain_event.originator_version,
                get_topic(type(event)), state,
            )  # fmt: skip
        return super().to_stored_event(domain_event)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[TAggregateID]:
        """Raises `MapperDeserialisationError`; a fact of an unknown type is an `UnknownEvent`."""
        topic = stored_event.topic
        if self._facts is not None and self._facts.type_of(topic) is not None:
            return cast("DomainEventProtocol[TAggregateID]", self._fact(self._facts, stored_event))
        if ":" not in topic:  # the library's topics have one, our tags have none
            unknown = UnknownEvent()
            return cast("DomainEventProtocol[TAggregateID]", _located(unknown, stored_event))
        event_class = resolve_topic(topic)
        if isinstance(event_class, type) and issubclass(event_class, msgspec.Struct):
            decode = msgspec.json.Decoder(event_class).decode
            struct = _decoded(stored_event, lambda: decode(self._opened(stored_event.state)))
            return cast("DomainEventProtocol[TAggregateID]", struct)
        return super().to_domain_event(stored_event)

    def _stored_fact(self, fact: Any) -> StoredEvent:
        event_type = self._facts.type_of(fact.tag) if self._facts is not None else None
        if self._facts is None or event_type is None:
            raise ProgrammingError(f"{fact.tag} is no type of event of the product")
        state = self._facts.encode(fact)
        where = (fact.originator_id, fact.originator_version, fact.tag, state)
        if event_type.schema > 1:
            return VersionedEvent(*where, event_type.schema)
        return StoredEvent(*where)

    def _fact(self, facts: Facts, stored: StoredEvent) -> Any:
        event = facts.decode(stored.topic, schema_version(stored), stored.state)
        if isinstance(event, UndecodableEvent):
            raise MapperDeserialisationError(f"{_where(stored)}: {event.problem}")
        return _located(event, stored)

    def _closed(self, state: bytes) -> bytes:
        if self.compressor is not None:
            state = self.compressor.compress(state)
        return self.cipher.encrypt(state) if self.cipher is not None else state

    def _opened(self, state: bytes) -> bytes:
        if self.cipher is not None:
            state = self.cipher.decrypt(state)
        return self.compressor.decompress(state) if self.compressor is not None else state


def _decoded(stored: StoredEvent, decode: Callable[[], Any]) -> Any:
    try:
        return decode()
    except Exception as error:  # a cipher or compressor may raise anything
        raise MapperDeserialisationError(f"{_where(stored)}: {error}") from error


def _located(event: Event, stored: StoredEvent) -> Any:
    return located(event, stored.originator_id, stored.originator_version)


def _where(stored: StoredEvent) -> str:
    return f"{stored.topic} at version {stored.originator_version} of {stored.originator_id}"
