"""How a command type finds the streams and the decider that decide it.

Owns the registry's vocabulary. Running it, durably and in order, is the sequencer's work.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from domain.shared import Command, Decider, Event

C = TypeVar("C", bound=Command)
States = tuple[Any, ...]
Decision = Sequence[tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class Handler:
    """How commands of one type are decided.

    `streams` names the streams a command reads and may append to, each once. `deciders` has the
    decider of each, in the same order; the last is that of all further streams too, as an order
    touches as many SKUs as it has. `decide` gets their states in that order and returns as many
    tuples of events. `answer` is made of the states after them; it is kept, so a repeated command
    id gets the first answer again. `opens` says that the first stream is expected to be new: it
    is then not read before deciding, and should it exist after all, the command is decided again
    on what stands there.
    """

    deciders: tuple[Decider[Any], ...]
    streams: Callable[[Any], tuple[str, ...]]
    decide: Callable[[States, Any], Decision]
    answer: Callable[[Any, States], msgspec.Struct | None]
    opens: bool = False

    def deciders_of(self, streams: Sequence[str]) -> tuple[Decider[Any], ...]:
        """One for each of the streams."""
        few = self.deciders[: len(streams)]
        return few + (few[-1],) * (len(streams) - len(few))


Handlers = Mapping[type[Command], Handler]


def no_answer(_command: Command, _states: States) -> None:
    return None


def on_one_stream(
    decider: Decider[Any],
    entity_id: Callable[[Any], str],
    answer: Callable[[Any, States], msgspec.Struct | None] = no_answer,
    *,
    opens: bool = False,
) -> Handler:
    """The common case: one command, one stream, the decider's own `decide`."""

    def streams(command: Any) -> tuple[str, ...]:
        return (decider.stream(entity_id(command)),)

    def decide(states: States, command: Any) -> Decision:
        return (decider.decide(states[0], command),)

    return Handler((decider,), streams, decide, answer, opens)
