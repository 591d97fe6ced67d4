"""Products and their stock: a variant is listed, its SKU becomes the product's, and what is on the
shelf is received, in one append. So no SKU belongs to two products, and none lacks its stock."""

from collections.abc import Sequence

from application.catalogue.handlers import answer
from application.handling import Decision, Handler, Handlers, States
from domain.catalogue.commands import ListProduct, NewVariant, ReviseProduct, VariantChange
from domain.catalogue.deciding import PRODUCT
from domain.catalogue.events import VariantListed
from domain.catalogue.product import Product
from domain.catalogue.variants import is_sku
from domain.inventory import deciding as stock
from domain.inventory.deciding import SKU
from domain.inventory.sku import Sku
from domain.shared import Event

INITIAL_STOCK = "initial stock"

Listing = ListProduct | ReviseProduct


def _streams(command: Listing) -> tuple[str, ...]:
    """The product's, then each SKU's once; what cannot be one the product refuses."""
    skus = dict.fromkeys(one.sku for one in command.variants if is_sku(one.sku))
    return (PRODUCT.stream(command.product_id), *map(SKU.stream, skus))


def _decide(states: States, command: Listing) -> Decision:
    """`states`: the product's, and of each SKU that is named."""
    product: Product = states[0]
    facts = PRODUCT.decide(product, command)
    merchant_id = product.merchant_id or command.by
    new = {event.sku for event in facts if isinstance(event, VariantListed)}
    stocked = (
        _stocked(state, one, command.product_id, merchant_id) if one.sku in new else ()
        for one, state in zip(_variants(command), states[1:], strict=True)
    )
    return (facts, *stocked)


def _variants(command: Listing) -> Sequence[NewVariant | VariantChange]:
    return command.variants


def _stocked(
    state: Sku, variant: NewVariant | VariantChange, product_id: str, merchant_id: str
) -> tuple[Event, ...]:
    """Raises `SkuTakenError`, `QuantityOutOfRangeError`."""
    registered = stock.register(state, variant.sku, product_id, merchant_id)
    if not variant.initial_stock:
        return registered
    received = stock.receive(state, variant.initial_stock, INITIAL_STOCK)
    return (*registered, *received)


_NEW: Handler = Handler((PRODUCT, SKU), _streams, _decide, answer, opens=True)
_REVISED: Handler = Handler((PRODUCT, SKU), _streams, _decide, answer)

HANDLERS: Handlers = {ListProduct: _NEW, ReviseProduct: _REVISED}
