"""A shop run by two processes over one log: what one has in memory, the other may have changed."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ordering.answers import OrderAnswer
from application.ordering.numbering import Numbers
from application.ports import Dispatch
from application.processes.claiming import Claiming
from application.processes.orders import OrderPorts, Orders
from application.processes.purchasing import Purchase
from domain.catalogue.commands import ListProduct, NewVariant
from domain.ordering.commands import IssueCoupon, SetCartItem
from domain.ordering.values import CouponTerms
from domain.shared import Command, Money
from domain.showcase.commands import ChangeMerging, CloseShowcase, OpenOffer, PrepareOffer
from domain.showcase.values import HoldPolicy, OfferTerms
from domain.streaming.commands import ScheduleLiveStream
from infrastructure.commerce_terms import load_terms
from infrastructure.event_store.known_commands import SqlKnownCommands
from infrastructure.event_store.opening import EventStore
from infrastructure.event_store.recent_states import SequencerStates
from infrastructure.ids import derived_id, new_id
from infrastructure.order_index import ProjectedOrderIndex
from infrastructure.read_models.read_models import ReadModels
from interfaces.contexts import EVENTS, HANDLERS
from tests.support.accounts import started_store

SHOW, PRODUCT, HOST = "show", "product", "host"
_PRICE = Money(amount=100, currency="TWD")


class Till:
    """One process of the shop, with a memory of its own."""

    def __init__(self, store: EventStore, engine: AsyncEngine, views: ReadModels) -> None:
        self._bus = store.sequencer
        recent = SequencerStates(store.sequencer, store.log)
        self.claiming = Claiming(
            bus=store.sequencer, log=store.log, recent=recent, derived_id=derived_id
        )
        self.orders = Orders(
            OrderPorts(
                bus=store.sequencer,
                log=store.log,
                recent=recent,
                known=SqlKnownCommands(engine),
                terms=load_terms(development=True),
                numbers=Numbers(bus=store.sequencer, clock=_now, new_id=new_id, key=_key),
                index=ProjectedOrderIndex(views),
                clock=_now,
                new_id=new_id,
                derived_id=derived_id,
            )
        )

    async def ask(self, command: Command) -> None:
        await self._bus.execute(_dispatch(command))

    async def sell(self, *codes: str, hold_policy: HoldPolicy = "on_claim", units: int = 9) -> None:
        """Opens a show with an offer of each code, all of one SKU."""
        variant = NewVariant(sku="S1", prices=(_PRICE,), initial_stock=units)
        for command in (
            ScheduleLiveStream(
                stream_id=SHOW,
                by=HOST,
                host_name="Mei",
                title="Show",
                description="",
                market="TW",
                language="zh-TW",
                now=_now(),
            ),
            ListProduct(
                product_id=PRODUCT,
                by=HOST,
                language="zh-TW",
                titles={"zh-TW": "杯"},
                variants=(variant,),
            ),
        ):
            await self.ask(command)
        for code in codes:
            terms = OfferTerms(
                sku="S1",
                product_id=PRODUCT,
                code=code,
                price=_PRICE,
                titles={},
                hold_policy=hold_policy,
                waitlist=False,
            )
            await self.ask(
                PrepareOffer(stream_id=SHOW, by=HOST, offer_id=code, terms=terms, now=_now())
            )
            await self.ask(OpenOffer(stream_id=SHOW, by=HOST, offer_id=code, now=_now()))

    async def merge(self) -> None:
        await self.ask(ChangeMerging(stream_id=SHOW, by=HOST, merge_orders=True))

    async def end(self) -> None:
        await self.ask(CloseShowcase(stream_id=SHOW))

    async def put(self, buyer: str, code: str, quantity: int) -> None:
        command = SetCartItem(
            cart_id="",
            buyer_id=buyer,
            stream_id=SHOW,
            now=_now(),
            offer_id=code,
            sku="",
            quantity=quantity,
        )
        await self.claiming.execute(_dispatch(command))

    async def order(self, buyer: str, **asked: Any) -> str:
        """The id of the order it became, or joined."""
        outcome = await self.orders.place(self._purchase(buyer, **asked), _dispatch)
        return str(msgspec.json.decode(outcome.answer)["id"])

    async def quote(self, buyer: str) -> OrderAnswer:
        return await self.orders.quote(self._purchase(buyer, recipient="", phone="", address=""))

    def _purchase(self, buyer: str, **asked: Any) -> Purchase:
        given: dict[str, Any] = {
            "cart_id": self.claiming.cart_id(SHOW, buyer),
            "buyer_id": buyer,
            "now": _now(),
            "payment_method": "development",
            "shipping_method": "home",
            "recipient": "Mei",
            "phone": "0900000000",
            "address": "Test Road 1",
        }
        return Purchase(**{**given, **asked})

    async def pay(self, buyer: str, order_id: str) -> None:
        await self.orders.pay_as_buyer(order_id, "development", buyer, _dispatch)

    async def give_away(self, code: str, amount: Money, times: int) -> None:
        """A coupon that can be redeemed so often."""
        terms = CouponTerms(kind="amount", amount=amount, total=times)
        await self.ask(IssueCoupon(coupon=code, by=HOST, market="TW", terms=terms, now=_now()))


@asynccontextmanager
async def till(url: str, views: ReadModels) -> AsyncGenerator[Till]:
    async with started_store(url, event_types=EVENTS, handlers=HANDLERS) as (store, engine):
        yield Till(store, engine, views)


def _now() -> datetime:
    return datetime.now(UTC)


async def _key(content: bytes) -> bytes:
    return content


def _dispatch(command: Command) -> Dispatch:
    command_id = new_id()
    return Dispatch(
        command=command,
        command_id=command_id,
        actor="test",
        now=_now(),
        fingerprint=command_id.encode()[:32],
    )
