"""Which commands a show's offers decide on their own, and what those who ask are answered."""

from datetime import datetime

import msgspec

from application.handling import Handler, Handlers, States, on_one_stream
from domain.shared import Money
from domain.showcase import commands as ask
from domain.showcase.deciding import SHOWCASE
from domain.showcase.showcase import Showcase
from domain.showcase.values import HoldPolicy, OfferStatus


class OfferAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer as it is now."""

    id: str
    stream_id: str
    status: OfferStatus
    sku: str
    code: str
    price: Money
    quantity: int | None
    per_customer: int | None
    hold_policy: HoldPolicy
    hold_seconds: int
    answer_seconds: int
    waitlist: bool
    opens_at: datetime | None
    closes_at: datetime | None
    open_seconds: int | None
    pinned: bool
    sold_out: bool


class ShowcaseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The show, and how it sells."""

    id: str
    merge_orders: bool


_OfferCommand = ask.PrepareOffer | ask.ReviseOffer | ask.OfferCommand
_InTime = ask.OpenOfferInTime | ask.CloseOfferInTime | ask.CloseShowcase


def offer_answer(command: _OfferCommand, states: States) -> OfferAnswer:
    showcase: Showcase = states[0]
    offer = showcase.offers[command.offer_id]
    terms = offer.terms
    return OfferAnswer(
        id=command.offer_id,
        stream_id=command.stream_id,
        status=offer.status,
        sku=terms.sku,
        code=terms.code,
        price=terms.price,
        quantity=terms.quantity,
        per_customer=terms.per_customer,
        hold_policy=terms.hold_policy,
        hold_seconds=terms.hold_seconds,
        answer_seconds=terms.answer_seconds,
        waitlist=terms.waitlist,
        opens_at=terms.opens_at,
        closes_at=offer.closes_at or terms.closes_at,
        open_seconds=terms.open_seconds,
        pinned=showcase.pinned == command.offer_id,
        sold_out=offer.sold_out,
    )


def showcase_answer(command: ask.ChangeMerging, states: States) -> ShowcaseAnswer:
    return ShowcaseAnswer(id=command.stream_id, merge_orders=states[0].merge_orders)


def _stream_id(command: _OfferCommand | _InTime) -> str:
    return command.stream_id


_ABOUT_AN_OFFER: Handler = on_one_stream(SHOWCASE, _stream_id, offer_answer)
_FOR_THE_RECORD: Handler = on_one_stream(SHOWCASE, _stream_id)

HANDLERS: Handlers = {
    ask.ReviseOffer: _ABOUT_AN_OFFER,
    ask.OpenOffer: _ABOUT_AN_OFFER,
    ask.CloseOffer: _ABOUT_AN_OFFER,
    ask.PinProduct: _ABOUT_AN_OFFER,
    ask.UnpinProduct: _ABOUT_AN_OFFER,
    ask.OpenOfferInTime: _FOR_THE_RECORD,
    ask.CloseOfferInTime: _FOR_THE_RECORD,
    ask.CloseShowcase: _FOR_THE_RECORD,
}
