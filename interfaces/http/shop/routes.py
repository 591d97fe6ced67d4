"""Every route of the shop."""

from typing import Any

from interfaces.http.shop import cart, offers, order_views, products, sales, stock

ROUTES: list[Any] = [
    *products.ROUTES,
    *stock.ROUTES,
    *offers.ROUTES,
    *cart.ROUTES,
    *order_views.ROUTES,
    *sales.ROUTES,
]
