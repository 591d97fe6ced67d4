"""Ordering what is in a cart: cart, order, coupon and stock change in one append.

No order without stock, no stock without order, whatever breaks when. What the cart held, the order
holds; stock counts it the same, and is named only where it has to change.
"""

from msgspec.structs import replace

from application.handling import Decision, Handler, Handlers, States
from application.ordering.answers import OrderAnswer, order_answer
from application.processes.shelves import Shelves
from domain.inventory import deciding as stock
from domain.inventory.deciding import SKU
from domain.inventory.errors import OutOfStockError
from domain.inventory.values import Reservation
from domain.money import CURRENCY_OF
from domain.ordering import carting, coupon, ordering
from domain.ordering.cart import Cart
from domain.ordering.carting import CART, Facts
from domain.ordering.commands import PlaceOrder
from domain.ordering.coupon import COUPON, Basket, Coupon
from domain.ordering.errors import OrderExistsError, ShopMovedOnError, SoldOutError
from domain.ordering.events import ItemOrdered, OrderPlaced
from domain.ordering.order import Order, evolve, joined
from domain.ordering.ordering import ORDER
from domain.ordering.pricing import discounted, subtotal_of
from domain.ordering.values import OrderLine
from domain.shared import Money
from domain.showcase.deciding import SHOWCASE
from domain.showcase.errors import OfferClosedError
from domain.showcase.showcase import Showcase
from domain.showcase.values import OfferTerms


def order_of(command: PlaceOrder) -> str:
    """The order it is about: a new one, or the one it joins."""
    return command.merges_into or command.order_id


def _streams(command: PlaceOrder) -> tuple[str, ...]:
    return (
        CART.stream(command.cart_id),
        SHOWCASE.stream(command.stream_id),
        ORDER.stream(order_of(command)),
        *((COUPON.stream(command.coupon),) if command.coupon else ()),
        *map(SKU.stream, command.skus),
    )


def _place(states: States, command: PlaceOrder) -> Decision:
    """Of [cart, showcase, order, coupon where there is one, SKUs]."""
    cart: Cart = states[0]
    carting.refuse_strangers(cart, command)
    _refuse_unseen(cart, states[1], command)
    ordered = carting.order_items(cart, order_of(command), command.now)
    lines = _lines(cart, states[1], ordered)
    shelves = Shelves(command.skus, states[len(states) - len(command.skus) :])
    _reserve(shelves, command, ordered, states[1])
    if command.merges_into:
        added = _add(states, command, lines)
        return (ordered, (), (added,), *shelves.facts())
    if states[2].status:
        raise OrderExistsError()
    if not command.coupon:
        facts = _settled(shelves, command, ordering.place(command, cart, lines))
        return (ordered, (), facts, *shelves.facts())
    discount = _discount(states[3], command, cart, lines)
    placed = ordering.place(command, cart, discounted(lines, discount))
    redeemed = coupon.redeem(command.order_id, command.buyer_id, discount)
    facts = _settled(shelves, command, placed)
    return (ordered, (), facts, (redeemed,), *shelves.facts())


def _refuse_unseen(cart: Cart, showcase: Showcase, command: PlaceOrder) -> None:
    """Which order the items join was found out of an order the cart had last, in a show that
    merges. Raises `ShopMovedOnError` where that was another, or none."""
    if showcase.merge_orders and cart.order_id != command.seen_order_id:
        raise ShopMovedOnError()


def _lines(
    cart: Cart, showcase: Showcase, ordered: tuple[ItemOrdered, ...]
) -> tuple[OrderLine, ...]:
    return joined((), tuple(_line(cart, showcase, item) for item in ordered))


def _line(cart: Cart, showcase: Showcase, item: ItemOrdered) -> OrderLine:
    in_cart, terms = cart.line(item.offer_id), _terms(showcase, item)
    return OrderLine(
        offer_id=item.offer_id,
        sku=terms.sku,
        product_id=terms.product_id,
        code=terms.code,
        titles=terms.titles,
        options=terms.options,
        quantity=item.quantity,
        price=in_cart.price,
        discount=Money(amount=0, currency=in_cart.price.currency),
        held=item.held or terms.hold_policy != "none",
        offer_quantity=terms.quantity,
    )


def _terms(showcase: Showcase, item: ItemOrdered) -> OfferTerms:
    """Of what is only put aside the price stands as long as the show goes on. Raises
    `OfferClosedError` beyond that."""
    offer = showcase.offers.get(item.offer_id)
    if offer is None:
        raise ShopMovedOnError()
    if showcase.closed and not item.held:
        raise OfferClosedError()
    return offer.terms


def _reserve(
    shelves: Shelves, command: PlaceOrder, ordered: tuple[ItemOrdered, ...], showcase: Showcase
) -> None:
    """What is held from now on only, if it is there."""
    for item in ordered:
        terms = _terms(showcase, item)
        if not item.held and terms.hold_policy != "none":
            reservation = _reservation(command, item.offer_id)
            take(shelves, terms.sku, item.quantity, reservation, terms.quantity)


def take(
    shelves: Shelves, sku: str, quantity: int, reservation: Reservation, most: int | None
) -> None:
    """Reserves; `most` is the offer's own quantity. Raises `SoldOutError`, which names the SKU."""
    try:
        shelves.move(sku, stock.reserve, quantity, reservation, most)
    except OutOfStockError as short:
        raise SoldOutError(sku=sku, available=short.fields["available"]) from None


def sell(shelves: Shelves, line: OrderLine, reservation: Reservation) -> None:
    """The line's units are sold; those that nobody reserved before, if they are there."""
    if not line.held:
        take(shelves, line.sku, line.quantity, reservation, line.offer_quantity)
    shelves.move(line.sku, stock.commit, line.quantity, reservation)


def _settled(shelves: Shelves, command: PlaceOrder, placed: OrderPlaced) -> Facts:
    """With what follows at once, where nothing has to be paid before it is sent."""
    settled = ordering.settle_at_once(command.order_id, placed)
    if settled:
        for line in placed.lines:
            sell(shelves, line, _reservation(command, line.offer_id))
    return (placed, *settled)


def _add(states: States, command: PlaceOrder, lines: tuple[OrderLine, ...]) -> ordering.Added:
    cart: Cart = states[0]
    showcase: Showcase = states[1]
    if not showcase.merge_orders or cart.order_id != command.merges_into:
        raise ShopMovedOnError()
    return ordering.add(states[2], command, lines)


def _discount(
    state: Coupon, command: PlaceOrder, cart: Cart, lines: tuple[OrderLine, ...]
) -> Money:
    basket = Basket(
        buyer_id=command.buyer_id,
        stream_id=command.stream_id,
        host_id=cart.host_id,
        subtotal=subtotal_of(lines, CURRENCY_OF[cart.market]),
    )
    return coupon.discount_of(state, basket, command.now)


def _reservation(command: PlaceOrder, offer_id: str) -> Reservation:
    return Reservation(
        cart_id=command.cart_id,
        offer_id=offer_id,
        stream_id=command.stream_id,
        buyer_id=command.buyer_id,
        order_id=order_of(command),
    )


def reservation_of(order: Order, order_id: str, offer_id: str) -> Reservation:
    return Reservation(
        cart_id=order.cart_id,
        offer_id=offer_id,
        stream_id=order.stream_id,
        buyer_id=order.buyer_id,
        order_id=order_id,
    )


def _answer(command: PlaceOrder, states: States) -> OrderAnswer:
    return order_answer(order_of(command), states[2])


def quoted(states: States, command: PlaceOrder) -> OrderAnswer:
    """What the order would come to, on these states; nothing is recorded. `states` are of the
    streams the command would touch, in their order. Where the items would join an order, it is
    all of that one, under its id and number. Raises what placing it would."""
    command = replace(command, seen_order_id=states[0].order_id)
    facts = _place(states, command)[2]
    order: Order = states[2]
    for fact in facts:
        order = evolve(order, fact)
    return replace(order_answer(command.merges_into or "", order), status="quoted")


PLACE: Handler = Handler((CART, SHOWCASE, ORDER, COUPON, SKU), _streams, _place, _answer)
HANDLERS: Handlers = {PlaceOrder: PLACE}
