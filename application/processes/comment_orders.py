"""Orders in comments: what somebody writes in a show's chat is claimed for them.

The comment is read against what the show offered, and had pinned, as it was written: whoever wrote
`+1` meant what was shown then. Whether it can be had is decided now. Every outcome, a refusal too,
is a fact of the writer's cart, which they are told of.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from application.ports import DerivedId, Dispatch, EventLog, KnownCommands
from application.processes.claiming import Claiming
from application.processes.dispatching import by_system
from application.processes.process import Enqueue, Reaction
from application.processes.shows_then import ShowsThen
from domain.chat.deciding import ROOM
from domain.chat.events import ChatMessageSent
from domain.comment_orders.codes import folded_code
from domain.comment_orders.reading import PARSER_VERSION, may_order, read
from domain.comment_orders.variants import differs, variant
from domain.comment_orders.wishes import Wish
from domain.ordering.commands import ClaimItem, RefuseClaim
from domain.ordering.errors import GuestsCannotBuyError
from domain.shared import DomainError, Recorded
from domain.showcase.codes import meant_by_code
from domain.showcase.showcase import Offer, Showcase
from domain.text import folded

TAKE_COMMENT = "shop.take_comment"


class OfferCodeUnknownError(DomainError):
    """The show offers nothing under the `offer_code`."""

    code = "offer_code_unknown"


class CommentOrders:
    """Sees what may be an order. `stands` tells so of everybody but those whose every word does."""

    name = "comment_orders"
    contexts = frozenset({"chat"})

    def react(self, recorded: Recorded) -> Sequence[Reaction]:
        event = recorded.event
        if not isinstance(event, ChatMessageSent) or not event.stands:
            return ()
        if not may_order(folded(event.text)):
            return ()
        return (Enqueue(TAKE_COMMENT, (recorded.entity_id, str(recorded.version))),)


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, and the place in the log where it stands."""

    stream_id: str
    said: ChatMessageSent
    recorded: Recorded


class CommentClaims:
    """Claims what comments order, each item once however often the job is run."""

    def __init__(
        self,
        *,
        claims: Claiming,
        log: EventLog,
        known: KnownCommands,
        clock: Callable[[], datetime],
        derived_id: DerivedId,
    ) -> None:
        self._claims = claims
        self._log = log
        self._known = known
        self._clock = clock
        self._derived_id = derived_id
        self._shows = ShowsThen(log)

    async def take(self, stream_id: str, version: str) -> None:
        """The job: the message of that version of the show's room. Raises what the bus raises but
        for refusals, which are recorded."""
        comment = await self._comment(stream_id, int(version))
        if comment is None:
            return
        show = await self._shows.as_of(stream_id, comment.recorded.position)
        if not show.offers:
            return
        codes = {folded_code(code): offer_id for code, offer_id in meant_by_code(show).items()}
        text = folded(comment.said.text)
        for number, wish in enumerate(read(text, codes, pinned=show.pinned is not None)):
            meant = codes.get(wish.code) if wish.code is not None else show.pinned
            await self._take(comment, number, wish, _variant_of(show, meant, wish))

    def jobs(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        """The methods that run as jobs, by the jobs' names. Their arguments are all text."""
        return {TAKE_COMMENT: self.take}

    async def _comment(self, stream_id: str, version: int) -> Comment | None:
        found = await self._log.read_stream(
            ROOM.stream(stream_id), after_version=version - 1, limit=1
        )
        if not found or not isinstance(found[0].event, ChatMessageSent):
            return None
        return Comment(stream_id=stream_id, said=found[0].event, recorded=found[0])

    async def _take(self, comment: Comment, number: int, wish: Wish, offer_id: str | None) -> None:
        """What was refused once stays refused: its writer was told so."""
        refused_id = self._derived_id(TAKE_COMMENT, comment.said.message_id, str(number), "refused")
        unknown = self._refusal(comment, wish)
        if await self._known.outcome(self._dispatch(comment, unknown, refused_id)) is not None:
            return
        try:
            await self._claim(comment, number, wish, offer_id)
        except DomainError as refused:
            command = self._refusal(comment, wish, refused)
            await self._claims.execute(self._dispatch(comment, command, refused_id))

    async def _claim(self, comment: Comment, number: int, wish: Wish, offer_id: str | None) -> None:
        if comment.said.role == "guest":
            raise GuestsCannotBuyError()
        if offer_id is None:
            raise OfferCodeUnknownError()
        claim = ClaimItem(
            cart_id="",
            buyer_id=comment.said.user_id,
            stream_id=comment.stream_id,
            now=self._clock(),
            offer_id=offer_id,
            sku="",
            quantity=wish.quantity,
            source="comment",
            message_id=comment.said.message_id,
            parser=PARSER_VERSION,
            comment=comment.said.text,
        )
        command_id = self._derived_id(TAKE_COMMENT, comment.said.message_id, str(number))
        await self._claims.execute(self._dispatch(comment, claim, command_id))

    def _refusal(
        self, comment: Comment, wish: Wish, refused: DomainError | None = None
    ) -> RefuseClaim:
        return RefuseClaim(
            cart_id="",
            buyer_id=comment.said.user_id,
            stream_id=comment.stream_id,
            now=self._clock(),
            refusal=refused.code if refused else "",
            offer_code=" ".join((wish.code or "", *wish.options)).strip().upper(),
            quantity=wish.quantity,
            message_id=comment.said.message_id,
            parser=PARSER_VERSION,
            comment=comment.said.text,
            numbers=_numbers(refused) if refused else {},
        )

    def _dispatch(
        self, comment: Comment, command: ClaimItem | RefuseClaim, command_id: str
    ) -> Dispatch:
        return by_system(
            command, command_id, job=TAKE_COMMENT, now=self._clock(), cause=comment.recorded
        )


def _numbers(refused: DomainError) -> dict[str, int]:
    return {name: value for name, value in refused.fields.items() if isinstance(value, int)}


def _variant_of(show: Showcase, offer_id: str | None, wish: Wish) -> str | None:
    """The offer that is meant: another of the same goods where that has the colour and size, and
    the named one has others. None: no single offer has them."""
    if offer_id is None or not _has_others(show.offers[offer_id], wish):
        return offer_id
    goods = show.offers[offer_id].terms.product_id
    wanted = frozenset(wish.options)
    fitting = [
        other_id
        for other_id, other in show.offers.items()
        if other.terms.product_id == goods
        and other.status == "open"
        and wanted <= variant(other.terms.options.values())
    ]
    return fitting[0] if len(fitting) == 1 else None


def _has_others(offer: Offer, wish: Wish) -> bool:
    return bool(wish.options) and differs(wish.options, variant(offer.terms.options.values()))
