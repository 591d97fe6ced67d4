"""Stored events decode for ever: new fields, old shapes, unknown types, and broken records."""

import time
from typing import Any, ClassVar
from unittest.mock import Mock

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.identity.events import PersonalDataErased
from domain.shared import Event, UndecodableEvent, UnknownEvent, personal_fields
from infrastructure.database import create_engine
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from tests.support.accounts import MASTER, AccountOpened, MoneyPaidIn

NOWHERE = Keyring(create_engine("sqlite+aiosqlite://"), MASTER)


class Priced(Event, frozen=True, kw_only=True):
    """Third shape: the amount was in whole units once, and had no currency before that."""

    tag: ClassVar[str] = "testing.Priced"
    schema: ClassVar[int] = 3
    amount: int
    currency: str


def in_minor_units(payload: dict[str, Any]) -> dict[str, Any]:
    return {**payload, "amount": payload["amount"] * 100}


def row(tag: str, payload: bytes, schema_version: int = 1) -> tuple[Any, ...]:
    return (1, "s-1", 1, tag, schema_version, payload)


def codec(*event_types: type[Event], upcasters: Any = None) -> EventCodec:
    return EventCodec(event_types, NOWHERE, upcasters or {})


def test_decode_tolerates_fields_it_does_not_know() -> None:
    stored = row("accounts.MoneyPaidIn", b'{"amount":5,"from_a_later_version":true}')
    assert codec(MoneyPaidIn).decode(stored) == MoneyPaidIn(amount=5)


def test_decode_lifts_an_old_shape_step_by_step() -> None:
    upcasters = {
        ("testing.Priced", 1): lambda payload: {**payload, "currency": "THB"},
        ("testing.Priced", 2): in_minor_units,
    }
    old = codec(Priced, upcasters=upcasters).decode(row("testing.Priced", b'{"amount":7}'))
    assert old == Priced(amount=700, currency="THB")


def test_decode_says_unknown_of_types_it_does_not_know() -> None:
    assert codec().decode(row("later.Thing", b"{}")) == UnknownEvent()


def test_decode_says_undecodable_of_a_broken_record() -> None:
    for payload in (b"{", b'{"amount":"x"}', b"\xff", b"null", b""):
        decoded = codec(MoneyPaidIn).decode(row("accounts.MoneyPaidIn", payload))
        assert isinstance(decoded, UndecodableEvent)


def test_decode_says_undecodable_of_what_cannot_be_lifted() -> None:
    for problem in (ValueError, AttributeError, IndexError):
        upcasters = {("testing.Priced", 1): Mock(side_effect=problem)}
        decoded = codec(Priced, upcasters=upcasters).decode(row("testing.Priced", b"{}"))
        assert decoded == UndecodableEvent(problem=problem.__name__)


def test_personal_fields_are_found_by_their_mark() -> None:
    assert personal_fields(AccountOpened) == {"owner_name": "owner"}
    assert personal_fields(MoneyPaidIn) == {}


def test_empty_personal_field_needs_no_key() -> None:
    event = AccountOpened(owner="p", owner_name="")
    stored = row(event.tag, codec(AccountOpened).encode(event))
    assert not NOWHERE.has("p")
    assert codec(AccountOpened).decode(stored) == event


def test_reading_or_appending_an_erasure_drops_the_persons_key() -> None:
    erased = PersonalDataErased(user_id="p", subject_key_id="p", method="key_destroyed")
    for meet in (codec(PersonalDataErased).encode, _decoded):
        NOWHERE._keys["p"] = (None, time.monotonic() + 60)
        meet(erased)
        assert not NOWHERE.has("p")


def _decoded(event: Event) -> Event:
    return codec(type(event)).decode_sealed(row(event.tag, msgspec.json.encode(event)))


@given(st.integers(min_value=-(2**62), max_value=2**62))
def test_encode_and_decode_are_inverse(amount: int) -> None:
    event = MoneyPaidIn(amount=amount)
    stored = row(event.tag, codec(MoneyPaidIn).encode(event))
    assert codec(MoneyPaidIn).decode(stored) == event
    assert msgspec.json.decode(stored[5]) == {"amount": amount}
