"""The codes that buyers write for what is offered: how they are kept, and what they mean now."""

import unicodedata

from domain.showcase.errors import InvalidCodeError
from domain.showcase.showcase import Offer, Showcase
from domain.showcase.values import CODE_CHARACTERS

# Who writes one of these wants something, or means the offer that is pinned: none can be a code.
ORDERING_WORDS = frozenset(
    {"CF", "F", "X", "BUY", "WANT", "GET", "TAKE", "ME", "PLS", "PLEASE", "NO", "OK", "CANCEL"}
    | {"รับ", "เอา", "จอง", "ซื้อ", "ยกเลิก", "ค่ะ", "คะ", "ครับ", "นะ"}
    | {"要", "我要", "想要", "買", "买", "購", "购", "下單", "下单", "購入", "购入", "登記", "登记"}
    | {"取消", "不要", "收", "個", "个", "件", "份", "組", "组", "ください", "買います", "つ", "点"}
)
_PARTS = frozenset("LMN")  # letters, the marks of Thai among them, and numbers
_MEANING: dict[str, int] = {"open": 2, "prepared": 1, "closed": 0}


def sale_code(text: str) -> str:
    """As it is kept and shown: in capitals and ASCII digits, whatever was typed. Raises
    `InvalidCodeError`."""
    code = _digits_of_one_kind(unicodedata.normalize("NFKC", text).strip()).upper()
    if not _is_code(code):
        raise InvalidCodeError(limit=CODE_CHARACTERS)
    return code


def compared(code: str) -> str:
    """As text is folded to be looked through: for comparison alone."""
    return code.casefold()


def meant_by_code(showcase: Showcase) -> dict[str, str]:
    """Which offer each code means, the codes as they are `compared`: the one that is not closed,
    else the last that was."""
    meant: dict[str, str] = {}
    for offer_id, offer in sorted(showcase.offers.items(), key=lambda item: _rank(item[1])):
        meant[compared(offer.terms.code)] = offer_id
    return meant


def _rank(offer: Offer) -> int:
    return _MEANING[offer.status]


def _digits_of_one_kind(text: str) -> str:
    return "".join(
        str(unicodedata.digit(character)) if character.isdecimal() else character
        for character in text
    )


def _is_code(code: str) -> bool:
    if not 0 < len(code) <= CODE_CHARACTERS or code in ORDERING_WORDS:
        return False
    kinds = {unicodedata.category(character)[0] for character in code}
    return "L" in kinds and kinds <= _PARTS
