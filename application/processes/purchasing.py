"""Puts a `PlaceOrder` together: whose cart it is, on what terms, with which streams. All of it may
be out of date when it is decided; the decision proves it."""

from datetime import datetime

import msgspec

from application.ordering.answers import OrderAnswer
from application.ordering.ports import CommerceTerms, MarketTerms
from application.ports import EventLog
from application.processes import checkout
from application.processes.looking import Look
from domain.ordering.cart import Cart
from domain.ordering.carting import CART
from domain.ordering.commands import PlaceOrder
from domain.ordering.errors import (
    CartEmptyError,
    NotTheBuyerError,
    PaymentMethodError,
    ShippingMethodError,
)
from domain.ordering.events import OrderPlaced
from domain.ordering.ordering import ORDER, may_merge
from domain.ordering.values import CASH_ON_DELIVERY, CheckoutTerms, ShippingTerms, Store
from domain.shared import Money
from domain.showcase.deciding import SHOWCASE
from domain.showcase.showcase import Showcase


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What a buyer asks for at checkout."""

    cart_id: str
    buyer_id: str
    now: datetime
    payment_method: str
    shipping_method: str
    recipient: str
    phone: str
    address: str = ""
    store: Store | None = None
    coupon: str | None = None
    expected_total: Money | None = None

    def __repr__(self) -> str:
        return f"Purchase(cart_id={self.cart_id!r}, …)"


_NONE = Money(amount=0, currency="TWD")
_NO_TERMS = CheckoutTerms(
    tax_basis_points=0,
    shipping=ShippingTerms(method="", needs="address", fee=_NONE, cod_fee=_NONE),
    payment_method="",
    payment_seconds=None,
)


def unresolved(purchase: Purchase, order_id: str) -> PlaceOrder:
    """What it asks for, before anything was looked up."""
    return PlaceOrder(
        cart_id=purchase.cart_id,
        buyer_id=purchase.buyer_id,
        stream_id="",
        now=purchase.now,
        order_id=order_id,
        number="",
        skus=(),
        terms=_NO_TERMS,
        recipient=purchase.recipient,
        phone=purchase.phone,
        address=purchase.address,
        store=purchase.store,
        coupon=purchase.coupon,
        expected_total=purchase.expected_total,
    )


async def resolved(
    purchase: Purchase, order_id: str, look: Look, terms: CommerceTerms
) -> PlaceOrder:
    """Raises `CartEmptyError` where there is no such cart, `NotTheBuyerError`,
    `ShippingMethodError`, `PaymentMethodError`."""
    cart = await cart_of(purchase.cart_id, look)
    if cart.buyer_id != purchase.buyer_id:
        raise NotTheBuyerError()
    chosen = _chosen(purchase, terms.at(cart.market, purchase.now))
    return msgspec.structs.replace(
        unresolved(purchase, order_id),
        stream_id=cart.stream_id,
        skus=_skus(cart, purchase),
        terms=chosen,
    )


async def cart_of(cart_id: str, look: Look) -> Cart:
    cart: Cart = (await look(CART, CART.stream(cart_id))).state
    if not cart.buyer_id:
        raise CartEmptyError()
    return cart


def _chosen(purchase: Purchase, terms: MarketTerms) -> CheckoutTerms:
    shipping = terms.way_to_send(purchase.shipping_method)
    if shipping is None:
        raise ShippingMethodError(field="shipping.method")
    payment = terms.way_to_pay(purchase.payment_method)
    if payment is None:
        raise PaymentMethodError(field="payment_method")
    return CheckoutTerms(
        tax_basis_points=terms.tax_basis_points,
        shipping=shipping,
        payment_method=payment.id,
        payment_seconds=payment.seconds,
        payment_least=payment.least,
        payment_most=payment.most,
    )


def _skus(cart: Cart, purchase: Purchase) -> tuple[str, ...]:
    """Whose stock may have to change: where nothing is left to pay, that of everything."""
    everything = purchase.payment_method == CASH_ON_DELIVERY or purchase.coupon is not None
    return tuple(
        dict.fromkeys(
            line.sku for line in cart.lines.values() if line.aside or (everything and line.quantity)
        )
    )


async def merged(command: PlaceOrder, look: Look, log: EventLog) -> PlaceOrder:
    """Into the unpaid order that the items join: where the show has it so, and they go the same way
    to the same person. That they join none is said of the order that was looked at."""
    cart = await cart_of(command.cart_id, look)
    if cart.order_id is None:
        return command
    showcase: Showcase = (await look(SHOWCASE, SHOWCASE.stream(command.stream_id))).state
    if not showcase.merge_orders:
        return command
    joins = await _joins(cart.order_id, cart, command, log)
    return msgspec.structs.replace(
        command, seen_order_id=cart.order_id, merges_into=cart.order_id if joins else None
    )


async def _joins(order_id: str, cart: Cart, command: PlaceOrder, log: EventLog) -> bool:
    """By the log: an order that memory knows from before may have been given more time. Who only
    asks what it would cost has not said where it goes: the same way as the last, then."""
    stream = ORDER.stream(order_id)
    more = sum(1 for line in cart.lines.values() if line.quantity)
    if not may_merge((await log.load(ORDER, stream)).state, command, more):
        return False
    if not command.recipient:
        return True
    first = await log.read_stream(stream, limit=1)
    return bool(first) and _goes_to_the_same(first[0].event, command)


def _goes_to_the_same(placed: object, command: PlaceOrder) -> bool:
    return isinstance(placed, OrderPlaced) and (
        placed.recipient,
        placed.phone,
        placed.address,
        placed.store,
    ) == (command.recipient, command.phone, command.address, command.store)


def sent_somewhere(command: PlaceOrder) -> PlaceOrder:
    """Who asks what it would cost need not say where it goes yet."""
    to_store = command.terms.shipping.needs == "store"
    return msgspec.structs.replace(
        command,
        recipient="-",
        phone="-",
        address="" if to_store else "-",
        store=Store(id="-") if to_store else None,
    )


async def quoted(command: PlaceOrder, look: Look) -> OrderAnswer:
    """What the order would come to on the states of now."""
    streams = checkout.PLACE.streams(command)
    deciders = checkout.PLACE.deciders_of(streams)
    states = [
        (await look(decider, stream)).state
        for decider, stream in zip(deciders, streams, strict=True)
    ]
    return checkout.quoted(tuple(states), command)
