"""What looks like a claim of something on sale (`A01+2`), so that nobody's claim is left out of
what is shown. It decides no sale: reading claims is the shop's work, by the offers' own codes."""

import re

_CODE = r"[a-z]{1,3}-?\d{1,4}(?!\d)"
_QUANTITY = r"(?:[+x*×] ?)?\d{1,3}(?!\d)"
_COUNTED = r"[a-z]{1,3}(?= ?\+ ?\d)"
_INTENT = r"cf|f|เอา|รับ|จอง|要|我要|買|买|购|下單|下单|购入|購入|ください|want|buy"
_ENDING = r"ค่ะ|คะ|ครับ|นะ|個|个|件|份|組|组|つ|点|please|pls"
_PIECE = rf"{_CODE}|{_QUANTITY}|{_COUNTED}|{_INTENT}|{_ENDING}|[ ,、/;]"
# Possessive: what was read as one piece is never read as another, so a text is read once.
_PIECES = re.compile(rf"(?:{_PIECE})*+")
_ON_SALE = re.compile(r"[a-z]-?\d|[a-z] ?\+ ?\d")
_CHARACTERS = 120


def may_be_claim(plain: str) -> bool:
    """Whether the folded text is nothing but codes, with quantities and words of wanting around
    them."""
    if len(plain) > _CHARACTERS or not _ON_SALE.search(plain):
        return False
    return _PIECES.fullmatch(plain) is not None
