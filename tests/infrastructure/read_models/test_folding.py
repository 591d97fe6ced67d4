"""Folding is the same however the log is cut into batches, and however often a part is repeated."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from domain.shared import Event, Recorded
from infrastructure.read_models.folding import Folding
from infrastructure.read_models.store import Mark, Parked, error_text
from tests.support.projections import Left, Score, Scored, table_scores

SCORES = table_scores()
_NAMES = st.sampled_from(["ann", "bob", "cid", "d" * 300, "é"])
_EVENTS = st.one_of(
    st.builds(
        Scored, player=_NAMES, points=st.integers(-3, 3), note=st.sampled_from(["", "", "poison"])
    ),
    st.builds(Left, player=_NAMES),
)


class Kept:
    """A store in memory: what a generation would hold."""

    def __init__(self) -> None:
        self.views: dict[str, bytes] = {}
        self.parked: dict[str, Parked] = {}
        self.mark = Mark(0, 0)
        self.looked_for: set[str] = set()

    async def load(self, keys: Collection[str]) -> dict[str, bytes]:
        self.looked_for.update(keys)
        return {key: self.views[key] for key in keys if key in self.views}

    async def holding(self, _persons: Collection[str]) -> dict[str, set[str]]:
        return {}

    def commit(self, folding: Folding[Score], position: int) -> None:
        change = folding.change(self.mark, position)
        folding.settle()
        for key, touched in change.views.items():
            if touched.after is None:
                self.views.pop(key)
            else:
                self.views[key] = json.encode(touched.after)
        self.parked |= {each.stream: each for each in change.parked}
        self.mark = change.after


def recorded(events: Sequence[Event]) -> list[Recorded]:
    return [
        Recorded(
            position=position,
            stream=f"player-{getattr(event, 'player', '')[:5]}",
            version=position,
            type=event.tag,
            event=event,
            recorded_us=0,
            event_id="",
            schema_version=1,
            command_id="",
            correlation_id="",
            causation_id=None,
            actor="",
            trace_id=None,
        )
        for position, event in enumerate(events, start=1)
    ]


def project(events: Sequence[Recorded], cuts: Collection[int], restarts: Collection[int]) -> Kept:
    """Folds in batches that end at `cuts`; at `restarts` everything not committed is forgotten."""

    async def run() -> Kept:
        kept, folding = Kept(), Folding(SCORES)
        for end in sorted({*cuts, len(events)}):
            batch = events[kept.mark.position : end]
            if end in restarts:
                await Folding(SCORES, kept.parked).take(batch, kept)
                folding = Folding(SCORES, kept.parked)
            await folding.take(batch, kept)
            kept.commit(folding, end)
        return kept

    return asyncio.run(run())


@given(st.lists(_EVENTS, max_size=40), st.data())
def test_batches_and_restarts_change_nothing(events: list[Event], data: st.DataObject) -> None:
    ends = st.sets(st.integers(0, len(events)))
    at_once = project(recorded(events), (), ())
    bit_by_bit = project(recorded(events), data.draw(ends), data.draw(ends))
    assert bit_by_bit.views == at_once.views
    assert {each.position for each in bit_by_bit.parked.values()} == {
        each.position for each in at_once.parked.values()
    }


@given(st.lists(_EVENTS, max_size=40))
def test_every_event_is_in_its_view_or_behind_a_parked_one(events: list[Event]) -> None:
    kept = project(recorded(events), (), ())
    for each in recorded(events):
        parked = kept.parked.get(each.stream)
        is_poison = isinstance(each.event, Scored) and each.event.note == "poison"
        is_poison = is_poison or each.stream in {"player-é", "player-ddddd"}
        assert not is_poison or (parked is not None and parked.position <= each.position)


def test_a_view_that_an_event_begins_is_not_looked_for() -> None:
    begun = replace(SCORES, begins=frozenset({Scored.tag}))
    kept, folding = Kept(), Folding(begun)
    kept.views["bob"] = json.encode(Score(player="bob", points=5, events=1))
    events = recorded([Scored(player="ann", points=1), Left(player="bob")])
    asyncio.run(folding.take(events, kept))
    assert kept.looked_for == {"bob"}
    kept.commit(folding, 2)
    assert kept.views.keys() == {"ann"}


def test_error_text_shows_no_values() -> None:
    assert error_text(KeyError("0912-345-678")) == "KeyError: '…'"
    assert error_text(ValueError("no \"Somchai\" in 'x'")) == "ValueError: no '…' in '…'"
    assert len(error_text(ValueError("y" * 1000))) == 200
    assert error_text(RuntimeError()) == "RuntimeError"
