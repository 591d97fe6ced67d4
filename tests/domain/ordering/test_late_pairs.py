"""What comes too late for what: every pair has its outcome, and a code of its own."""

from typing import Any

import pytest

from domain.ordering import commands as ask
from domain.ordering import errors, ordering, returning
from domain.ordering.order import Order
from domain.ordering.ordering import ORDER as ORDERS
from domain.ordering.values import ReceivedLine, ReturnedLine
from domain.shared import DomainError, Event
from tests.support import order_facts as facts
from tests.support.builders import HOST, at
from tests.support.order_facts import BUYER, CART, OFFER, ORDER, RETURN, SKU, twd
from tests.support.scenario import Scenario

PLACED = (facts.placed(),)
CASH = (facts.placed(payment_method="cod", expires_at=None), facts.confirmed())
PAID = (*PLACED, facts.paid(), facts.confirmed())
EXPIRED = (*PLACED, facts.expired())
CANCELLED = (*PLACED, facts.cancelled())
SHIPPED = (*PAID, facts.shipped())
CASH_SHIPPED = (*CASH, facts.shipped())
DELIVERED = (*SHIPPED, facts.delivered())
ASKED = (*DELIVERED, facts.return_requested())
RECEIVED = (*ASKED, facts.return_received(), facts.refund_due())
RETURNED = (*RECEIVED, facts.returned())
UNCOLLECTED = (*CASH_SHIPPED, facts.uncollected())

PAY = ask.MarkOrderPaid(
    order_id=ORDER,
    payment_id="payment",
    method="development",
    amount=twd(2460),
    skus=(SKU,),
    now=at(60),
)
PAY_AGAIN_OTHERWISE = ask.MarkOrderPaid(
    order_id=ORDER, payment_id="other", method="card", amount=twd(2460), skus=(SKU,), now=at(60)
)


def about(by: str = HOST, now: int = 200) -> dict[str, Any]:
    return {"order_id": ORDER, "by": by, "now": at(now)}


def cancel(by: str) -> ask.CancelOrder:
    return ask.CancelOrder(**about(by), skus=(SKU,), cart_id=CART, coupon=None)


def expire(now: int) -> ask.ExpireOrder:
    return ask.ExpireOrder(order_id=ORDER, skus=(SKU,), cart_id=CART, coupon=None, now=at(now))


def send_back(units: int = 1, now: int = 200, return_id: str = "another") -> ask.RequestReturn:
    lines = (ReturnedLine(offer_id=OFFER, quantity=units),)
    return ask.RequestReturn(**about(BUYER, now), return_id=return_id, lines=lines)


SHIP = ask.ShipOrder(**about(), carrier="黑貓", tracking_number="9012-3456")
SHIP_OTHERWISE = ask.ShipOrder(**about(), carrier="黑貓", tracking_number="1")
DELIVER = ask.DeliverOrder(**about(), return_days=7, payment_id="at the door")
RECEIVE = ask.ReceiveReturn(**about(), return_id=RETURN, skus=(SKU,))
WRITE_OFF = ask.ReceiveReturn(
    **about(),
    return_id=RETURN,
    skus=(SKU,),
    lines=(ReceivedLine(offer_id=OFFER, written_off=1),),
)

TAKE_BACK = ask.ReceiveUncollected(**about(), return_id=RETURN, skus=(SKU,))
TAKE_BACK_BROKEN = ask.ReceiveUncollected(
    **about(),
    return_id=RETURN,
    skus=(SKU,),
    lines=(ReceivedLine(offer_id=OFFER, written_off=2),),
)


def decided(given: tuple[Event, ...], command: Any) -> tuple[Event, ...]:
    state: Order = Scenario(ORDERS).given(*given).state
    match command:
        case ask.MarkOrderPaid():
            return ordering.pay(state, command)
        case ask.CancelOrder():
            return ordering.cancel(state, command)
        case ask.ExpireOrder():
            return ordering.expire(state, command)
        case ask.ReceiveReturn():
            return returning.receive(state, command)
        case ask.ReceiveUncollected():
            return returning.receive_uncollected(state, command)
        case _:
            return ORDERS.decide(state, command)


REFUSED: dict[str, tuple[tuple[Event, ...], Any, type[DomainError]]] = {
    "cancel by the buyer after delivering": (DELIVERED, cancel(BUYER), errors.OrderDeliveredError),
    "cancel by the buyer after paying": (PAID, cancel(BUYER), errors.OrderPaidError),
    "cancel after expiring": (EXPIRED, cancel(BUYER), errors.OrderExpiredError),
    "cancel after returning": (RETURNED, cancel(HOST), errors.OrderReturnedError),
    "cancel after shipping": (SHIPPED, cancel(HOST), errors.OrderShippedError),
    "deliver after cancelling": (CANCELLED, DELIVER, errors.OrderCancelledError),
    "deliver after expiring": (EXPIRED, DELIVER, errors.OrderExpiredError),
    "deliver after returning": (RETURNED, DELIVER, errors.OrderReturnedError),
    "deliver before shipping": (PAID, DELIVER, errors.OrderNotShippedError),
    "pay after cancelling": (CANCELLED, PAY, errors.OrderCancelledError),
    "pay after expiring": (EXPIRED, PAY, errors.OrderExpiredError),
    "pay another way after paying": (PAID, PAY_AGAIN_OTHERWISE, errors.OrderPaidError),
    "pay before placing": ((), PAY, errors.OrderNotFoundError),
    "pay what is paid on delivery": (CASH, PAY, errors.PaidOnDeliveryError),
    "pay what has grown": ((*PLACED, facts.added()), PAY, errors.WrongAmountError),
    "receive before asking": (DELIVERED, RECEIVE, errors.ReturnNotFoundError),
    "receive otherwise after receiving": (RECEIVED, WRITE_OFF, errors.ReturnReceivedError),
    "return after all came back": (RETURNED, send_back(), errors.OrderReturnedError),
    "return after cancelling": (CANCELLED, send_back(), errors.OrderCancelledError),
    "return after the time": (DELIVERED, send_back(now=700_001), errors.ReturnTimeOverError),
    "return before delivering": (SHIPPED, send_back(), errors.OrderNotDeliveredError),
    "return the same units twice": (ASKED, send_back(2), errors.AlreadyReturnedError),
    "ship after cancelling": (CANCELLED, SHIP, errors.OrderCancelledError),
    "ship after delivering": (DELIVERED, SHIP_OTHERWISE, errors.OrderDeliveredError),
    "ship after expiring": (EXPIRED, SHIP, errors.OrderExpiredError),
    "ship another way after shipping": (SHIPPED, SHIP_OTHERWISE, errors.OrderShippedError),
    "ship before paying": (PLACED, SHIP, errors.OrderNotPaidError),
    "uncollected after cancelling": (CANCELLED, TAKE_BACK, errors.OrderNotShippedError),
    "uncollected after delivering": (DELIVERED, TAKE_BACK, errors.OrderDeliveredError),
    "uncollected after returning": (RETURNED, TAKE_BACK, errors.OrderReturnedError),
    "uncollected before shipping": (PAID, TAKE_BACK, errors.OrderNotShippedError),
    "uncollected otherwise": (UNCOLLECTED, TAKE_BACK_BROKEN, errors.OrderReturnedError),
    "deliver what nobody collected": (UNCOLLECTED, DELIVER, errors.OrderReturnedError),
    "return what nobody collected": (UNCOLLECTED, send_back(), errors.OrderReturnedError),
    "stranger cancels": (PLACED, cancel("somebody else"), errors.NotTheBuyerError),
}
UNCHANGED: dict[str, tuple[tuple[Event, ...], Any]] = {
    "cancel after cancelling": (CANCELLED, cancel(BUYER)),
    "deliver after delivering": (DELIVERED, DELIVER),
    "expire after cancelling": (CANCELLED, expire(10_000)),
    "expire after expiring": (EXPIRED, expire(10_000)),
    "expire after paying": (PAID, expire(10_000)),
    "expire before its time": (PLACED, expire(899)),
    "expire what is paid on delivery": (CASH, expire(10_000)),
    "expire what was given more time": ((*PLACED, facts.added()), expire(1000)),
    "pay the same after delivering": (DELIVERED, PAY),
    "pay the same after paying": (PAID, PAY),
    "receive the same after receiving": (RECEIVED, RECEIVE),
    "return under the same id": (ASKED, send_back(return_id=RETURN)),
    "ship the same after shipping": (SHIPPED, SHIP),
    "uncollected twice": (UNCOLLECTED, TAKE_BACK),
}


@pytest.mark.parametrize("pair", sorted(REFUSED))
def test_a_late_request_is_refused_with_its_own_code(pair: str) -> None:
    given, command, refusal = REFUSED[pair]
    with pytest.raises(refusal) as refused:
        decided(given, command)
    assert type(refused.value) is refusal


@pytest.mark.parametrize("pair", sorted(UNCHANGED))
def test_what_is_done_already_changes_nothing(pair: str) -> None:
    given, command = UNCHANGED[pair]
    assert decided(given, command) == ()


def test_money_that_is_in_before_the_order_has_expired_counts_be_it_late() -> None:
    late = ask.MarkOrderPaid(
        order_id=ORDER,
        payment_id="payment",
        method="development",
        amount=twd(2460),
        skus=(SKU,),
        now=at(5000),
    )
    assert decided(PLACED, late) == (facts.paid(), facts.confirmed())


def test_a_paid_order_cancelled_by_its_merchant_is_to_be_refunded() -> None:
    assert decided(PAID, cancel(HOST)) == (
        facts.cancelled("merchant", ""),
        facts.refund_due(2460, None),
    )


def test_who_pays_on_delivery_may_cancel_until_it_is_sent() -> None:
    assert decided(CASH, cancel(BUYER)) == (facts.cancelled("buyer", ""),)
    with pytest.raises(errors.OrderShippedError):
        decided(CASH_SHIPPED, cancel(BUYER))


def test_what_nobody_collects_is_back_and_owes_nothing_where_nothing_was_paid() -> None:
    assert decided(CASH_SHIPPED, TAKE_BACK) == (facts.uncollected(),)


def test_what_nobody_collects_is_to_be_refunded_where_it_was_paid_but_not_its_sending() -> None:
    back, refund = decided(SHIPPED, TAKE_BACK)
    assert (back, refund.amount) == (facts.uncollected(), twd(2400))


def test_cash_is_paid_as_it_is_delivered() -> None:
    paid, delivered = decided(CASH_SHIPPED, DELIVER)
    assert (paid.tag, delivered.tag) == ("ordering.OrderPaid", "ordering.OrderDelivered")


def test_an_order_expires_when_its_time_is_over() -> None:
    assert decided(PLACED, expire(900)) == (facts.expired(),)


def test_what_came_back_is_refunded_by_its_share() -> None:
    assert decided(ASKED, RECEIVE) == (facts.return_received(), facts.refund_due(1200))
