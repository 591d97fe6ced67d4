"""Why the catalogue refuses a command. Codes are stable; the message catalogue words them."""

from domain.shared import DomainError


class ProductNotFoundError(DomainError):
    code = "product_not_found"


class ProductExistsError(DomainError):
    code = "product_exists"


class ProductWithdrawnError(DomainError):
    """It is not sold any more; listed again, it can be changed."""

    code = "product_withdrawn"


class NotTheSellerError(DomainError):
    """Only the product's merchant, or an admin, may."""

    code = "forbidden"


class VariantNotFoundError(DomainError):
    """The product has no variant of this `sku`."""

    code = "variant_not_found"


class TitleMissingError(DomainError):
    """There is no title in the `language`: the merchant's own, or one there is a description in."""

    code = "title_missing"


class InvalidSkuError(DomainError):
    """A SKU is letters, digits, `.`, `_` and `-`, `limit` at most."""

    code = "invalid_sku"


class RepeatedSkuError(DomainError):
    """The `sku` was named twice."""

    code = "repeated_sku"


class PriceMissingError(DomainError):
    """A variant has a price: the one of this `sku` got none."""

    code = "price_missing"


class RepeatedPriceError(DomainError):
    """The variant of this `sku` got two prices in a `currency`."""

    code = "repeated_price"


class OptionsInUseError(DomainError):
    """Another variant of the product has the same options as the one of this `sku`."""

    code = "options_in_use"


class InitialStockError(DomainError):
    """Only what is newly listed has an initial stock: that of this `sku` is received or
    adjusted."""

    code = "initial_stock_known"


class CatalogueRangeError(DomainError):
    """`field` must lie within `least` and `most`."""

    code = "out_of_range"


class TooManyInCatalogueError(DomainError):
    """A product has `limit` of the `field` at most."""

    code = "too_many"


class MediaNotUploadedError(DomainError):
    """Nothing fit lies under the media id: never uploaded, or left unattached for too long."""

    code = "media_not_uploaded"


class InvalidMediaError(DomainError):
    """`field` is unfit: another type than the purpose allows, or more than `limit` bytes."""

    code = "invalid_media"
