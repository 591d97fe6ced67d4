"""What the catalogue does for those who use it. Deciding is the domain's."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from msgspec import UNSET

from application.catalogue.media import ProductMedia
from application.catalogue.ports import Clock, MediaIndex, NewId
from application.ports import CommandBus, Dispatch, EventLog, KnownCommands, ObjectStore, Outcome
from domain.catalogue.commands import ListProduct, ReviseProduct
from domain.catalogue.deciding import PRODUCT

REMOVE_ORPHANS = "catalogue.remove_orphans"


@dataclass(frozen=True, kw_only=True)
class CataloguePorts:
    bus: CommandBus
    known: KnownCommands
    log: EventLog
    objects: ObjectStore
    index: MediaIndex
    clock: Clock
    new_id: NewId


class CatalogueServices:
    def __init__(self, ports: CataloguePorts) -> None:
        self._bus = ports.bus
        self._known = ports.known
        self._log = ports.log
        self.media = ProductMedia(
            log=ports.log,
            objects=ports.objects,
            index=ports.index,
            clock=ports.clock,
            new_id=ports.new_id,
        )

    async def list_product(self, dispatch: Dispatch, command: ListProduct) -> Outcome:
        """Executes `dispatch`, whose command is `command`, if its media are there and fit."""
        if command.media and (first := await self._known.outcome(dispatch)):
            return first
        await self.media.refuse_unfit(command.media, by=command.by)
        return await self._bus.execute(dispatch)

    async def revise_product(self, dispatch: Dispatch, command: ReviseProduct) -> Outcome:
        """Executes `dispatch`, whose command is `command`, if what it adds of media is there and
        fit. What the product is shown with already stays so, however old."""
        if command.media is not UNSET and command.media:
            if first := await self._known.outcome(dispatch):
                return first
            had = await self._log.load(PRODUCT, PRODUCT.stream(command.product_id))
            new = [one for one in command.media if one not in had.state.media]
            await self.media.refuse_unfit(new, by=command.by)
        return await self._bus.execute(dispatch)

    def jobs(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        """The methods that run as jobs, by the jobs' names."""
        return {REMOVE_ORPHANS: self.media.remove_orphans}
