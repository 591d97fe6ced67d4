"""What every context is built from: events, commands, refusals, deciders and the few shared values.

Owns no business rule of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_args, get_type_hints

import msgspec

Language = Literal["zh-TW", "zh-CN", "th", "ja", "en"]
Market = Literal["TW", "TH"]
Currency = Literal["TWD", "THB", "JPY"]

CURRENCY_EXPONENTS: dict[Currency, int] = {"TWD": 0, "JPY": 0, "THB": 2}
ERASED_TEXT = "[erased]"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount in minor units; the exponent is the currency's (TWD 0, JPY 0, THB 2)."""

    amount: int
    currency: Currency


class Personal(msgspec.Struct, frozen=True):
    """Marks a text field as personal data of the person whose id stands in the field `subject`.

    The log stores such a field encrypted with that person's key. Once the key is destroyed it
    reads `ERASED_TEXT`. A decider's state never holds one: states are cached and snapshotted.
    """

    subject: str


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A business fact. Who, when and why it was recorded stand in `Recorded`, not here."""

    tag: ClassVar[str]
    schema: ClassVar[int] = 1


def personal_fields(event_type: type[Event]) -> dict[str, str]:
    """The personal fields of an event type, each with the field that holds the person's id."""
    hints = get_type_hints(event_type, include_extras=True)
    return {
        name: mark.subject
        for name in event_type.__struct_fields__
        for mark in get_args(hints[name])
        if isinstance(mark, Personal)
    }


class UnknownEvent(Event, frozen=True, kw_only=True):
    """A fact of a type this version of the code does not know; kept, never guessed at."""

    tag: ClassVar[str] = "unknown"


class UndecodableEvent(Event, frozen=True, kw_only=True):
    """A fact whose stored payload does not fit its type. Whoever folds it must set it aside."""

    tag: ClassVar[str] = "undecodable"
    problem: str


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A request to decide on. Time and new ids arrive in it: deciding is pure."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event with its envelope, as it stands in the log.

    `position` counts 1, 2, 3 … without gaps in commit order over the whole log; `version` does
    so within the stream. `recorded_us` is UTC microseconds since 1970.
    """

    position: int
    stream: str
    version: int
    type: str
    event: Event
    recorded_us: int
    event_id: str
    schema_version: int
    command_id: str
    correlation_id: str
    causation_id: str | None
    actor: str
    trace_id: str | None

    @property
    def recorded_at(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.recorded_us)

    @property
    def entity_id(self) -> str:
        """The id behind the stream's category: `live_stream-<id>` gives `<id>`."""
        return self.stream.partition("-")[2]


class DomainError(Exception):
    """A refusal. `code` is stable and snake_case; `fields` fill the message catalogue's text."""

    code: ClassVar[str]

    def __init__(self, **fields: Any) -> None:
        super().__init__(self.code)
        self.fields = fields


S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Decider(Generic[S]):
    """How streams of one category decide: pure functions and the state before the first event.

    `decide` returns the events to append (none: nothing to do) or raises a `DomainError`;
    `evolve` never raises. `revision` goes up when the state's shape changes, or what `evolve`
    makes of events, new types included: that discards the snapshots older code has stored.
    """

    category: str
    initial: S
    decide: Callable[[S, Any], tuple[Event, ...]]
    evolve: Callable[[S, Any], S]
    revision: int = 1

    def stream(self, entity_id: str) -> str:
        return f"{self.category}-{entity_id}"
