"""Why stock refuses a command. Codes are stable; the message catalogue words them."""

from domain.shared import DomainError


class SkuNotFoundError(DomainError):
    """No product has a variant of this SKU."""

    code = "sku_not_found"


class SkuTakenError(DomainError):
    """Another product has a variant of this SKU."""

    code = "sku_taken"


class NotTheMerchantError(DomainError):
    """Only who sells the goods, or an admin, may."""

    code = "forbidden"


class OutOfStockError(DomainError):
    """`available` units are to be had, fewer than were asked for."""

    code = "out_of_stock"


class BelowReservedError(DomainError):
    """Units that are reserved cannot be adjusted away; `available` are free."""

    code = "stock_is_reserved"


class QuantityOutOfRangeError(DomainError):
    """`field` must lie within `least` and `most`."""

    code = "out_of_range"


class NotReserved(ValueError):
    """More was to be taken of the reserved units than there are: a mistake in the code, as whoever
    holds them lets them go in the same append."""
