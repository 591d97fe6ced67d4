"""Why carts, orders and coupons refuse a command. Codes are stable; the message catalogue words
them. Each pair of facts that come too late for each other has a code of its own."""

from domain.shared import DomainError


class ShopMovedOnError(DomainError):
    """What was looked up has changed since. The service asks again; people see it only where that
    did not help either."""

    code = "try_again"


class NotTheBuyerError(DomainError):
    """Carts and orders are their buyer's and the merchant's own."""

    code = "forbidden"


class GuestsCannotBuyError(DomainError):
    """Who buys has signed in."""

    code = "sign_in_to_buy"


class CannotBuyOwnError(DomainError):
    """Hosts do not buy in their own show."""

    code = "own_show"


class LimitPerCustomerError(DomainError):
    """`limit` units are what one buyer may have of it; they have `has`."""

    code = "limit_per_customer"


class QuantityOutOfRangeError(DomainError):
    """`field` must lie within `least` and `most`."""

    code = "out_of_range"


class CartFullError(DomainError):
    """A cart has `limit` different items at most."""

    code = "cart_full"


class NotInCartError(DomainError):
    """The buyer has claimed none of it."""

    code = "not_in_cart"


class CartEmptyError(DomainError):
    """There is nothing in the cart to order."""

    code = "cart_empty"


class HoldExpiredError(DomainError):
    """What the cart held went back, as its time was over."""

    code = "hold_expired"


class SoldOutError(DomainError):
    """`available` units are to be had of `sku`, fewer than were asked for."""

    code = "out_of_stock"


class PriceChangedError(DomainError):
    """It comes to another `total` than was expected, in `currency`."""

    code = "price_changed"


class DeliveryIncompleteError(DomainError):
    """`field` is missing for this way of sending."""

    code = "delivery_incomplete"


class ShippingMethodError(DomainError):
    """Nothing is sent this way in the market."""

    code = "shipping_method_not_available"


class PaymentMethodError(DomainError):
    """It cannot be paid this way in the market."""

    code = "payment_method_not_available"


class PaymentMinimumError(DomainError):
    """It can be paid this way from `minimum` in `currency` on."""

    code = "payment_minimum"


class PaymentMaximumError(DomainError):
    """It can be paid this way up to `maximum` in `currency`."""

    code = "payment_maximum"


class CashOnDeliveryError(DomainError):
    """This way of sending takes no cash, or not for so much."""

    code = "cod_not_available"


class OrderNotFoundError(DomainError):
    code = "order_not_found"


class OrderExistsError(DomainError):
    code = "order_exists"


class OrderExpiredError(DomainError):
    """It was not paid in time."""

    code = "order_expired"


class OrderCancelledError(DomainError):
    code = "order_cancelled"


class OrderPaidError(DomainError):
    """It is paid already, by another payment; or it can only be cancelled by the merchant now."""

    code = "order_paid"


class OrderNotPaidError(DomainError):
    """It is not paid yet."""

    code = "order_not_paid"


class PaidOnDeliveryError(DomainError):
    """It is paid as it is delivered, and not before."""

    code = "paid_on_delivery"


class WrongAmountError(DomainError):
    """It costs `total`, in `currency`."""

    code = "wrong_amount"


class OrderShippedError(DomainError):
    """A carrier has it already."""

    code = "order_shipped"


class OrderNotShippedError(DomainError):
    """No carrier has it yet."""

    code = "order_not_shipped"


class OrderDeliveredError(DomainError):
    """The buyer has it already."""

    code = "order_delivered"


class OrderNotDeliveredError(DomainError):
    """The buyer does not have it yet."""

    code = "order_not_delivered"


class OrderReturnedError(DomainError):
    """All of it came back."""

    code = "order_returned"


class ReturnTimeOverError(DomainError):
    """It could be returned `until` then."""

    code = "return_time_over"


class AlreadyReturnedError(DomainError):
    """More of a line than was ordered and not returned yet."""

    code = "already_returned"


class ReturnNotFoundError(DomainError):
    code = "return_not_found"


class ReturnReceivedError(DomainError):
    """It was received before, with another outcome."""

    code = "return_received"


class TooManyReturnsError(DomainError):
    """An order has `limit` returns at most."""

    code = "too_many"


class CouponNotFoundError(DomainError):
    """There is no such coupon, for this show."""

    code = "coupon_not_found"


class CouponExistsError(DomainError):
    code = "coupon_exists"


class CouponNotValidError(DomainError):
    """It is not valid yet, no more, or was withdrawn."""

    code = "coupon_not_valid"


class CouponMinimumError(DomainError):
    """It is for orders from `minimum` in `currency` on."""

    code = "coupon_minimum"


class CouponUsedUpError(DomainError):
    """It was redeemed as often as it can be, by all or by this buyer."""

    code = "coupon_used_up"


class CouponInvalidError(DomainError):
    """`field` does not make sense."""

    code = "coupon_invalid"
