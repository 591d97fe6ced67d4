"""What looks like a claim of something on sale (`A01+2`), so that nobody's claim is left out of
what is shown. It decides no sale: reading claims is the shop's work, by the offers' own codes."""

import re

from domain.chat.text import folded

_CODE = r"[a-z]{1,3}-?\d{1,4}"
_QUANTITY = r"(?: ?[+x*×] ?\d{1,3}| \d{1,3})?"
_CLAIM = rf"(?:{_CODE}{_QUANTITY}|[a-z]{{1,3}} ?\+ ?\d{{1,3}})"
_INTENT = r"(?:cf|f|เอา|รับ|จอง|要|我要|買|买|购|下單|下单|購入|ください|want|buy)"
_ENDING = r"(?:ค่ะ|คะ|ครับ|นะ|個|个|件|份|組|组|個|つ|点|ください|please|pls)"
_WANTED = rf"(?:{_INTENT} ?)?{_CLAIM}"
_CLAIMS = re.compile(rf"{_WANTED}(?:[ ,、/;]*{_WANTED}){{0,9}} ?{_ENDING}?")
_CHARACTERS = 120


def may_be_claim(text: str) -> bool:
    """Whether the text is nothing but codes, with quantities and words of wanting around them."""
    if len(text) > _CHARACTERS or not any(one.isdecimal() for one in text):
        return False
    return _CLAIMS.fullmatch(folded(text)) is not None
