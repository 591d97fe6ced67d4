"""Events to stored payloads and back: JSON, personal fields sealed, older shapes lifted.

Owns the mapping of type tags to event classes. What it cannot decode it says so of, row by row:
one bad record never hides the others. Whoever reads or appends that a person was erased has their
key no longer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from domain.identity.events import PersonalDataErased
from domain.shared import Event, Recorded, UndecodableEvent, UnknownEvent, personal_fields
from infrastructure.event_store.keyring import Keyring, KeysMissing
from infrastructure.event_store.schema import PAYLOAD, SCHEMA_VERSION, TYPE, Row
from infrastructure.event_store.upcasting import UPCASTERS, Upcaster, lifted

_encode = msgspec.json.Encoder().encode
_UNKNOWN = UnknownEvent()


class EventCodec:
    """Encodes and decodes the given event types; others decode as `UnknownEvent`."""

    def __init__(
        self,
        event_types: Iterable[type[Event]],
        keyring: Keyring,
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    ) -> None:
        self._types = {event_type.tag: event_type for event_type in event_types}
        self._decoders: dict[str, Callable[[bytes], Event]] = {
            tag: msgspec.json.Decoder(event_type).decode for tag, event_type in self._types.items()
        }
        self._personal: dict[type[Event], dict[str, str]] = {
            event_type: fields
            for event_type in self._types.values()
            if (fields := personal_fields(event_type))
        }
        self.keyring = keyring
        self._upcasters = upcasters

    def encode(self, event: Event) -> bytes:
        """The payload to store. Raises `KeysMissing` when a person's key is not at hand."""
        if isinstance(event, PersonalDataErased):
            self.keyring.drop(event.user_id)
        if (fields := self._personal.get(type(event))) is not None:
            event = self._with_personal(event, fields, self.keyring.seal)
        return _encode(event)

    def decode(self, row: Sequence[Any]) -> Event:
        """The event of a row, personal fields opened. Raises `KeysMissing`."""
        event = self.decode_sealed(row)
        if (fields := self._personal.get(type(event))) is not None:
            return self._with_personal(event, fields, self.keyring.open)
        return event

    def decode_sealed(self, row: Sequence[Any]) -> Event:
        """The event of a row with its personal fields as stored. Needs no keys."""
        tag = row[TYPE]
        event_type = self._types.get(tag)
        if event_type is None:
            return _UNKNOWN
        try:
            if row[SCHEMA_VERSION] < event_type.schema:
                event = self._lift(event_type, row[SCHEMA_VERSION], row[PAYLOAD])
            else:
                event = self._decoders[tag](row[PAYLOAD])
        except Exception as error:  # noqa: BLE001  # an upcaster may fail in any way
            return UndecodableEvent(problem=type(error).__name__)
        if isinstance(event, PersonalDataErased):
            self.keyring.drop(event.user_id)
        return event

    async def recorded(self, rows: Iterable[Row]) -> list[Recorded]:
        """The rows decoded, in their order; keys that are needed are fetched first."""
        decoded = [(row, self.decode_sealed(row)) for row in rows]
        await self._fetch_keys([event for _, event in decoded])
        while True:
            try:
                return [self._recorded(row, event) for row, event in decoded]
            except KeysMissing as dropped:  # while those of others were fetched
                await self.keyring.fetch(dropped.persons, create=False)

    async def _fetch_keys(self, events: Sequence[Event]) -> None:
        if not self._personal:
            return
        persons = {
            person
            for event in events
            for name, subject in self._personal.get(type(event), {}).items()
            if getattr(event, name) and not self.keyring.has(person := getattr(event, subject))
        }
        if persons:
            await self.keyring.fetch(persons, create=False)

    def _recorded(self, row: Row, event: Event) -> Recorded:
        if (fields := self._personal.get(type(event))) is not None:
            event = self._with_personal(event, fields, self.keyring.open)
        return Recorded(
            position=row[0],
            stream=row[1],
            version=row[2],
            type=row[3],
            event=event,
            schema_version=row[4],
            recorded_us=row[6],
            event_id=row[7],
            command_id=row[8],
            correlation_id=row[9],
            causation_id=row[10],
            actor=row[11],
            trace_id=row[12],
        )

    def _lift(self, event_type: type[Event], stored_version: int, payload: bytes) -> Event:
        raw = msgspec.json.decode(payload)
        versions = range(stored_version, event_type.schema)
        return msgspec.convert(lifted(self._upcasters, event_type.tag, versions, raw), event_type)

    def _with_personal(
        self, event: Event, fields: Mapping[str, str], transform: Callable[[str, str, str], str]
    ) -> Event:
        """What is left empty tells nothing of anybody, and needs no key."""
        return msgspec.structs.replace(
            event,
            **{
                name: transform(getattr(event, subject), text, f"{event.tag}.{name}")
                for name, subject in fields.items()
                if (text := getattr(event, name))
            },
        )
