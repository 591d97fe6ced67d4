"""The words of the catalogue: variants, media, and the limits."""

from typing import Literal

import msgspec

from domain.shared import Currency, Money

ProductStatus = Literal["listed", "withdrawn"]
MediaKind = Literal["image", "video"]

SKU = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"  # as the stock's
SKU_CHARACTERS = 64
TITLE_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 5000
VARIANTS_AT_MOST = 100
OPTIONS_AT_MOST = 5
OPTION_CHARACTERS = 60
MEDIA_AT_MOST = 20
PRICE_AT_MOST = 1_000_000_000  # minor units


class Variant(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What can be bought of a product: its options, such as colour and size, and a price in each
    currency it is sold in, tax included."""

    options: dict[str, str]
    prices: tuple[Money, ...]
    withdrawn: bool = False

    def price_in(self, currency: Currency) -> Money | None:
        return next((price for price in self.prices if price.currency == currency), None)


class Media(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A picture or a film of a product, under `key` in the object store."""

    key: str
    kind: MediaKind
