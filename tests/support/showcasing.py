"""Valid commands and facts of a showcase by default: a test states only what matters to it."""

from typing import Any

from domain.shared import Event, Money
from domain.showcase import commands as ask
from domain.showcase import events as fact
from domain.showcase.deciding import SHOWCASE
from domain.showcase.showcase import Showcase
from domain.showcase.values import OfferTerms
from tests.support.builders import HOST, NOON, SHOW, at
from tests.support.scenario import Scenario

OFFER = "0190f3a2-0000-7000-8000-00000000a001"
ANOTHER = "0190f3a2-0000-7000-8000-00000000a002"
OPENED = fact.ShowcaseOpened(host_id=HOST, market="TW")


def terms(**changes: Any) -> OfferTerms:
    told: dict[str, Any] = {
        "sku": "COAT-RED-M",
        "product_id": "0190f3a2-0000-7000-8000-00000000b001",
        "code": "A01",
        "price": Money(amount=1290, currency="TWD"),
        "titles": {"zh-TW": "紅色大衣"},
    }
    return OfferTerms(**{**told, **changes})


def prepare(offer_id: str = OFFER, **changes: Any) -> ask.PrepareOffer:
    """Of the terms, and who asks: `by`, `as_admin`, `merchant_id`."""
    own: dict[str, Any] = {
        name: changes.pop(name) for name in ("by", "as_admin", "merchant_id") if name in changes
    }
    known: dict[str, Any] = {"by": HOST, "host_id": HOST, "merchant_id": HOST, **own}
    return ask.PrepareOffer(
        stream_id=SHOW, offer_id=offer_id, terms=terms(**changes), now=NOON, **known
    )


def revise(**changes: Any) -> ask.ReviseOffer:
    told: dict[str, Any] = {"stream_id": SHOW, "by": HOST, "offer_id": OFFER, "now": NOON}
    return ask.ReviseOffer(**{**told, **changes})


def open_offer(offer_id: str = OFFER, *, seconds: float = 0, by: str = HOST) -> ask.OpenOffer:
    return ask.OpenOffer(stream_id=SHOW, by=by, offer_id=offer_id, now=at(seconds))


def asking(kind: type[ask.OfferCommand], offer_id: str = OFFER, by: str = HOST) -> ask.OfferCommand:
    return kind(stream_id=SHOW, by=by, offer_id=offer_id)


def prepared(offer_id: str = OFFER, **changes: Any) -> fact.OfferPrepared:
    return fact.OfferPrepared(offer_id=offer_id, terms=terms(**changes))


def opened(
    offer_id: str = OFFER, *, seconds: float = 0, until: float | None = None
) -> fact.OfferOpened:
    closes_at = None if until is None else at(until)
    return fact.OfferOpened(offer_id=offer_id, opened_at=at(seconds), closes_at=closes_at)


def closed(reason: Any = "host", offer_id: str = OFFER) -> fact.OfferClosed:
    return fact.OfferClosed(offer_id=offer_id, reason=reason)


def given(*events: Event) -> Scenario[Showcase]:
    """In a show that sells."""
    return Scenario(SHOWCASE).given(OPENED, *events)
