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

    `streams` names the streams a command reads and may append to, each once; `deciders` has a
    decider for each of their categories. Some may be there or not, as an order's coupon, or any
    number of them, as its SKUs. `decide` gets their states in that order and returns as many
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
        if len(streams) == 1:
            return self.deciders[:1]
        by_category = {decider.category: decider for decider in self.deciders}
        return tuple(by_category[stream.partition("-")[0]] for stream in streams)


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
