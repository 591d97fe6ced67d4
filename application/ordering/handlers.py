"""Which commands orders, coupons and order numbers decide alone, and what is answered."""

import msgspec

from application.handling import Handlers, States, on_one_stream
from application.ordering import numbering
from application.ordering.answers import ReturnAnswer, StatusAnswer, return_answer, status_answer
from domain.ordering import commands as ask
from domain.ordering.coupon import COUPON
from domain.ordering.ordering import ORDER


class CouponAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon's code, and whether it can still be redeemed."""

    id: str
    status: str


_CouponCommand = ask.IssueCoupon | ask.WithdrawCoupon


def _order_id(command: ask.OrderCommand) -> str:
    return command.order_id


def _status(command: ask.OrderCommand, states: States) -> StatusAnswer:
    return status_answer(command.order_id, states[0])


def _return(command: ask.RequestReturn, states: States) -> ReturnAnswer:
    return return_answer(command.return_id, command.order_id, states[0])


def _code(command: _CouponCommand) -> str:
    return command.coupon


def _coupon(command: _CouponCommand, states: States) -> CouponAnswer:
    return CouponAnswer(id=command.coupon, status="withdrawn" if states[0].withdrawn else "issued")


HANDLERS: Handlers = {
    ask.ShipOrder: on_one_stream(ORDER, _order_id, _status),
    ask.DeliverOrder: on_one_stream(ORDER, _order_id, _status),
    ask.RequestReturn: on_one_stream(ORDER, _order_id, _return),
    ask.IssueCoupon: on_one_stream(COUPON, _code, _coupon, opens=True),
    ask.WithdrawCoupon: on_one_stream(COUPON, _code, _coupon),
    **numbering.HANDLERS,
}
