"""What a merchant can ask of a product."""

import msgspec
from msgspec import UNSET, UnsetType

from domain.catalogue.values import Media
from domain.shared import Command, Language, Money


class NewVariant(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A variant to sell, and how many units of it are on the shelf now."""

    sku: str
    options: dict[str, str] = {}
    prices: tuple[Money, ...] = ()
    initial_stock: int = 0


class VariantChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A variant to revise, or to list where the product has none of that SKU. What is left unset
    stays; only a new one has an initial stock."""

    sku: str
    options: dict[str, str] | UnsetType = UNSET
    prices: tuple[Money, ...] | UnsetType = UNSET
    initial_stock: int = 0


class ProductCommand(Command, frozen=True, kw_only=True):
    """`by` is the asking person; `as_admin` may ask for anybody's goods."""

    product_id: str
    by: str
    as_admin: bool = False


class ListProduct(ProductCommand, frozen=True, kw_only=True):
    """Lists a product with its variants and what is in stock of them. `product_id` is new, `by`
    is its merchant; `media` have been uploaded and checked."""

    language: Language
    titles: dict[Language, str]
    descriptions: dict[Language, str] = msgspec.field(default_factory=dict[Language, str])
    variants: tuple[NewVariant, ...]
    media: tuple[Media, ...] = ()


class ReviseProduct(ProductCommand, frozen=True, kw_only=True):
    """Changes words, variants and pictures; what is left out stays. A title of None takes a
    language away; `media` are all there shall be, in order."""

    titles: dict[Language, str | None] = msgspec.field(default_factory=dict[Language, str | None])
    descriptions: dict[Language, str] = msgspec.field(default_factory=dict[Language, str])
    variants: tuple[VariantChange, ...] = ()
    media: tuple[Media, ...] | UnsetType = UNSET


class WithdrawVariant(ProductCommand, frozen=True, kw_only=True):
    """Sells it no more. Repeating it changes nothing."""

    sku: str


class WithdrawProduct(ProductCommand, frozen=True, kw_only=True):
    """Sells nothing of it any more. Repeating it changes nothing."""


class RelistProduct(ProductCommand, frozen=True, kw_only=True):
    """Sells a withdrawn one again. Repeating it changes nothing."""
