"""Valid commands and facts of products by default: a test states only what matters to it."""

from typing import Any

from domain.catalogue import commands as ask
from domain.catalogue import events as fact
from domain.catalogue.deciding import PRODUCT
from domain.catalogue.product import Product
from domain.catalogue.values import Media
from domain.shared import Currency, Event, Money
from tests.support.scenario import Scenario

COAT = "0190f3a2-0000-7000-8000-0000000000c0"
MERCHANT = "0190f3a2-0000-7000-8000-0000000000aa"
OTHER = "0190f3a2-0000-7000-8000-0000000000bb"
RED, BLUE = "COAT-RED", "COAT-BLUE"
PICTURE = Media(key="media/m/product_images/front.webp", kind="image")
FILM = Media(key="media/m/product_videos/walk.mp4", kind="video")


def price(amount: int = 1280, currency: Currency = "TWD") -> Money:
    return Money(amount=amount, currency=currency)


def new_variant(sku: str = RED, colour: str = "red", **changes: Any) -> ask.NewVariant:
    given: dict[str, Any] = {"sku": sku, "options": {"colour": colour}, "prices": (price(),)}
    return ask.NewVariant(**{**given, **changes})


def list_product(**changes: Any) -> ask.ListProduct:
    given: dict[str, Any] = {
        "product_id": COAT,
        "by": MERCHANT,
        "language": "zh-TW",
        "titles": {"zh-TW": "羊毛大衣", "th": "เสื้อโค้ท"},
        "descriptions": {"zh-TW": "柔軟保暖"},
        "variants": (new_variant(), new_variant(BLUE, "blue")),
    }
    return ask.ListProduct(**{**given, **changes})


def revise(**changes: Any) -> ask.ReviseProduct:
    given: dict[str, Any] = {"product_id": COAT, "by": MERCHANT}
    return ask.ReviseProduct(**{**given, **changes})


def listed() -> fact.ProductListed:
    return fact.ProductListed(
        merchant_id=MERCHANT,
        language="zh-TW",
        titles={"zh-TW": "羊毛大衣", "th": "เสื้อโค้ท"},
        descriptions={"zh-TW": "柔軟保暖"},
    )


def variant_listed(sku: str = RED, colour: str = "red", **changes: Any) -> fact.VariantListed:
    given: dict[str, Any] = {"sku": sku, "options": {"colour": colour}, "prices": (price(),)}
    return fact.VariantListed(**{**given, **changes})


LISTED: tuple[Event, ...] = (listed(), variant_listed(), variant_listed(BLUE, "blue"))


def given(*events: Event) -> Scenario[Product]:
    """A product of two variants, and what happened to it since."""
    return Scenario(PRODUCT).given(*LISTED, *events)
