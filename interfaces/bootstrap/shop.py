"""Wires the shop's services: what is sold in a show, claimed, ordered and sent."""

from application.ports import RecentStates
from application.processes.claiming import Claiming
from application.processes.holds import Holds
from application.processes.waitlist import Waitlists
from infrastructure.cart_index import ProjectedCartIndex
from infrastructure.event_store.recent_states import SequencerStates
from infrastructure.ids import derived_id
from interfaces.bootstrap.parts import Parts
from interfaces.bootstrap.services import now


def recent_states(parts: Parts) -> RecentStates:
    return SequencerStates(parts.bus, parts.store.log)


def claims(parts: Parts) -> Claiming:
    return Claiming(
        bus=parts.bus,
        log=parts.store.log,
        recent=recent_states(parts),
        derived_id=derived_id,
    )


def holds(parts: Parts) -> Holds:
    return Holds(
        bus=parts.bus,
        log=parts.store.log,
        index=ProjectedCartIndex(parts.views),
        clock=now,
        derived_id=derived_id,
    )


def waitlists(parts: Parts) -> Waitlists:
    return Waitlists(bus=parts.bus, log=parts.store.log, clock=now, derived_id=derived_id)
