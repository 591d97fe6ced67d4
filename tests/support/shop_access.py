"""Who may call the shop's routes. Where nothing is for sale: as far as one gets who may."""

from typing import Any

from tests.support.access import (
    HOST,
    HOST_OR_ADMIN,
    REGISTERED,
    SELLERS,
    SOME_ID,
    STREAM,
    Route,
    page,
    public,
)
from tests.support.arranging import on_a_show, plain
from tests.support.http import BASE

NOTHING = {"json": {"title": {"en": "Nothing to be had"}, "variants": []}}
OFFER = {"json": {"sku": "NONE", "code": "A01", "price": {"amount": 100, "currency": "TWD"}}}
ONE_ORDER = f"{BASE}/orders/{SOME_ID}"
HOME = {"method": "home", "recipient": "王小美", "phone": "0900-000-123", "address": "測試路 1 號"}
PURCHASE: dict[str, Any] = {
    "json": {"cart_id": SOME_ID, "payment_method": "line_pay", "shipping": HOME}
}
QUOTE: dict[str, Any] = {"json": {**PURCHASE["json"], "shipping": {"method": "home"}}}

SHOP: dict[tuple[str, str], Route] = {
    ("GET", f"{BASE}/products"): page(f"{BASE}/products"),
    ("POST", f"{BASE}/products"): Route(SELLERS, 422, plain(f"{BASE}/products", **NOTHING)),
    ("GET", f"{BASE}/products/{{product_id}}"): public(404, plain(f"{BASE}/products/{SOME_ID}")),
    ("PATCH", f"{BASE}/products/{{product_id}}"): Route(
        SELLERS, 404, plain(f"{BASE}/products/{SOME_ID}", json={})
    ),
    ("DELETE", f"{BASE}/products/{{product_id}}"): Route(
        SELLERS, 404, plain(f"{BASE}/products/{SOME_ID}")
    ),
    ("POST", f"{BASE}/products/{{product_id}}/relist"): Route(
        SELLERS, 404, plain(f"{BASE}/products/{SOME_ID}/relist")
    ),
    ("DELETE", f"{BASE}/products/{{product_id}}/variants/{{sku}}"): Route(
        SELLERS, 404, plain(f"{BASE}/products/{SOME_ID}/variants/COAT")
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/offers"): public(200, on_a_show(f"{STREAM}/offers")),
    # Nothing is for sale here: as far as one gets who may.
    ("POST", f"{BASE}/streams/{{stream_id}}/offers"): Route(
        HOST_OR_ADMIN, 404, on_a_show(f"{STREAM}/offers", **OFFER)
    ),
    ("PATCH", f"{BASE}/streams/{{stream_id}}/offers/{{offer_id}}"): Route(
        HOST_OR_ADMIN, 404, on_a_show(f"{STREAM}/offers/{SOME_ID}", json={"hold_seconds": 60})
    ),
    **{
        ("POST", f"{BASE}/streams/{{stream_id}}/offers/{{offer_id}}/{asked}"): Route(
            HOST_OR_ADMIN, 404, on_a_show(f"{STREAM}/offers/{SOME_ID}/{asked}", json=None)
        )
        for asked in ("open", "close", "pin", "unpin")
    },
    ("PATCH", f"{BASE}/streams/{{stream_id}}/showcase"): Route(
        HOST_OR_ADMIN, 200, on_a_show(f"{STREAM}/showcase", json={"merge_orders": True})
    ),
    ("GET", f"{BASE}/stock"): Route(SELLERS, 200, plain(f"{BASE}/stock")),
    ("GET", f"{BASE}/stock/{{sku}}"): Route(SELLERS, 404, plain(f"{BASE}/stock/NONE")),
    ("POST", f"{BASE}/stock/{{sku}}/receive"): Route(
        SELLERS, 404, plain(f"{BASE}/stock/NONE/receive", json={"quantity": 1})
    ),
    ("POST", f"{BASE}/stock/{{sku}}/adjust"): Route(
        SELLERS, 404, plain(f"{BASE}/stock/NONE/adjust", json={"quantity": 1, "reason": "count"})
    ),
    ("GET", f"{BASE}/me/cart"): Route(REGISTERED, 404, plain(f"{BASE}/me/cart?stream={SOME_ID}")),
    ("PUT", f"{BASE}/me/cart/items/{{offer_id}}"): Route(
        REGISTERED, 404, plain(f"{BASE}/me/cart/items/{SOME_ID}", json={"quantity": 1})
    ),
    ("DELETE", f"{BASE}/me/cart/items/{{offer_id}}"): Route(
        REGISTERED, 404, plain(f"{BASE}/me/cart/items/{SOME_ID}")
    ),
    ("GET", f"{BASE}/orders"): Route(REGISTERED, 200, plain(f"{BASE}/orders")),
    # Nobody has ordered anything here: as far as one gets who may.
    ("GET", f"{BASE}/orders/{{order_id}}"): Route(
        REGISTERED, 404, plain(f"{BASE}/orders/{SOME_ID}")
    ),
    ("POST", f"{BASE}/orders"): Route(REGISTERED, 409, plain(f"{BASE}/orders", **PURCHASE)),
    ("POST", f"{BASE}/orders/quote"): Route(
        REGISTERED, 409, plain(f"{BASE}/orders/quote", **QUOTE)
    ),
    ("POST", f"{BASE}/orders/{{order_id}}/payments"): Route(
        REGISTERED, 404, plain(f"{ONE_ORDER}/payments", json={"method": "development"})
    ),
    ("POST", f"{BASE}/orders/{{order_id}}/cancel"): Route(
        REGISTERED, 404, plain(f"{ONE_ORDER}/cancel", json={})
    ),
    ("POST", f"{BASE}/orders/{{order_id}}/ship"): Route(
        SELLERS, 404, plain(f"{ONE_ORDER}/ship", json={"carrier": "kex", "tracking_number": "1"})
    ),
    ("POST", f"{BASE}/orders/{{order_id}}/deliver"): Route(
        SELLERS, 404, plain(f"{ONE_ORDER}/deliver")
    ),
    ("POST", f"{BASE}/orders/{{order_id}}/returns"): Route(
        REGISTERED,
        404,
        plain(f"{ONE_ORDER}/returns", json={"lines": [{"offer_id": SOME_ID, "quantity": 1}]}),
    ),
    ("POST", f"{BASE}/orders/{{order_id}}/returns/{{return_id}}/receive"): Route(
        SELLERS, 404, plain(f"{ONE_ORDER}/returns/{SOME_ID}/receive", json={})
    ),
    ("POST", f"{BASE}/orders/{{order_id}}/uncollected"): Route(
        SELLERS, 404, plain(f"{ONE_ORDER}/uncollected", json={})
    ),
    ("GET", f"{BASE}/coupons"): Route(HOST, 200, plain(f"{BASE}/coupons")),
    ("POST", f"{BASE}/coupons"): Route(
        HOST, 422, plain(f"{BASE}/coupons", json={"code": "LIVE100", "kind": "amount"})
    ),
    ("POST", f"{BASE}/coupons/{{code}}/withdraw"): Route(
        HOST_OR_ADMIN, 404, plain(f"{BASE}/coupons/NONE/withdraw")
    ),
    ("GET", f"{BASE}/payment-methods"): page(f"{BASE}/payment-methods?market=TW"),
    ("GET", f"{BASE}/shipping-methods"): page(f"{BASE}/shipping-methods?market=TH"),
    ("GET", f"{BASE}/streams/{{stream_id}}/sales"): Route(
        HOST_OR_ADMIN, 200, on_a_show(f"{STREAM}/sales")
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/sales/minutes"): Route(
        HOST_OR_ADMIN, 200, on_a_show(f"{STREAM}/sales/minutes")
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/offers/{{offer_id}}/buyers"): Route(
        HOST_OR_ADMIN, 404, on_a_show(f"{STREAM}/offers/{SOME_ID}/buyers")
    ),
}
