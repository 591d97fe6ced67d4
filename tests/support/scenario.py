"""Tests of deciders as sentences: given these facts, when this is asked, then these follow."""

from collections.abc import Callable
from functools import reduce
from typing import Any, Generic, TypeVar

import pytest

from domain.shared import Command, Decider, DomainError, Event

S = TypeVar("S")


class Scenario(Generic[S]):
    """`Scenario(LIVE_STREAM).given(*facts).when(command).then(*facts)`."""

    def __init__(self, decider: Decider[S]) -> None:
        self._decider = decider
        self.state = decider.initial
        self._decide: Callable[[], tuple[Event, ...]] = tuple

    def given(self, *events: Event) -> "Scenario[S]":
        self.state = reduce(self._decider.evolve, events, self.state)
        return self

    def when(self, command: Command) -> "Scenario[S]":
        self._decide = lambda: self._decider.decide(self.state, command)
        return self

    def then(self, *events: Event) -> "Scenario[S]":
        """Exactly these, in this order. Goes on from the state after them."""
        assert self._decide() == events
        return self.given(*events)

    def then_nothing(self) -> "Scenario[S]":
        return self.then()

    def then_refused(self, error: type[DomainError], **fields: Any) -> "Scenario[S]":
        """Refused by exactly this error, with at least these fields."""
        with pytest.raises(error) as refusal:
            self._decide()
        assert type(refusal.value) is error
        assert refusal.value.fields.items() >= fields.items()
        return self
