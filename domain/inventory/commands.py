"""What a merchant can ask of a SKU's stock. What sales do to it, the shop's commands decide."""

from domain.inventory.values import AdjustmentReason
from domain.shared import Command


class StockCommand(Command, frozen=True, kw_only=True):
    """`by` is the asking person; `as_admin` may ask for anybody's goods."""

    sku: str
    by: str
    as_admin: bool = False


class ReceiveStock(StockCommand, frozen=True, kw_only=True):
    """Goods came in: so many units more."""

    quantity: int
    reason: str = ""


class AdjustStock(StockCommand, frozen=True, kw_only=True):
    """The shelf holds so many units more, or fewer, than we believe. What is reserved cannot be
    taken away."""

    quantity: int
    reason: AdjustmentReason
