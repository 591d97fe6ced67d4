"""Why offers refuse a command. Codes are stable; the message catalogue words them."""

from domain.shared import DomainError


class ShowcaseNotFoundError(DomainError):
    """There is no such show, or it offers nothing."""

    code = "showcase_not_found"


class ShowcaseClosedError(DomainError):
    """The show is over; nothing more is offered in it."""

    code = "showcase_closed"


class NotTheHostOfTheShowError(DomainError):
    """Only the show's host, or an admin, may; and the goods must be their own."""

    code = "forbidden"


class OfferNotFoundError(DomainError):
    code = "offer_not_found"


class OfferClosedError(DomainError):
    """It cannot be claimed: it is closed, or its time is over."""

    code = "offer_closed"


class OfferNotOpenError(DomainError):
    """It cannot be claimed yet."""

    code = "offer_not_open"


class OfferFrozenError(DomainError):
    """It has been opened: its terms stand."""

    code = "offer_frozen"


class CodeInUseError(DomainError):
    """Another offer of the show that is not closed has the `offer_code`."""

    code = "offer_code_in_use"


class InvalidCodeError(DomainError):
    """A code is letters and digits, `limit` at most, and no number alone or word of ordering."""

    code = "offer_code_invalid"


class WrongCurrencyError(DomainError):
    """Prices of the show are in `currency`."""

    code = "wrong_currency"


class TooManyOffersError(DomainError):
    """A show has `limit` offers at most."""

    code = "too_many"


class OfferTermsOutOfRangeError(DomainError):
    """`field` must lie within `least` and `most`."""

    code = "out_of_range"


class TimesOutOfOrderError(DomainError):
    """`field` is in the past, or closing comes before opening."""

    code = "times_out_of_order"
