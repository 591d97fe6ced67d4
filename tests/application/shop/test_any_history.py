"""Whatever people, hosts and clocks ask of a shop in whatever order: nothing is sold that is not
there, nothing is lost, and money adds up to the unit."""

from itertools import count
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from application.processes.holds import held_skus
from domain.inventory import commands as shelf
from domain.inventory.deciding import first_in_line
from domain.money import included_tax
from domain.ordering import commands as ask
from domain.ordering import events as fact
from domain.ordering.coupon import COUPON, Coupon
from domain.ordering.order import Order
from domain.ordering.ordering import ORDER
from domain.ordering.pricing import line_amount, paid_of
from domain.ordering.values import CheckoutTerms, ReceivedLine, ReturnedLine, ShippingTerms
from tests.support.any_shop import BUYERS, COUPONS, OFFERS, SKUS, AnyShop, twd
from tests.support.builders import HOST, SHOW

WHO = st.sampled_from(BUYERS)
OFFER = st.sampled_from(sorted(OFFERS))
SKU = st.sampled_from(SKUS)
FEW = st.integers(1, 4)
ANY = st.integers(0, 99)
CAME_TO_NOTHING = {"cancelled", "expired"}
SHIPPING = ShippingTerms(
    method="home", needs="address", fee=twd(60), free_from=twd(2000), cod=True, cod_fee=twd(30)
)


def terms(*, cod: bool) -> CheckoutTerms:
    return CheckoutTerms(
        tax_basis_points=500,
        shipping=SHIPPING,
        payment_method="cod" if cod else "development",
        payment_seconds=None if cod else 120,
    )


class ShopHistory(RuleBasedStateMachine):
    """Every rule is one request, sensible or not."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = AnyShop()
        self.numbers = count(1)

    @initialize()
    def open(self) -> None:
        self.shop.open()
        for sku in SKUS:
            self.receive(sku=sku, quantity=4)

    # Goods

    @rule(sku=SKU, quantity=FEW)
    def receive(self, sku: str, quantity: int) -> None:
        if self.shop.execute(shelf.ReceiveStock(sku=sku, by=HOST, quantity=quantity)):
            self.shop.intake[sku] += quantity

    @rule(sku=SKU, quantity=st.sampled_from([-3, -1, 1]))
    def adjust(self, sku: str, quantity: int) -> None:
        adjust = shelf.AdjustStock(sku=sku, by=HOST, quantity=quantity, reason="count")
        if self.shop.execute(adjust):
            self.shop.intake[sku] += quantity

    # Carts

    @rule(who=WHO, offer_id=OFFER, quantity=FEW)
    def claim(self, who: str, offer_id: str, quantity: int) -> None:
        self.shop.execute(
            ask.ClaimItem(
                **self._whose(who),
                offer_id=offer_id,
                sku=OFFERS[offer_id].sku,
                quantity=quantity,
            )
        )

    @rule(who=WHO, offer_id=OFFER, quantity=st.integers(0, 4))
    def set(self, who: str, offer_id: str, quantity: int) -> None:
        sku = OFFERS[offer_id].sku
        self.shop.execute(
            ask.SetCartItem(**self._whose(who), offer_id=offer_id, sku=sku, quantity=quantity)
        )

    @rule(seconds=st.sampled_from([1, 31, 61, 121]))
    def wait(self, seconds: int) -> None:
        self.shop.wait(seconds)

    @rule(who=WHO)
    def expire_holds(self, who: str) -> None:
        skus = held_skus(self.shop.cart(who))
        expire = ask.ExpireHolds(cart_id=self.shop.carts[who], skus=skus, now=self.shop.now)
        assert self.shop.execute(expire)

    @rule(sku=SKU, limit=st.integers(1, 3))
    def serve(self, sku: str, limit: int) -> None:
        cart_ids = first_in_line(self.shop.sku(sku), limit)
        if cart_ids:
            serve = ask.ServeWaitlist(sku=sku, cart_ids=cart_ids, now=self.shop.now)
            assert self.shop.execute(serve)

    @rule(who=WHO)
    def end_waiting(self, who: str) -> None:
        assert self.shop.execute(ask.EndWaiting(cart_id=self.shop.carts[who], skus=SKUS))

    # Orders

    @rule(who=WHO, offer_id=OFFER, quantity=FEW, merge=st.booleans())
    def buy(self, who: str, offer_id: str, quantity: int, merge: bool) -> None:
        """What most people do: claim, and order at once."""
        self.claim(who=who, offer_id=offer_id, quantity=quantity)
        self.order(who=who, cod=False, coupon=None, merge=merge)

    @rule(
        who=WHO,
        cod=st.booleans(),
        coupon=st.none() | st.sampled_from(sorted(COUPONS)),
        merge=st.booleans(),
    )
    def order(self, who: str, cod: bool, coupon: str | None, merge: bool) -> None:
        order_id = f"n-{next(self.numbers)}"
        last = self.shop.cart(who).order_id
        place = ask.PlaceOrder(
            **self._whose(who),
            order_id=order_id,
            number=order_id,
            skus=SKUS,
            terms=terms(cod=cod),
            recipient="Ann",
            phone="0912345678",
            address="1 Road",
            coupon=coupon,
            merges_into=last if merge else None,
        )
        if self.shop.execute(place) and place.merges_into is None:
            self.shop.orders.append(order_id)

    @precondition(lambda self: self.shop.orders)
    @rule(which=ANY, payment=st.integers(1, 2), short=st.booleans())
    def pay(self, which: int, payment: int, short: bool) -> None:
        order_id, order = self._order(which)
        amount = order.totals.total.amount - (1 if short else 0)
        self.shop.execute(
            ask.MarkOrderPaid(
                order_id=order_id,
                payment_id=f"pay-{payment}",
                method="development",
                amount=twd(amount),
                skus=SKUS,
                now=self.shop.now,
            )
        )

    @precondition(lambda self: self.shop.orders)
    @rule(which=ANY, by_buyer=st.booleans())
    def cancel(self, which: int, by_buyer: bool) -> None:
        order_id, order = self._order(which)
        self.shop.execute(
            ask.CancelOrder(
                **self._about(order_id, order.buyer_id if by_buyer else HOST),
                skus=SKUS,
                cart_id=order.cart_id,
                coupon=order.coupon,
            )
        )

    @precondition(lambda self: self.shop.orders)
    @rule(which=ANY, due=st.booleans())
    def expire(self, which: int, due: bool) -> None:
        order_id, order = self._order(which)
        if due and order.expires_at is not None:
            self.shop.now = max(self.shop.now, order.expires_at)
        self.shop.execute(
            ask.ExpireOrder(
                order_id=order_id,
                skus=SKUS,
                cart_id=order.cart_id,
                coupon=order.coupon,
                now=self.shop.now,
            )
        )

    @precondition(lambda self: self.shop.orders)
    @rule(which=ANY)
    def ship(self, which: int) -> None:
        about = self._about(self._order(which)[0], HOST)
        self.shop.execute(ask.ShipOrder(**about, carrier="kex", tracking_number="1"))

    @precondition(lambda self: self.shop.orders)
    @rule(which=ANY)
    def deliver(self, which: int) -> None:
        about = self._about(self._order(which)[0], HOST)
        self.shop.execute(ask.DeliverOrder(**about, return_days=7, payment_id="cash"))

    @precondition(lambda self: self.shop.orders)
    @rule(which=ANY, line=ANY, quantity=FEW)
    def ask_to_return(self, which: int, line: int, quantity: int) -> None:
        order_id, order = self._order(which)
        offer_id = order.lines[line % len(order.lines)].offer_id
        back = (ReturnedLine(offer_id=offer_id, quantity=quantity),)
        return_id = f"r-{next(self.numbers)}"
        about = self._about(order_id, order.buyer_id)
        self.shop.execute(ask.RequestReturn(**about, return_id=return_id, lines=back))

    @precondition(lambda self: any(order.status == "shipped" for order in self.shop.all_orders()))
    @rule(which=ANY, broken=st.integers(0, 2))
    def take_back_uncollected(self, which: int, broken: int) -> None:
        order_id, order = self._order(which)
        lines = tuple(
            ReceivedLine(
                offer_id=line.offer_id,
                restocked=line.quantity - min(broken, line.quantity),
                written_off=min(broken, line.quantity),
            )
            for line in order.lines
        )
        self.shop.execute(
            ask.ReceiveUncollected(
                **self._about(order_id, HOST),
                return_id=f"u-{next(self.numbers)}",
                skus=tuple(dict.fromkeys(line.sku for line in order.lines)),
                lines=lines,
            )
        )

    @precondition(lambda self: any(order.returns for order in self.shop.all_orders()))
    @rule(which=ANY, broken=st.integers(0, 2))
    def take_return(self, which: int, broken: int) -> None:
        asked = [
            (order_id, return_id)
            for order_id in self.shop.orders
            for return_id in self.shop.order(order_id).returns
        ]
        order_id, return_id = asked[which % len(asked)]
        (line,) = self.shop.order(order_id).returns[return_id].lines
        lost = min(broken, line.quantity)
        came = ReceivedLine(
            offer_id=line.offer_id, restocked=line.quantity - lost, written_off=lost
        )
        about = self._about(order_id, HOST)
        self.shop.execute(ask.ReceiveReturn(**about, return_id=return_id, skus=SKUS, lines=(came,)))

    # What holds after each

    @invariant()
    def stock_adds_up(self) -> None:
        for sku in SKUS if self.shop.log else ():
            state = self.shop.sku(sku)
            assert 0 <= state.reserved <= state.on_hand
            assert state.on_hand == self.shop.intake[sku] - self._sold(sku)
            assert state.reserved == self._held_in_carts(sku) + self._held_in_orders(sku)
            assert state.waiting == sum(one.quantity for one in state.waitlist)
            assert state.waiting == self._waited_for(sku)

    @invariant()
    def nobody_has_more_than_they_may(self) -> None:
        for who in BUYERS:
            for offer_id, line in self.shop.cart(who).lines.items():
                most = OFFERS[offer_id].per_customer
                assert most is None or line.claimed <= most
                assert min(line.held, line.aside, line.waiting, line.ordered) >= 0
                assert line.ordered == self._ordered(who, offer_id)
                assert (line.held > 0) == (line.held_until is not None)

    @invariant()
    def no_offer_sells_more_than_it_has(self) -> None:
        for offer_id, offer in OFFERS.items() if self.shop.log else ():
            taken = self.shop.sku(offer.sku).taken.get(offer_id, 0)
            assert offer.quantity is None or taken <= offer.quantity

    @invariant()
    def money_adds_up(self) -> None:
        for order_id in self.shop.orders:
            order = self.shop.order(order_id)
            totals = order.totals
            subtotal = sum(line_amount(line).amount for line in order.lines)
            discount = sum(line.discount.amount for line in order.lines)
            assert (totals.subtotal.amount, totals.discount.amount) == (subtotal, discount)
            assert totals.total.amount == subtotal - discount + totals.shipping.amount
            assert totals.tax == included_tax(totals.total, 500)
            assert all(paid_of(line).amount >= 0 for line in order.lines)
            self._check_refunds(order_id, order)

    @invariant()
    def coupons_are_redeemed_by_orders_that_came_to_something(self) -> None:
        for code in COUPONS if self.shop.log else ():
            coupon: Coupon = self.shop.states[COUPON.stream(code)]
            live = [one for one in self._live() if one.coupon == code]
            assert coupon.times_redeemed == len(live) <= coupon.terms.total

    def teardown(self) -> None:
        """What was decided on is what the facts say, and what snapshots keep."""
        states = {stream: self.shop.states[stream] for stream in self.shop.log}
        assert self.shop.replayed() == states
        assert self.shop.stored() == self.shop.states

    def _check_refunds(self, order_id: str, order: Order) -> None:
        due = self.shop.facts(ORDER.stream(order_id), fact.RefundDue)
        paid = self.shop.facts(ORDER.stream(order_id), fact.OrderPaid)
        refunded = sum(each.amount.amount for each in due)
        assert len(paid) <= 1
        assert refunded <= sum(each.amount.amount for each in paid)
        assert all(each.amount.amount > 0 for each in due)
        if order.status == "cancelled" and paid:
            assert refunded == order.totals.total.amount
        if order.status == "returned":
            goods = sum(paid_of(line).amount for line in order.lines)
            assert refunded == (goods if paid else 0)

    def _sold(self, sku: str) -> int:
        orders = [order for order in self._live() if order.confirmed]
        sold = sum(_units(order, sku) for order in orders)
        return sold - sum(_restocked(order, sku) for order in orders)

    def _held_in_carts(self, sku: str) -> int:
        return sum(line.held for line in self._lines(sku))

    def _held_in_orders(self, sku: str) -> int:
        return sum(_units(order, sku, held=True) for order in self._live() if order.is_open)

    def _waited_for(self, sku: str) -> int:
        return sum(line.waiting for line in self._lines(sku))

    def _lines(self, sku: str) -> list[Any]:
        lines = [line for who in BUYERS for line in self.shop.cart(who).lines.values()]
        return [line for line in lines if line.sku == sku]

    def _live(self) -> list[Order]:
        return [one for one in self.shop.all_orders() if one.status not in CAME_TO_NOTHING]

    def _ordered(self, who: str, offer_id: str) -> int:
        lines = [order.line(offer_id) for order in self._live() if order.buyer_id == who]
        return sum(line.quantity for line in lines if line is not None)

    def _order(self, which: int) -> tuple[str, Order]:
        order_id = self.shop.orders[which % len(self.shop.orders)]
        return order_id, self.shop.order(order_id)

    def _whose(self, who: str) -> dict[str, Any]:
        cart_id = self.shop.carts[who]
        return {"cart_id": cart_id, "buyer_id": who, "stream_id": SHOW, "now": self.shop.now}

    def _about(self, order_id: str, by: str) -> dict[str, Any]:
        return {"order_id": order_id, "by": by, "now": self.shop.now}


def _units(order: Order, sku: str, *, held: bool = False) -> int:
    lines = [line for line in order.lines if line.sku == sku and (line.held or not held)]
    return sum(line.quantity for line in lines)


def _restocked(order: Order, sku: str) -> int:
    of_sku = {line.offer_id for line in order.lines if line.sku == sku}
    came = [line for one in order.returns.values() for line in one.received or ()]
    came += order.uncollected or ()
    return sum(line.restocked for line in came if line.offer_id in of_sku)


TestShopHistory = ShopHistory.TestCase
TestShopHistory.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
