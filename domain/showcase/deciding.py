"""What a show's offers answer to each command: the facts it comes to, or a refusal. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from domain.shared import Command, Decider, Event
from domain.showcase import commands as ask
from domain.showcase import errors
from domain.showcase import events as fact
from domain.showcase.showcase import Offer, Showcase, evolve
from domain.showcase.terms import offerable, revised
from domain.showcase.values import OFFERS_AT_MOST, ClosingReason, OfferTerms

Facts = tuple[Event, ...]


def decide(state: Showcase, command: Command) -> Facts:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"a showcase does not decide {type(command).__name__}")
    return decision(state, command)


def claimable(state: Showcase, offer_id: str, now: datetime) -> OfferTerms:
    """On what terms the offer can be claimed now. Raises `OfferNotFoundError`,
    `OfferNotOpenError`, `OfferClosedError`."""
    offer = _offer(state, offer_id)
    if offer.is_open(now):
        return offer.terms
    if offer.status == "prepared":
        raise errors.OfferNotOpenError(offer_code=offer.terms.code)
    raise errors.OfferClosedError(offer_code=offer.terms.code)


def sold_out(state: Showcase, offer_id: str) -> Facts:
    """What follows when nothing of an offer is left to claim; told once."""
    offer = state.offers.get(offer_id)
    if offer is None or offer.sold_out or offer.status != "open":
        return ()
    return (fact.OfferSoldOut(offer_id=offer_id),)


def _prepare(state: Showcase, command: ask.PrepareOffer) -> Facts:
    opening = _opened(state, command)
    if command.merchant_id != command.host_id:
        raise errors.NotTheHostOfTheShowError()  # who sells is who is paid
    if command.offer_id in state.offers:
        return ()
    if len(state.offers) >= OFFERS_AT_MOST:
        raise errors.TooManyOffersError(field="offers", limit=OFFERS_AT_MOST)
    terms = offerable(command.terms, command.market, command.now)
    _refuse_code_in_use(state, terms.code, but=command.offer_id)
    return (*opening, fact.OfferPrepared(offer_id=command.offer_id, terms=terms))


def _change_merging(state: Showcase, command: ask.ChangeMerging) -> Facts:
    opening = _opened(state, command)
    if state.merge_orders == command.merge_orders:
        return opening
    return (*opening, fact.MergingChanged(merge_orders=command.merge_orders))


def _opened(state: Showcase, command: ask.PrepareOffer | ask.ChangeMerging) -> Facts:
    """By the first word on what the show sells."""
    if command.by != command.host_id and not command.as_admin:
        raise errors.NotTheHostOfTheShowError()
    if state.closed:
        raise errors.ShowcaseClosedError()
    if state.host_id:
        return ()
    return (fact.ShowcaseOpened(host_id=command.host_id, market=command.market),)


def _revise(state: Showcase, command: ask.ReviseOffer) -> Facts:
    """Of one that was closed before it ever opened, a prepared one is made again."""
    _refuse_strangers(state, command)
    offer = _offer(state, command.offer_id)
    if offer.frozen:
        raise errors.OfferFrozenError(offer_code=offer.terms.code)
    terms = offerable(revised(offer.terms, command), state.market, command.now)
    _refuse_code_in_use(state, terms.code, but=command.offer_id)
    if terms == offer.terms and offer.status == "prepared":
        return ()
    return (fact.OfferRevised(offer_id=command.offer_id, terms=terms),)


def _open(state: Showcase, command: ask.OpenOffer) -> Facts:
    _refuse_strangers(state, command)
    offer = _offer(state, command.offer_id)
    if offer.is_open(command.now):
        return ()
    _refuse_code_in_use(state, offer.terms.code, but=command.offer_id)
    lapsed = _closing(state, command.offer_id, "time") if offer.status == "open" else ()
    return (*lapsed, _opening(command.offer_id, offer.terms, command.now))


def _open_in_time(state: Showcase, command: ask.OpenOfferInTime) -> Facts:
    offer = state.offers.get(command.offer_id)
    if offer is None or offer.status != "prepared":
        return ()
    opens_at, closes_at = offer.terms.opens_at, offer.terms.closes_at
    if opens_at is None or command.now < opens_at:
        return ()
    if closes_at is not None and closes_at <= command.now:
        return ()
    return (_opening(command.offer_id, offer.terms, command.now),)


def _opening(offer_id: str, terms: OfferTerms, now: datetime) -> fact.OfferOpened:
    """Until its countdown is over, or its window, whichever is first."""
    ends = [terms.closes_at] if terms.closes_at is not None else []
    if terms.open_seconds is not None:
        ends.append(now + timedelta(seconds=terms.open_seconds))
    closes_at = min(ends, default=None)
    if closes_at is not None and closes_at <= now:
        raise errors.TimesOutOfOrderError(field="closes_at")
    return fact.OfferOpened(offer_id=offer_id, opened_at=now, closes_at=closes_at)


def _close(state: Showcase, command: ask.CloseOffer) -> Facts:
    _refuse_strangers(state, command)
    return _closing(state, command.offer_id, "host")


def _close_in_time(state: Showcase, command: ask.CloseOfferInTime) -> Facts:
    offer = state.offers.get(command.offer_id)
    if offer is None or offer.status != "open" or offer.is_open(command.now):
        return ()
    return _closing(state, command.offer_id, "time")


def _close_showcase(state: Showcase, _command: ask.CloseShowcase) -> Facts:
    if not state.host_id or state.closed:
        return ()
    closings = (_closing(state, offer_id, "show_over") for offer_id in state.offers)
    return (*(one for closing in closings for one in closing), fact.ShowcaseClosed())


def _closing(state: Showcase, offer_id: str, reason: ClosingReason) -> Facts:
    """What is closed is not shown any more as what can be had."""
    if _offer(state, offer_id).status == "closed":
        return ()
    closed = fact.OfferClosed(offer_id=offer_id, reason=reason)
    return (*_unpinned(state, offer_id), closed)


def _pin(state: Showcase, command: ask.PinProduct) -> Facts:
    _refuse_strangers(state, command)
    offer = _offer(state, command.offer_id)
    if offer.status == "prepared":
        raise errors.OfferNotOpenError(offer_code=offer.terms.code)
    if offer.status == "closed":
        raise errors.OfferClosedError(offer_code=offer.terms.code)
    if state.pinned == command.offer_id:
        return ()
    before = () if state.pinned is None else _unpinned(state, state.pinned)
    return (*before, fact.ProductPinned(offer_id=command.offer_id))


def _unpin(state: Showcase, command: ask.UnpinProduct) -> Facts:
    _refuse_strangers(state, command)
    _offer(state, command.offer_id)
    return _unpinned(state, command.offer_id)


def _unpinned(state: Showcase, offer_id: str) -> Facts:
    return (fact.ProductUnpinned(offer_id=offer_id),) if state.pinned == offer_id else ()


def _offer(state: Showcase, offer_id: str) -> Offer:
    offer = state.offers.get(offer_id)
    if offer is None:
        raise errors.OfferNotFoundError(offer_id=offer_id)
    return offer


def _refuse_strangers(state: Showcase, command: ask.ShowcaseCommand) -> None:
    if not state.host_id:
        raise errors.ShowcaseNotFoundError(stream_id=command.stream_id)
    if command.by != state.host_id and not command.as_admin:
        raise errors.NotTheHostOfTheShowError()
    if state.closed:
        raise errors.ShowcaseClosedError()


def _refuse_code_in_use(state: Showcase, code: str, *, but: str) -> None:
    """Offers of the past keep their codes, so that an old claim is told that it is too late."""
    for offer_id, offer in state.offers.items():
        if offer.terms.code == code and offer.status != "closed" and offer_id != but:
            raise errors.CodeInUseError(offer_code=code)


DECISIONS: dict[type[Command], Callable[[Showcase, Any], Facts]] = {
    ask.PrepareOffer: _prepare,
    ask.ReviseOffer: _revise,
    ask.OpenOffer: _open,
    ask.OpenOfferInTime: _open_in_time,
    ask.CloseOffer: _close,
    ask.CloseOfferInTime: _close_in_time,
    ask.PinProduct: _pin,
    ask.UnpinProduct: _unpin,
    ask.ChangeMerging: _change_merging,
    ask.CloseShowcase: _close_showcase,
}

SHOWCASE: Decider[Showcase] = Decider(
    category="showcase", initial=Showcase(), decide=decide, evolve=evolve
)
