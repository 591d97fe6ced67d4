"""The codes that buyers write for what is offered: how they are kept, and what they mean now."""

from domain.comment_orders.codes import folded_code, is_code
from domain.showcase.errors import InvalidCodeError
from domain.showcase.showcase import Offer, Showcase
from domain.showcase.values import CODE_CHARACTERS

_MEANING: dict[str, int] = {"closed": 0, "prepared": 1, "open": 2}


def sale_code(text: str) -> str:
    """As it is kept and shown, `A01`: in capitals, without what people put between. Raises
    `InvalidCodeError`."""
    code = folded_code(text)
    if not is_code(code, limit=CODE_CHARACTERS):
        raise InvalidCodeError(limit=CODE_CHARACTERS)
    return code.upper()


def meant_by_code(showcase: Showcase) -> dict[str, str]:
    """Which offer each code means, the codes folded as comments are: the one that is open, else
    the one that may be, else the last that was."""
    return {
        folded_code(offer.terms.code): offer_id
        for offer_id, offer in sorted(showcase.offers.items(), key=_by_meaning)
    }


def _by_meaning(item: tuple[str, Offer]) -> int:
    return _MEANING[item[1].status]
