"""Claiming what a show offers: the buyer's cart, the offer and the stock change in one append."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from application.handling import Decision, Handler, Handlers, States
from application.ordering.carts import cart_id
from application.ports import CommandBus, DerivedId, Dispatch, EventLog, Outcome, RecentStates
from application.processes.dispatching import fingerprint_of
from domain.inventory import deciding as stock
from domain.inventory.deciding import SKU
from domain.inventory.sku import Sku
from domain.inventory.values import Reservation
from domain.ordering import carting
from domain.ordering.cart import Cart
from domain.ordering.carting import CART, Facts, Item, Show
from domain.ordering.commands import ClaimItem, RefuseClaim, SetCartItem
from domain.ordering.errors import (
    CannotBuyOwnError,
    QuantityOutOfRangeError,
    ShopMovedOnError,
    SoldOutError,
)
from domain.ordering.values import QUANTITY_AT_MOST
from domain.shared import Money
from domain.showcase.deciding import SHOWCASE, claimable, sold_out
from domain.showcase.errors import OfferNotFoundError
from domain.showcase.showcase import Showcase
from domain.showcase.values import OfferTerms

_ClaimCommand = ClaimItem | SetCartItem


class CartItemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The cart, and what is in it of the offer now: `quantity` an order would take, of which what
    is reserved is so until `held_until`; `waitlisted` are not there yet."""

    id: str
    offer_id: str
    sku: str
    code: str
    price: Money
    quantity: int
    held_until: datetime | None
    waitlisted: int


class Claiming:
    """Finds what a claim is about and has it decided. Nobody else needs to know the streams."""

    def __init__(
        self, *, bus: CommandBus, log: EventLog, recent: RecentStates, derived_id: DerivedId
    ) -> None:
        self._bus = bus
        self._log = log
        self._recent = recent
        self._derived_id = derived_id

    def cart_id(self, stream_id: str, buyer_id: str) -> str:
        return cart_id(self._derived_id, stream_id, buyer_id)

    async def execute(self, dispatch: Dispatch) -> Outcome:
        """A `ClaimItem`, `SetCartItem` or `RefuseClaim`; cart and SKU are filled in here.

        Without a `fingerprint` the command id alone tells repetitions: the time in a command is
        new each time. Raises what the cart, the offer or the stock refuses with.
        """
        command = dispatch.command
        if not isinstance(command, ClaimItem | SetCartItem | RefuseClaim):
            raise TypeError(f"{type(command).__name__} is no claim")
        command = replace(command, cart_id=self.cart_id(command.stream_id, command.buyer_id))
        if not isinstance(command, RefuseClaim):
            command = replace(command, sku=await self._sku(command))
        fingerprint = dispatch.fingerprint or fingerprint_of(dispatch.command_id)
        return await self._bus.execute(replace(dispatch, command=command, fingerprint=fingerprint))

    async def showcase(self, stream_id: str) -> Showcase:
        """As this process knew it last: who reads it beside a cart wants titles."""
        return (await self._recent.recall(SHOWCASE, SHOWCASE.stream(stream_id))).state

    async def _sku(self, command: _ClaimCommand) -> str:
        """Of an offer it never changes, and no offer is ever gone: one that is not known here was
        never claimed either."""
        offer = (await self.showcase(command.stream_id)).offers.get(command.offer_id)
        if offer is None:
            stream = SHOWCASE.stream(command.stream_id)
            offer = (await self._log.load(SHOWCASE, stream)).state.offers.get(command.offer_id)
        if offer is None:
            raise OfferNotFoundError()
        return offer.terms.sku


def _streams(command: _ClaimCommand) -> tuple[str, ...]:
    return (
        CART.stream(command.cart_id),
        SHOWCASE.stream(command.stream_id),
        SKU.stream(command.sku),
    )


def _claim(states: States, command: ClaimItem) -> Decision:
    """Of [cart, showcase, SKU]."""
    showcase: Showcase = states[1]
    carting.refuse_strangers(states[0], command)
    terms = claimable(showcase, command.offer_id, command.now)
    if terms.sku != command.sku:
        raise ShopMovedOnError()
    if command.buyer_id == showcase.host_id:
        raise CannotBuyOwnError()
    claimed = _claimed(states, command, terms)
    if terms.hold_policy != "on_claim":
        cart = carting.after(states[0], claimed)
        aside = carting.put_aside(cart, command.offer_id, command.quantity)
        return (*claimed, *aside), (), ()
    return _held(states, command, terms, claimed)


def _claimed(states: States, command: ClaimItem, terms: OfferTerms) -> Facts:
    cart, showcase = states[0], states[1]
    item = Item(
        offer_id=command.offer_id,
        sku=terms.sku,
        code=terms.code,
        price=terms.price,
        per_customer=terms.per_customer,
    )
    carting.refuse_beyond_limits(cart, item, command.quantity)
    show = Show(host_id=showcase.host_id, market=showcase.market)
    return carting.claim(cart, command, show, item)


def _held(states: States, command: ClaimItem, terms: OfferTerms, claimed: Facts) -> Decision:
    """What is there is held, the rest is waited for. Where nobody may wait, all or nothing."""
    sku: Sku = states[2]
    offer_id = command.offer_id
    free = stock.free_of(sku, offer_id, terms.quantity)
    there = min(command.quantity, free)
    missing = command.quantity - there
    if missing and not (terms.waitlist and stock.may_wait(sku, command.cart_id, offer_id)):
        raise SoldOutError(sku=command.sku, available=free)
    cart = carting.after(states[0], claimed)
    until = carting.seconds_from(command.now, terms.hold_seconds)
    in_cart = (
        *claimed,
        *carting.hold(cart, offer_id, there, until, waited=False),
        *carting.wait(cart, offer_id, missing),
    )
    in_stock = _in_stock(sku, command, terms, there)
    left = stock.left_of(stock.after(sku, in_stock), offer_id, terms.quantity)
    return in_cart, () if left else sold_out(states[1], offer_id), in_stock


def _in_stock(sku: Sku, command: ClaimItem, terms: OfferTerms, there: int) -> Facts:
    reservation = _reservation(command)
    reserved: Facts = ()
    if there:
        reserved = stock.reserve(sku, there, reservation, terms.quantity)
    if there == command.quantity:
        return reserved
    joined = stock.join_waitlist(
        stock.after(sku, reserved),
        command.quantity - there,
        reservation,
        answer_seconds=terms.answer_seconds,
        offer_quantity=terms.quantity,
    )
    return (*reserved, *joined)


def _set(states: States, command: SetCartItem) -> Decision:
    """Of [cart, showcase, SKU]. Taking out is allowed whatever has become of the offer."""
    cart: Cart = states[0]
    carting.refuse_strangers(cart, command)
    if not 0 <= command.quantity <= QUANTITY_AT_MOST:
        raise QuantityOutOfRangeError(field="quantity", least=0, most=QUANTITY_AT_MOST)
    line = cart.line(command.offer_id)
    more = command.quantity - line.quantity - line.waiting
    if more > 0:
        return _claim(states, _claim_of(command, more))
    return _taken_out(cart, states[2], command, -more)


def _claim_of(command: SetCartItem, more: int) -> ClaimItem:
    return ClaimItem(
        cart_id=command.cart_id,
        buyer_id=command.buyer_id,
        stream_id=command.stream_id,
        now=command.now,
        offer_id=command.offer_id,
        sku=command.sku,
        quantity=more,
    )


def _taken_out(cart: Cart, sku: Sku, command: SetCartItem, less: int) -> Decision:
    released = carting.take_out(cart, command.offer_id, less)
    reservation = _reservation(command)
    in_stock: Facts = ()
    for each in released:
        if each.waiting:
            in_stock += stock.leave_waitlist(sku, each.waiting, reservation, "buyer")
        if each.held:
            shelf = stock.after(sku, in_stock)
            in_stock += stock.release(shelf, each.held, reservation, "buyer")
    return released, (), in_stock


def _reservation(command: _ClaimCommand) -> Reservation:
    return Reservation(
        cart_id=command.cart_id,
        offer_id=command.offer_id,
        stream_id=command.stream_id,
        buyer_id=command.buyer_id,
    )


def _item(command: _ClaimCommand, states: States) -> CartItemAnswer:
    line = states[0].line(command.offer_id)
    return CartItemAnswer(
        id=command.cart_id,
        offer_id=command.offer_id,
        sku=line.sku,
        code=line.code,
        price=line.price,
        quantity=line.quantity,
        held_until=line.held_until,
        waitlisted=line.waiting,
    )


_DECIDERS = (CART, SHOWCASE, SKU)

HANDLERS: Handlers = {
    ClaimItem: Handler(_DECIDERS, _streams, _claim, _item),
    SetCartItem: Handler(_DECIDERS, _streams, _set, _item),
}
