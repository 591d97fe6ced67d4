"""What can be asked of a show's offers: by its host, and by the clock."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from domain.shared import Command, Market, Money
from domain.showcase.values import HoldPolicy, OfferTerms


class ShowcaseCommand(Command, frozen=True, kw_only=True):
    """`by` is the asking person; `as_admin` may ask for any host's show."""

    stream_id: str
    by: str
    as_admin: bool = False


class PrepareOffer(ShowcaseCommand, frozen=True, kw_only=True):
    """Makes something ready to be offered. `offer_id` is new; whose show and whose goods they are
    the deciding handler proves on the log, and says so in `host_id`, `market`, `merchant_id`."""

    offer_id: str
    terms: OfferTerms
    now: datetime
    host_id: str = ""
    market: Market = "TW"
    merchant_id: str = ""


class ReviseOffer(ShowcaseCommand, frozen=True, kw_only=True):
    """Changes the terms of an offer that is not open; what is left unset stays."""

    offer_id: str
    now: datetime
    code: str | UnsetType = UNSET
    price: Money | UnsetType = UNSET
    quantity: int | UnsetType | None = UNSET
    per_customer: int | UnsetType | None = UNSET
    hold_policy: HoldPolicy | UnsetType = UNSET
    hold_seconds: int | UnsetType = UNSET
    answer_seconds: int | UnsetType = UNSET
    waitlist: bool | UnsetType = UNSET
    opens_at: datetime | UnsetType | None = UNSET
    closes_at: datetime | UnsetType | None = UNSET
    open_seconds: int | UnsetType | None = UNSET


class OfferCommand(ShowcaseCommand, frozen=True, kw_only=True):
    """About one offer that there is."""

    offer_id: str


class OpenOffer(OfferCommand, frozen=True, kw_only=True):
    """Lets it be claimed; one that was closed may be opened again. Repeating it changes nothing."""

    now: datetime


class OpenOfferInTime(Command, frozen=True, kw_only=True):
    """The clock's: opens what is prepared and due. Anything else is left as it is."""

    stream_id: str
    offer_id: str
    now: datetime


class CloseOffer(OfferCommand, frozen=True, kw_only=True):
    """Ends the claiming. Repeating it changes nothing."""


class CloseOfferInTime(Command, frozen=True, kw_only=True):
    """The clock's: closes what is open beyond its time. Anything else is left as it is."""

    stream_id: str
    offer_id: str
    now: datetime


class PinProduct(OfferCommand, frozen=True, kw_only=True):
    """Shows it above the chat in place of what was; it must be open. Repeating it changes
    nothing."""


class UnpinProduct(OfferCommand, frozen=True, kw_only=True):
    """Takes it down. Repeating it changes nothing."""


class ChangeMerging(ShowcaseCommand, frozen=True, kw_only=True):
    """Lets later claims join an order that is still unpaid, or not. It may be the first word on
    what the show sells: `host_id` and `market` are filled in as in `PrepareOffer`."""

    merge_orders: bool
    host_id: str = ""
    market: Market = "TW"


class CloseShowcase(Command, frozen=True, kw_only=True):
    """The show is over: closes every offer. Repeating it changes nothing."""

    stream_id: str
