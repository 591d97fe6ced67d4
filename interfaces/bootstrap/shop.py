"""Wires the shop's services: what is sold in a show, claimed, ordered and sent."""

from pathlib import Path

from application.catalogue.services import CataloguePorts, CatalogueServices
from application.ordering.numbering import Numbers
from application.ordering.ports import CommerceTerms
from application.ports import RecentStates
from application.processes.claiming import Claiming
from application.processes.comment_orders import CommentClaims
from application.processes.holds import Holds
from application.processes.offer_hours import OfferClock
from application.processes.offering import Offering
from application.processes.orders import OrderPorts, Orders
from application.processes.show_over import ShowClosing
from application.processes.waitlist import Waitlists
from infrastructure.cart_index import ProjectedCartIndex
from infrastructure.commerce_terms import OWN, BadTerms, load_terms
from infrastructure.event_store.known_commands import SqlKnownCommands
from infrastructure.event_store.recent_states import SequencerStates
from infrastructure.ids import derived_id, new_id
from infrastructure.keyed_digests import KeyedDigests
from infrastructure.media_index import ProjectedMediaIndex
from infrastructure.offer_shows import ProjectedOfferShows
from infrastructure.order_index import ProjectedOrderIndex
from infrastructure.settings import SettingError, Settings
from interfaces.bootstrap.parts import Outside, Parts
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


def comment_claims(parts: Parts) -> CommentClaims:
    return CommentClaims(
        claims=claims(parts),
        log=parts.store.log,
        known=SqlKnownCommands(parts.store.engine),
        clock=now,
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


def offering(parts: Parts) -> Offering:
    return Offering(bus=parts.bus, log=parts.store.log, states=recent_states(parts))


def offer_shows(parts: Parts) -> ProjectedOfferShows:
    return ProjectedOfferShows(parts.views)


def offer_clock(parts: Parts) -> OfferClock:
    return OfferClock(bus=parts.bus, clock=now, derived_id=derived_id)


def show_closing(parts: Parts) -> ShowClosing:
    return ShowClosing(bus=parts.bus, log=parts.store.log, clock=now, derived_id=derived_id)


def commerce_terms(settings: Settings) -> CommerceTerms:
    """Raises `SettingError`."""
    path = Path(settings.commerce_terms).expanduser() if settings.commerce_terms else OWN
    try:
        return load_terms(path, development=settings.env == "development")
    except BadTerms as unusable:
        raise SettingError("LIVE_COMMERCE_TERMS", str(unusable)) from None


def orders(parts: Parts, outside: Outside, terms: CommerceTerms) -> Orders:
    return Orders(
        OrderPorts(
            bus=parts.bus,
            log=parts.store.log,
            recent=recent_states(parts),
            known=SqlKnownCommands(parts.store.engine),
            terms=terms,
            numbers=Numbers(
                bus=parts.bus,
                clock=now,
                new_id=new_id,
                key=KeyedDigests(outside.vault, "order-number-key"),
            ),
            index=ProjectedOrderIndex(parts.views),
            clock=now,
            new_id=new_id,
            derived_id=derived_id,
        )
    )


def catalogue_services(parts: Parts, outside: Outside) -> CatalogueServices:
    return CatalogueServices(
        CataloguePorts(
            bus=parts.bus,
            known=SqlKnownCommands(parts.store.engine),
            log=parts.store.log,
            objects=outside.objects,
            index=ProjectedMediaIndex(parts.views),
            clock=now,
            new_id=new_id,
        )
    )
