"""What a merchant may do to stock, and what no move does: more than there is."""

from typing import Any

import pytest

from domain.inventory import commands as ask
from domain.inventory import deciding as stock
from domain.inventory import errors
from domain.inventory import events as fact
from domain.inventory.deciding import SKU
from domain.inventory.sku import Sku
from domain.inventory.values import (
    OFFERS_REMEMBERED,
    QUANTITY_AT_MOST,
    WAITLIST_AT_MOST,
    Reservation,
)
from tests.support.builders import HOST, SHOW, STRANGER
from tests.support.scenario import Scenario
from tests.support.shop_floor import COAT, MEI, OFFER, PRODUCT

REGISTERED = fact.SkuRegistered(product_id=PRODUCT, merchant_id=HOST)


def reservation(**changes: Any) -> Reservation:
    told = {"cart_id": "cart-1", "offer_id": OFFER, "stream_id": SHOW, "buyer_id": MEI}
    return Reservation(**{**told, "order_id": "order-1", **changes})


def received(quantity: int, available: int | None = None) -> fact.StockReceived:
    return fact.StockReceived(
        quantity=quantity, available=quantity if available is None else available
    )


def given(units: int = 0) -> Scenario[Sku]:
    scenario = Scenario(SKU).given(REGISTERED)
    return scenario.given(received(units)) if units else scenario


def holding(units: int, reserved: int) -> Sku:
    state = given(units).state
    return stock.after(state, stock.reserve(state, reserved, reservation()))


def receive(quantity: int, **changes: Any) -> ask.ReceiveStock:
    return ask.ReceiveStock(**{"sku": COAT, "by": HOST, "quantity": quantity, **changes})


def adjust(quantity: int, **changes: Any) -> ask.AdjustStock:
    told: dict[str, Any] = {"sku": COAT, "by": HOST, "quantity": quantity, "reason": "count"}
    return ask.AdjustStock(**{**told, **changes})


def test_goods_that_come_in_can_be_sold() -> None:
    given(5).when(receive(3)).then(received(3, available=8))


def test_adjusting_tells_why() -> None:
    after = fact.StockAdjusted(quantity=-2, available=3, reason="damage")
    given(5).when(adjust(-2, reason="damage")).then(after)


def test_adjusting_by_nothing_changes_nothing() -> None:
    given(5).when(adjust(0)).then_nothing()


def test_what_is_reserved_cannot_be_adjusted_away() -> None:
    scenario = Scenario(SKU).given(REGISTERED, received(5))
    scenario.state = holding(5, reserved=3)
    scenario.when(adjust(-3)).then_refused(errors.BelowReservedError, available=2)


@pytest.mark.parametrize("command", [receive(1), adjust(1)], ids=lambda each: type(each).__name__)
def test_only_the_merchant_or_an_admin_changes_stock(command: ask.StockCommand) -> None:
    by_another = type(command)(**{**_fields(command), "by": STRANGER})
    by_admin = type(command)(**{**_fields(command), "by": STRANGER, "as_admin": True})
    given(5).when(by_another).then_refused(errors.NotTheMerchantError)
    assert SKU.decide(given(5).state, by_admin)
    Scenario(SKU).when(command).then_refused(errors.SkuNotFoundError, sku=COAT)


def _fields(command: ask.StockCommand) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


@pytest.mark.parametrize("quantity", [-1, 0, QUANTITY_AT_MOST + 1])
def test_quantities_beyond_reason_are_refused(quantity: int) -> None:
    refusal = errors.QuantityOutOfRangeError
    given().when(receive(quantity)).then_refused(refusal, most=QUANTITY_AT_MOST)


def test_a_sku_is_one_product_s_for_ever() -> None:
    state = given().state
    assert stock.register(SKU.initial, COAT, PRODUCT, HOST) == (REGISTERED,)
    assert stock.register(state, COAT, PRODUCT, HOST) == ()
    with pytest.raises(errors.SkuTakenError):
        stock.register(state, COAT, "another product", HOST)


def test_reserving_more_than_there_is_is_refused_with_what_there_is() -> None:
    with pytest.raises(errors.OutOfStockError) as refusal:
        stock.reserve(given(5).state, 6, reservation())
    assert refusal.value.fields == {"available": 5}


def test_an_offer_has_no_more_than_its_own_quantity() -> None:
    state = holding(5, reserved=2)
    assert stock.left_of(state, OFFER, 2) == 0
    assert stock.left_of(state, OFFER, 3) == 1
    assert stock.left_of(state, "another offer", 2) == 2
    assert stock.left_of(state, OFFER, None) == 3


def test_selling_takes_from_what_is_reserved_and_on_hand_at_once() -> None:
    state = holding(5, reserved=2)
    sold = stock.after(state, stock.commit(state, 2, reservation()))
    assert (sold.on_hand, sold.reserved, sold.available) == (3, 0, 3)
    assert stock.left_of(sold, OFFER, 2) == 0


@pytest.mark.parametrize("move", ["commit", "release", "expire"])
def test_no_move_takes_more_than_is_reserved(move: str) -> None:
    state = holding(5, reserved=1)
    moves = {
        "commit": lambda: stock.commit(state, 2, reservation()),
        "release": lambda: stock.release(state, 2, reservation(), "buyer"),
        "expire": lambda: stock.expire(state, 2, reservation()),
    }
    with pytest.raises(errors.NotReserved):
        moves[move]()


def test_a_cancelled_sale_belongs_to_its_offer_again_and_a_return_does_not() -> None:
    state = holding(5, reserved=2)
    sold = stock.after(state, stock.commit(state, 2, reservation()))
    cancelled = stock.after(sold, stock.take_back(sold, 2, reservation()))
    returned = stock.after(sold, stock.take_back(sold, 2, reservation(), "return-1"))
    assert (cancelled.available, stock.left_of(cancelled, OFFER, 2)) == (5, 2)
    assert (returned.available, stock.left_of(returned, OFFER, 2)) == (5, 0)


def test_what_is_written_off_is_not_on_hand_again() -> None:
    state = holding(5, reserved=2)
    sold = stock.after(state, stock.commit(state, 2, reservation()))
    facts = stock.write_off(sold, 1, reservation(), "return-1")
    assert facts == (
        fact.StockWrittenOff(
            quantity=1, available=3, order_id="order-1", offer_id=OFFER, return_id="return-1"
        ),
    )
    assert stock.after(sold, facts) == sold


def test_a_full_waitlist_takes_nobody_else() -> None:
    full = given(1).state
    for number in range(WAITLIST_AT_MOST):
        one = reservation(cart_id=f"cart-{number}")
        full = stock.after(full, stock.join_waitlist(full, 1, one, answer_seconds=60))
    with pytest.raises(errors.OutOfStockError):
        stock.join_waitlist(full, 1, reservation(cart_id="one more"), answer_seconds=60)
    more = stock.join_waitlist(full, 1, reservation(cart_id="cart-7"), answer_seconds=60)
    assert len(stock.after(full, more).waitlist) == WAITLIST_AT_MOST


def test_of_many_offers_the_ones_last_sold_from_are_remembered() -> None:
    state = given(OFFERS_REMEMBERED + 5).state
    for number in range(OFFERS_REMEMBERED + 5):
        state = stock.after(state, stock.reserve(state, 1, reservation(offer_id=str(number))))
    assert len(state.taken) == OFFERS_REMEMBERED
    assert "4" not in state.taken
