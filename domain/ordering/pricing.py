"""What an order comes to: shipping by the rules of the day, discounts shared out over its lines,
and the tax its total includes. Pure; rates and fees come in with the terms."""

from collections.abc import Sequence

from msgspec.structs import replace

from domain.money import included_tax, minus, nothing, shared_out, times, total
from domain.ordering.errors import (
    CashOnDeliveryError,
    PaymentMaximumError,
    PaymentMinimumError,
)
from domain.ordering.values import CASH_ON_DELIVERY, CheckoutTerms, OrderLine, Totals
from domain.shared import Currency, Money


def line_amount(line: OrderLine) -> Money:
    """Before its discount."""
    return times(line.price, line.quantity)


def paid_of(line: OrderLine) -> Money:
    """What its buyer pays for all of it."""
    return minus(line_amount(line), line.discount)


def subtotal_of(lines: Sequence[OrderLine], currency: Currency) -> Money:
    return total((line_amount(line) for line in lines), currency)


def discounted(lines: Sequence[OrderLine], discount: Money) -> tuple[OrderLine, ...]:
    """Each with its share of the discount, in proportion to what it costs."""
    if not discount.amount:
        return tuple(lines)
    shares = shared_out(discount, [line_amount(line).amount for line in lines])
    return tuple(replace(line, discount=share) for line, share in zip(lines, shares, strict=True))


def totals_of(lines: Sequence[OrderLine], terms: CheckoutTerms, currency: Currency) -> Totals:
    """Raises `CashOnDeliveryError` where cash is not taken for so much, or this way;
    `PaymentMinimumError` and `PaymentMaximumError` where the way to pay is not for such a total."""
    subtotal = subtotal_of(lines, currency)
    discount = total((line.discount for line in lines), currency)
    shipping = _shipping(subtotal, terms)
    whole = total((minus(subtotal, discount), shipping), currency)
    _refuse_cash(whole, terms)
    _refuse_amount(whole, terms)
    return Totals(
        subtotal=subtotal,
        shipping=shipping,
        discount=discount,
        tax=included_tax(whole, terms.tax_basis_points),
        total=whole,
        tax_basis_points=terms.tax_basis_points,
    )


def _shipping(subtotal: Money, terms: CheckoutTerms) -> Money:
    rules = terms.shipping
    free = rules.free_from is not None and subtotal.amount >= rules.free_from.amount
    fee = nothing(subtotal.currency) if free else rules.fee
    if terms.payment_method != CASH_ON_DELIVERY:
        return fee
    return total((fee, rules.cod_fee), subtotal.currency)


def _refuse_cash(whole: Money, terms: CheckoutTerms) -> None:
    if terms.payment_method != CASH_ON_DELIVERY:
        return
    limit = terms.shipping.cod_limit
    if not terms.shipping.cod or (limit is not None and whole.amount > limit.amount):
        raise CashOnDeliveryError(method=terms.shipping.method)


def _refuse_amount(whole: Money, terms: CheckoutTerms) -> None:
    """What costs nothing is not paid at all."""
    if not whole.amount:
        return
    least, most = terms.payment_least, terms.payment_most
    if least is not None and whole.amount < least.amount:
        raise PaymentMinimumError(minimum=least.amount, currency=least.currency)
    if most is not None and whole.amount > most.amount:
        raise PaymentMaximumError(maximum=most.amount, currency=most.currency)
