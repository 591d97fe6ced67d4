"""How can be paid and sent in a market today, in the reader's language."""

from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from application.ordering.ports import MarketTerms, PaymentMethod
from domain.ordering.values import DeliveryNeeds, ShippingTerms
from domain.shared import Language, Market, Money
from interfaces.http.auth import PUBLIC
from interfaces.http.i18n import catalogue
from interfaces.http.ready import ReadyResponse
from interfaces.http.request import ApiRequest

_TAGS = ["Orders"]
T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


class PayingMethod(msgspec.Struct, frozen=True, kw_only=True):
    """For totals between `least` and `most`. An order waits `seconds` for it; null: it is paid on
    delivery."""

    id: str
    name: str
    least: Money | None
    most: Money | None
    seconds: int | None


class SendingMethod(msgspec.Struct, frozen=True, kw_only=True):
    """`fee`, nothing from a subtotal of `free_from` on. With cash on delivery, where that is
    offered, `cod_fee` more, for totals up to `cod_limit`. `needs` an address, or a store."""

    id: str
    name: str
    needs: DeliveryNeeds
    fee: Money
    free_from: Money | None
    cod: bool
    cod_fee: Money
    cod_limit: Money | None


class PayingMethods(msgspec.Struct, frozen=True, kw_only=True):
    items: list[PayingMethod]


class SendingMethods(msgspec.Struct, frozen=True, kw_only=True):
    items: list[SendingMethod]


@get("/payment-methods", access=PUBLIC, kind="query", tags=_TAGS, summary="How one can pay")
async def list_payment_methods(
    request: ApiRequest, market: FromQuery[Market]
) -> Response[PayingMethods]:
    language = request.exchange.language
    payments = _terms(request, market).payments
    return _ready(PayingMethods(items=[_paying(one, language) for one in payments]))


@get("/shipping-methods", access=PUBLIC, kind="query", tags=_TAGS, summary="How goods are sent")
async def list_shipping_methods(
    request: ApiRequest, market: FromQuery[Market]
) -> Response[SendingMethods]:
    language = request.exchange.language
    shipping = _terms(request, market).shipping
    return _ready(SendingMethods(items=[_sending(one, language) for one in shipping]))


def _terms(request: ApiRequest, market: Market) -> MarketTerms:
    return request.platform.services.terms.at(market, datetime.now(UTC))


def _paying(one: PaymentMethod, language: Language) -> PayingMethod:
    return PayingMethod(
        id=one.id,
        name=_name("payment_method", one.id, language),
        least=one.least,
        most=one.most,
        seconds=one.seconds,
    )


def _sending(one: ShippingTerms, language: Language) -> SendingMethod:
    return SendingMethod(
        id=one.method,
        name=_name("shipping_method", one.method, language),
        needs=one.needs,
        fee=one.fee,
        free_from=one.free_from,
        cod=one.cod,
        cod_fee=one.cod_fee,
        cod_limit=one.cod_limit,
    )


def _name(kind: str, method: str, language: Language) -> str:
    """What a file of terms adds has no name of ours: its id then."""
    return catalogue().text(language, f"{kind}_{method}", {}) or method


def _ready(shown: T) -> ReadyResponse[T]:
    headers = [(b"cache-control", b"no-store"), (b"vary", b"Accept-Language")]
    return ReadyResponse(_encode(shown), status=200, headers=headers)


ROUTES = [list_payment_methods, list_shipping_methods]
