"""Facts of one buyer's shopping in a show: a test states only what matters to it."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from domain.inventory import events as stock
from domain.ordering import events as fact
from domain.ordering.values import OrderLine, ReceivedLine, ReturnedLine, Totals
from domain.shared import Event, Money
from domain.showcase import events as showcase
from domain.showcase.values import OfferTerms
from tests.support.builders import HOST, SHOW, at

BUYER = "0190f3a2-0000-7000-8000-0000000000b1"
CART = "0190f3a2-0000-7000-8000-0000000000c1"
ORDER = "0190f3a2-0000-7000-8000-0000000000d1"
OFFER = "0190f3a2-0000-7000-8000-0000000000e1"
PRODUCT = "0190f3a2-0000-7000-8000-0000000000f1"
RETURN = "0190f3a2-0000-7000-8000-0000000000a1"
SKU = "COAT-M"
OF_ORDER: dict[str, Any] = {"buyer_id": BUYER, "stream_id": SHOW}
RECIPIENT, PHONE, ADDRESS = "王小美", "0900-000-123", "臺北市測試路一段 1 號"


def twd(amount: int) -> Money:
    return Money(amount=amount, currency="TWD")


def line(**changes: Any) -> OrderLine:
    given: dict[str, Any] = {
        "offer_id": OFFER,
        "sku": SKU,
        "product_id": PRODUCT,
        "code": "A01",
        "titles": {"zh-TW": "大衣", "en": "Coat"},
        "options": {"size": "M"},
        "quantity": 2,
        "price": twd(1200),
        "discount": twd(0),
    }
    return OrderLine(**{**given, **changes})


def totals(subtotal: int, shipping: int = 60) -> Totals:
    total = subtotal + shipping
    return Totals(
        subtotal=twd(subtotal),
        shipping=twd(shipping),
        discount=twd(0),
        tax=twd(round(total / 21)),
        total=twd(total),
        tax_basis_points=500,
    )


def placed(**changes: Any) -> fact.OrderPlaced:
    given: dict[str, Any] = {
        **OF_ORDER,
        "number": "TW-4821-0937-5",
        "cart_id": CART,
        "host_id": HOST,
        "market": "TW",
        "lines": (line(),),
        "totals": totals(2400),
        "coupon": None,
        "payment_method": "development",
        "shipping_method": "home",
        "expires_at": at(900),
        "recipient": RECIPIENT,
        "phone": PHONE,
        "address": ADDRESS,
    }
    return fact.OrderPlaced(**{**given, **changes})


def added(**changes: Any) -> fact.ItemsAddedToOrder:
    given: dict[str, Any] = {
        **OF_ORDER,
        "lines": (line(quantity=1),),
        "totals": totals(3600),
        "expires_at": at(1800),
    }
    return fact.ItemsAddedToOrder(**{**given, **changes})


def paid(amount: int = 2460, method: str = "development") -> fact.OrderPaid:
    return fact.OrderPaid(**OF_ORDER, payment_id="payment", method=method, amount=twd(amount))


def confirmed() -> fact.OrderConfirmed:
    return fact.OrderConfirmed(**OF_ORDER)


def cancelled(by: Any = "buyer", reason: str = "買錯了") -> fact.OrderCancelled:
    return fact.OrderCancelled(**OF_ORDER, by=by, reason=reason)


def expired() -> fact.OrderExpired:
    return fact.OrderExpired(**OF_ORDER)


def shipped() -> fact.OrderShipped:
    return fact.OrderShipped(**OF_ORDER, carrier="黑貓", tracking_number="9012-3456")


def delivered() -> fact.OrderDelivered:
    return fact.OrderDelivered(**OF_ORDER, delivered_at=at(100), returnable_until=at(700_000))


def return_requested(reason: str = "尺寸不合") -> fact.ReturnRequested:
    lines = (ReturnedLine(offer_id=OFFER, quantity=1),)
    return fact.ReturnRequested(**OF_ORDER, return_id=RETURN, lines=lines, reason=reason)


def return_received() -> fact.ReturnReceived:
    lines = (ReceivedLine(offer_id=OFFER, restocked=1),)
    return fact.ReturnReceived(**OF_ORDER, return_id=RETURN, lines=lines)


def refund_due(amount: int = 1200, return_id: str | None = RETURN) -> fact.RefundDue:
    reason: Any = "returned" if return_id else "cancelled"
    return fact.RefundDue(**OF_ORDER, amount=twd(amount), reason=reason, return_id=return_id)


def uncollected() -> fact.OrderUncollected:
    lines = (ReceivedLine(offer_id=OFFER, restocked=2),)
    return fact.OrderUncollected(**OF_ORDER, return_id=RETURN, lines=lines)


def returned() -> fact.OrderReturned:
    return fact.OrderReturned(**OF_ORDER)


def opened() -> fact.CartOpened:
    return fact.CartOpened(**OF_ORDER, host_id=HOST, market="TW")


def claimed(quantity: int = 2, comment: str = "") -> fact.ItemClaimed:
    return fact.ItemClaimed(
        **OF_ORDER,
        offer_id=OFFER,
        sku=SKU,
        code="A01",
        price=twd(1200),
        quantity=quantity,
        source="comment" if comment else "app",
        comment=comment,
    )


def offered() -> showcase.OfferPrepared:
    terms = OfferTerms(
        sku=SKU,
        product_id=PRODUCT,
        code="A01",
        price=twd(1200),
        titles={"zh-TW": "大衣", "en": "Coat"},
        options={"size": "M"},
    )
    return showcase.OfferPrepared(offer_id=OFFER, terms=terms)


def reserved(quantity: int, *, waited: bool = False) -> stock.StockReserved:
    return stock.StockReserved(
        quantity=quantity,
        available=9,
        cart_id=CART,
        offer_id=OFFER,
        stream_id=SHOW,
        buyer_id=BUYER,
        waited=waited,
    )


def committed(quantity: int) -> stock.StockCommitted:
    return stock.StockCommitted(quantity=quantity, available=9, order_id=ORDER, offer_id=OFFER)


def taken_back(quantity: int, return_id: str | None = None) -> stock.StockReturned:
    return stock.StockReturned(
        quantity=quantity, available=9, order_id=ORDER, offer_id=OFFER, return_id=return_id
    )


A_LIFE: tuple[tuple[str, Event], ...] = (
    (f"sku-{SKU}", stock.SkuRegistered(product_id=PRODUCT, merchant_id=HOST)),
    (f"sku-{SKU}", stock.StockReceived(quantity=2, available=2)),
    (
        f"showcase-{SHOW}",
        showcase.ShowcaseOpened(host_id=HOST, market="TW"),
    ),
    (f"showcase-{SHOW}", offered()),
    (f"cart-{CART}", opened()),
    (f"cart-{CART}", claimed(3, comment="A01+3")),
    (f"cart-{CART}", fact.ItemHeld(**OF_ORDER, offer_id=OFFER, quantity=2, held_until=at(60))),
    (f"cart-{CART}", fact.ItemWaitlisted(**OF_ORDER, offer_id=OFFER, quantity=1)),
    (f"sku-{SKU}", reserved(2)),
    (f"order-{ORDER}", placed()),
    (
        f"cart-{CART}",
        fact.ItemOrdered(**OF_ORDER, offer_id=OFFER, order_id=ORDER, quantity=2, held=True),
    ),
    (f"order-{ORDER}", paid()),
    (f"order-{ORDER}", confirmed()),
    (f"sku-{SKU}", committed(2)),
    (f"order-{ORDER}", shipped()),
    (f"order-{ORDER}", delivered()),
    (f"order-{ORDER}", return_requested()),
    (f"order-{ORDER}", return_received()),
    (f"sku-{SKU}", taken_back(1, RETURN)),
    (f"order-{ORDER}", refund_due()),
)


def about(event: Event, names: Mapping[str, str], fields: Mapping[str, str]) -> Event:
    """The same fact, with other ids: `names` has the new one for each old, `fields` by field."""
    changes: dict[str, Any] = {}
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if name in fields:
            changes[name] = fields[name]
        elif isinstance(value, str) and value in names:
            changes[name] = names[value]
        elif name == "lines":
            changes[name] = tuple(replace(each, offer_id=names[OFFER]) for each in value)
    return replace(event, **changes)
