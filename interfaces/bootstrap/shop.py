"""Wires the shop's services: what is sold in a show, claimed, ordered and sent."""

from application.ports import RecentStates
from infrastructure.event_store.recent_states import SequencerStates
from interfaces.bootstrap.parts import Parts


def recent_states(parts: Parts) -> RecentStates:
    return SequencerStates(parts.bus, parts.store.log)
