"""What a show sells: whose show and whose goods they are is decided together with the offer."""

from msgspec.structs import replace

from application.handling import Decision, Handler, Handlers, States
from application.ports import CommandBus, Dispatch, EventLog, Outcome, RecentStates
from application.showcase.handlers import offer_answer, showcase_answer
from domain.catalogue.deciding import PRODUCT
from domain.catalogue.product import Product
from domain.inventory.deciding import SKU
from domain.inventory.errors import SkuNotFoundError
from domain.inventory.sku import Sku
from domain.shared import Market
from domain.showcase.commands import ChangeMerging, PrepareOffer
from domain.showcase.deciding import SHOWCASE
from domain.showcase.errors import ShowcaseClosedError, ShowcaseNotFoundError
from domain.showcase.values import OfferTerms
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.events import LiveStreamScheduled
from domain.streaming.live_stream import LiveStream
from domain.streaming.values import OVER


class Offering:
    """Fills in what never changes: a show's market, and which product has a SKU."""

    def __init__(self, *, bus: CommandBus, log: EventLog, states: RecentStates) -> None:
        self._bus = bus
        self._log = log
        self._states = states

    async def prepare(self, dispatch: Dispatch) -> Outcome:
        """Of a `PrepareOffer` that names a SKU; what it is called is its product's to say. Raises
        `SkuNotFoundError`, `ShowcaseNotFoundError`, and what the showcase refuses with."""
        command = dispatch.command
        if not isinstance(command, PrepareOffer):
            raise TypeError(f"{type(command).__name__} prepares nothing")
        sku = command.terms.sku
        goods = (await self._states.recall(SKU, SKU.stream(sku))).state
        if not goods.product_id:
            raise SkuNotFoundError(sku=sku)
        terms = replace(command.terms, product_id=goods.product_id)
        market = await self._market(command.stream_id)
        filled = replace(command, terms=terms, market=market)
        return await self._bus.execute(replace(dispatch, command=filled))

    async def change_merging(self, dispatch: Dispatch) -> Outcome:
        """Raises `ShowcaseNotFoundError`, and what the showcase refuses with."""
        command = dispatch.command
        if not isinstance(command, ChangeMerging):
            raise TypeError(f"{type(command).__name__} merges nothing")
        filled = replace(command, market=await self._market(command.stream_id))
        return await self._bus.execute(replace(dispatch, command=filled))

    async def _market(self, stream_id: str) -> Market:
        first = await self._log.read_stream(LIVE_STREAM.stream(stream_id), limit=1)
        if not first or not isinstance(first[0].event, LiveStreamScheduled):
            raise ShowcaseNotFoundError(stream_id=stream_id)
        return first[0].event.market


def _offering_streams(command: PrepareOffer) -> tuple[str, ...]:
    return (
        SHOWCASE.stream(command.stream_id),
        LIVE_STREAM.stream(command.stream_id),
        SKU.stream(command.terms.sku),
        PRODUCT.stream(command.terms.product_id),
    )


def _prepare(states: States, command: PrepareOffer) -> Decision:
    """Of [showcase, live stream, SKU, product]."""
    showcase, show, sku, product = states
    filled = replace(
        command,
        host_id=_host_of(show, command.stream_id),
        merchant_id=sku.merchant_id,
        terms=_described(command.terms, sku, product),
    )
    return (SHOWCASE.decide(showcase, filled), (), (), ())


def _described(terms: OfferTerms, sku: Sku, product: Product) -> OfferTerms:
    """With what the goods are called as they are prepared."""
    variant = product.on_sale(terms.sku) if sku.product_id == terms.product_id else None
    if variant is None:
        raise SkuNotFoundError(sku=terms.sku)
    return replace(terms, titles=product.titles, options=variant.options)


def _merging_streams(command: ChangeMerging) -> tuple[str, ...]:
    return SHOWCASE.stream(command.stream_id), LIVE_STREAM.stream(command.stream_id)


def _change_merging(states: States, command: ChangeMerging) -> Decision:
    """Of [showcase, live stream]."""
    showcase, show = states
    filled = replace(command, host_id=_host_of(show, command.stream_id))
    return (SHOWCASE.decide(showcase, filled), ())


def _host_of(show: LiveStream, stream_id: str) -> str:
    """Of a show that is not over."""
    if show.status is None:
        raise ShowcaseNotFoundError(stream_id=stream_id)
    if show.status in OVER:
        raise ShowcaseClosedError()
    return show.host_id


HANDLERS: Handlers = {
    PrepareOffer: Handler(
        (SHOWCASE, LIVE_STREAM, SKU, PRODUCT), _offering_streams, _prepare, offer_answer
    ),
    ChangeMerging: Handler(
        (SHOWCASE, LIVE_STREAM), _merging_streams, _change_merging, showcase_answer
    ),
}
