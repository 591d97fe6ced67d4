"""Every route of the shop."""

from typing import Any

from interfaces.http.shop import (
    cart,
    checkout,
    coupons,
    offers,
    order_views,
    orders,
    products,
    sales,
    stock,
    terms,
)

ROUTES: list[Any] = [
    *products.ROUTES,
    *stock.ROUTES,
    *offers.ROUTES,
    *cart.ROUTES,
    *checkout.ROUTES,
    *order_views.ROUTES,
    *orders.ROUTES,
    *coupons.ROUTES,
    *terms.ROUTES,
    *sales.ROUTES,
]
