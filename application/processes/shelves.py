"""The stock of several SKUs, as one decision goes over it move by move."""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec

from domain.inventory.deciding import Facts, after
from domain.inventory.sku import Sku
from domain.inventory.values import Reservation
from domain.ordering.cart import Cart
from domain.ordering.errors import ShopMovedOnError

P = ParamSpec("P")
Move = Callable[Concatenate[Sku, P], Facts]


class Shelves:
    """Every move follows on those before it. Made anew for each decision; `facts` are of the SKUs
    in the order they were given."""

    def __init__(self, skus: Sequence[str], states: Sequence[Sku]) -> None:
        self._states = dict(zip(skus, states, strict=True))
        self._facts: dict[str, Facts] = dict.fromkeys(skus, ())

    def state(self, sku: str) -> Sku:
        """Raises `ShopMovedOnError` for a SKU that the command does not name."""
        try:
            return self._states[sku]
        except KeyError:
            raise ShopMovedOnError() from None

    def move(self, sku: str, move: Move[P], *args: P.args, **kwargs: P.kwargs) -> None:
        """Raises what the move refuses with, and `ShopMovedOnError`."""
        self.add(sku, move(self.state(sku), *args, **kwargs))

    def add(self, sku: str, facts: Facts) -> None:
        self._states[sku] = after(self.state(sku), facts)
        self._facts[sku] += facts

    def facts(self) -> list[Facts]:
        return list(self._facts.values())


def cart_reservation(cart_id: str, cart: Cart, offer_id: str) -> Reservation:
    """A line of a cart that was opened, as stock knows it."""
    return Reservation(
        cart_id=cart_id,
        offer_id=offer_id,
        stream_id=cart.stream_id,
        buyer_id=cart.buyer_id,
    )
