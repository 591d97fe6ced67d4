"""Events as they were stored once decode for ever.

One file per event type and schema version, `<tag>.<version>.json`: the payload as in the log, with
personal fields sealed. Never change a file: a new shape is a new version with an upcaster.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.ext.asyncio import create_async_engine

from domain.audience import events as audience
from domain.catalogue import events as catalogue
from domain.chat import events as chat
from domain.identity import events as identity
from domain.inventory import events as inventory
from domain.ordering import events as ordering
from domain.shared import Event, UndecodableEvent, UnknownEvent
from domain.showcase import events as showcase
from domain.streaming import events as streaming
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.schema import PAYLOAD, SCHEMA_VERSION, TYPE

EVENTS: tuple[type[Event], ...] = (
    *streaming.EVENTS,
    *identity.EVENTS,
    *chat.EVENTS,
    *audience.EVENTS,
    *catalogue.EVENTS,
    *inventory.EVENTS,
    *showcase.EVENTS,
    *ordering.EVENTS,
)
GOLDEN = sorted((Path(__file__).parent / "events").glob("*.json"))


def golden(event: type[Event]) -> Path:
    return Path(__file__).parent / "events" / f"{event.tag}.{event.schema}.json"


def decoded(tag: str, version: int, payload: bytes) -> Event:
    """As read from a log written by any version of this code; keys are not needed for it."""
    engine = create_async_engine("sqlite+aiosqlite://")
    keyring = Keyring(engine, MultiFernet([Fernet(Fernet.generate_key())]))
    row: list[Any] = [None] * 8
    row[TYPE], row[SCHEMA_VERSION], row[PAYLOAD] = tag, version, payload
    return EventCodec(EVENTS, keyring).decode_sealed(row)


def test_every_event_type_has_a_golden_file_of_its_present_shape() -> None:
    assert [event.tag for event in EVENTS if not golden(event).exists()] == []


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_events_decode(path: Path) -> None:
    tag, version = path.stem.rsplit(".", 1)
    event = decoded(tag, int(version), path.read_bytes())
    assert not isinstance(event, UndecodableEvent | UnknownEvent)
    assert event.tag == tag


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_events_of_the_present_shape_are_stored_as_their_golden_file(event: type[Event]) -> None:
    payload = golden(event).read_bytes()
    again = msgspec.json.encode(decoded(event.tag, event.schema, payload))
    assert msgspec.json.decode(again) == msgspec.json.decode(payload)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_events_with_fields_of_a_later_version_decode(event: type[Event]) -> None:
    payload = msgspec.json.decode(golden(event).read_bytes())
    later = msgspec.json.encode({**payload, "field_of_the_future": {"nested": [1]}})
    assert decoded(event.tag, event.schema, later) == decoded(
        event.tag, event.schema, msgspec.json.encode(payload)
    )
