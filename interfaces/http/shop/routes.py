"""Every route of the shop."""

from typing import Any

from interfaces.http.shop import products

ROUTES: list[Any] = [
    *products.ROUTES,
]
