"""Products on real databases, through the real engine: lists, filters, search, pictures in use."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.catalogue import events as fact
from domain.shared import Event, Language
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.log import SqlEventLog
from projections.catalogue.media import MEDIA_IN_USE, media_in_use
from projections.catalogue.products import PRODUCTS, ProductView, Wanted, list_products, products_of
from projections.projection import Views
from tests.support.accounts import MASTER
from tests.support.builders import recorded
from tests.support.goods import LISTED, MERCHANT, OTHER, PICTURE, RED, price, variant_listed
from tests.support.projections import World, caught_up, world

pytestmark = pytest.mark.services


@pytest.fixture
async def there(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, redis_prefix) as made:
        codec = EventCodec(fact.EVENTS, Keyring(made.engine, MASTER))
        made.log = SqlEventLog(made.engine, codec, made.signal)
        yield made


def goods(product_id: str, titles: dict[Language, str], **changes: Any) -> list[tuple[str, Event]]:
    """A product of one variant."""
    sku = f"{product_id.upper()}-1"
    listed = fact.ProductListed(
        merchant_id=changes.pop("merchant_id", MERCHANT),
        language=next(iter(titles)),
        titles=titles,
        descriptions={},
    )
    variant = variant_listed(sku, **changes)
    return [(f"product-{product_id}", listed), (f"product-{product_id}", variant)]


async def found(views: Views, **wanted: Any) -> list[str]:
    seen = await list_products(views, Wanted(**wanted), limit=10)
    return [view.id for view in seen.value]


async def test_products_are_found_by_what_their_readers_write(there: World) -> None:
    events = [
        *goods("coat", {"zh-TW": "日本羊毛大衣", "th": "เสื้อโค้ทกันหนาว", "ja": "ウールコート"}),
        *goods("boot", {"en": "Rain Boots 100% dry", "zh-CN": "雨靴"}, colour="酒红"),
        *goods("cup", {"th": "แก้วน้ำ"}, merchant_id=OTHER, prices=(price(9_900, "THB"),)),
    ]
    head = await there.append(*events)
    async with there.projecting(PRODUCTS) as views:
        await caught_up(views, PRODUCTS, head)
        assert await found(views) == ["cup", "boot", "coat"]
        for words in ("羊毛", "กันหนาว", "コート", "coat-1", "ＣＯＡＴ", "大衣 ウール"):
            assert await found(views, words=words) == ["coat"], words
        for words in ("RAIN boot", "100%", "酒红", "雨靴"):
            assert await found(views, words=words) == ["boot"], words
        for words in ("0_%", "羊 靴", "100%%", "\\"):
            assert await found(views, words=words) == [], words
        assert await found(views, market="TH") == ["cup"]
        assert await found(views, market="TW", merchant=MERCHANT) == ["boot", "coat"]


async def test_withdrawn_products_are_not_listed_and_pages_go_on_where_they_ended(
    there: World,
) -> None:
    events = [each for name in "abcd" for each in goods(name, {"en": name})]
    head = await there.append(*events, ("product-b", fact.ProductWithdrawn()))
    async with there.projecting(PRODUCTS) as views:
        await caught_up(views, PRODUCTS, head)
        first = (await list_products(views, Wanted(), limit=2)).value
        assert [view.id for view in first] == ["d", "c"]
        rest = await list_products(views, Wanted(), limit=2, before=first[-1].listed_at)
        assert [view.id for view in rest.value] == ["a"]
        assert await found(views, status=None) == ["d", "c", "b", "a"]
        assert set((await products_of(views, ["a", "b", "x"])).value) == {"a", "b"}


async def test_pictures_are_in_use_until_they_are_detached(there: World) -> None:
    attached = fact.ProductMediaAttached(key=PICTURE.key, kind="image")
    kept = fact.ProductMediaAttached(key="kept", kind="image")
    detached = fact.ProductMediaDetached(key=PICTURE.key)
    head = await there.append(*(("product-p", each) for each in (attached, kept, detached)))
    async with there.projecting(MEDIA_IN_USE) as views:
        await caught_up(views, MEDIA_IN_USE, head)
        asked = [PICTURE.key, "kept", "never"]
        assert await media_in_use(views, asked, min_position=head) == {"kept"}


def test_a_variant_off_sale_brings_its_product_to_no_market() -> None:
    view: ProductView | None = None
    gone = fact.VariantWithdrawn(sku=RED)
    baht = variant_listed(RED, prices=(price(9_900, "THB"),))
    markets = []
    for position, event in enumerate((*LISTED, baht, gone), start=1):
        view = PRODUCTS.fold(view, recorded(event, position=position))
        assert view is not None
        markets.append(sorted(view.markets))
    assert markets == [[], ["TW"], ["TW"], ["TH", "TW"], ["TW"]]
