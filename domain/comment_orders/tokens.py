"""A folded comment as a row of tokens. It is looked through once, whatever is in it."""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from domain.comment_orders.codes import loosely
from domain.comment_orders.words import WORDS

TokenKind = Literal["code", "plus", "number", "talk", "confirm", "want", "unit", "each", "option"]

CODE_AT_MOST = 20  # characters
_LONGEST_WORD = max(map(len, WORDS))
_QUANTITY_DIGITS = 4
_SUFFIX_AT_MOST = 3  # letters behind the digits of a code: `A01XL`

_LATIN = re.compile(r"[a-z]+")
# Letters of every other writing, with the marks of Thai and Japanese, which are none themselves.
_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3099\u309a"
_MARK = re.compile(f"[{_MARKS}]")
_LETTERS = re.compile(rf"(?:[^\W0-9_a-z]|[{_MARKS}])+")
_CODE = re.compile(r"([a-z]{1,6})[-._]?([0-9]{1,4})(?![0-9])")
_CODE_APART = re.compile(r"([a-z]{1,3}) ([0-9]{1,4})(?![0-9a-z])")
_NUMBER = re.compile(r"([0-9]+)( ?(?:元|塊|块|บาท|円|[฿%]|baht|twd|thb|ntd))?")
_PLUS = re.compile(r"[+*×✖➕加] ?(?=[0-9一二兩两三四五六七八九十])|[x十] ?(?=[1-9])")
_SIZE_IS = "(?:size|ไซส์|ไซซ์|เบอร์|サイズ|尺寸|尺碼|尺码)[ :]{0,2}"
_SIZE = re.compile(
    rf"(?:{_SIZE_IS})?(?:([2-5]x?l)(?![0-9a-z])|([0-9]{{2}}) ?(?:号サイズ|[號号碼码]))"
    rf"|{_SIZE_IS}([0-9]{{2}}(?:\.5)?|x{{0,3}}[sml])(?![0-9a-z])"
)
_SMILE = re.compile(r"5{3,}(?![0-9])\+*|<3|xd(?![a-z0-9])")
_OF_AN_AMOUNT = re.compile(r"[$¥€฿%=@]|-(?=[0-9])")


class Token(msgspec.Struct, frozen=True, gc=False):
    """`text` as it was written, folded. `value`: units of a number, our name for an option or a
    code."""

    kind: TokenKind
    text: str
    value: int | str = 0


def tokens(plain: str, codes: Mapping[str, str]) -> list[Token]:
    """Of a folded comment, with the codes there are, by how they may be spelled. What looks like a
    plain code is one as well, its name in `value`."""
    return _Scan(plain, codes).tokens()


class _Scan:
    """Where the reading of a comment has come to."""

    def __init__(self, plain: str, codes: Mapping[str, str]) -> None:
        self._plain = plain
        self._codes = codes
        self._at = 0
        self._row: list[Token] = []

    def tokens(self) -> list[Token]:
        readers = (self._known, self._figure, self._latin, self._letters)
        while self._at < len(self._plain):
            if not any(reader() for reader in readers):
                self._at += 1  # white space, or a sign that says nothing
        return self._row

    def _add(self, kind: TokenKind, end: int, value: int | str = 0) -> bool:
        self._row.append(Token(kind, self._plain[self._at : end], value))
        self._at = end
        return True

    def _skip(self, end: int) -> bool:
        self._at = end
        return True

    def _known(self) -> bool:
        """The longest code there is, unless a longer word begins there."""
        plain, at = self._plain, self._at
        for length in range(min(CODE_AT_MOST, len(plain) - at) if self._codes else 0, 0, -1):
            code = self._codes.get(plain[at : at + length])
            if code is not None and self._ends(at + length):
                word = self._word()
                longer = word is not None and len(word) > length
                return not longer and self._add("code", at + length, code)
        return False

    def _ends(self, end: int) -> bool:
        """Whether a code may end there: not within a number or a latin word, but before a
        quantity or a size."""
        last = self._plain[end - 1]
        if not last.isascii():
            return _MARK.match(self._plain, end) is None
        behind = _LATIN.match(self._plain, end)
        if behind is None:
            return not self._plain[end : end + 1].isdecimal()
        return last.isdecimal() and (behind[0] in WORDS or self._is_plus(end))

    def _is_plus(self, at: int) -> bool:
        return _PLUS.match(self._plain, at) is not None

    def _figure(self) -> bool:
        """Sizes, quantities, and what may be mistaken for them."""
        plain, at = self._plain, self._at
        if smile := _SMILE.match(plain, at):
            return self._skip(smile.end())
        if size := _SIZE.match(plain, at):
            written = next(group for group in size.groups() if group)
            word = WORDS.get(written)
            return self._add("option", size.end(), word.value if word else written)
        if plus := _PLUS.match(plain, at):
            return self._add("plus", plus.end())
        if _OF_AN_AMOUNT.match(plain, at):
            return self._add("talk", at + 1)
        number = _NUMBER.match(plain, at)
        return number is not None and self._number(number)

    def _number(self, number: re.Match[str]) -> bool:
        digits, currency = number.groups()
        value = 0 if currency or len(digits) > _QUANTITY_DIGITS else int(digits)
        return self._add("number" if value else "talk", number.end(), value)

    def _latin(self) -> bool:
        run = _LATIN.match(self._plain, self._at)
        return run is not None and (self._code(run[0]) or self._latin_word(run))

    def _code(self, run: str) -> bool:
        """What looks like a plain code, or is one but for how it is spelled."""
        code = _CODE.match(self._plain, self._at)
        if code is None:
            return run not in WORDS and self._code_apart()
        if code[1].startswith("cf"):
            return self._add("confirm", self._at + 2)
        end, name = self._suffixed(code)
        if name is None:
            return self._add("talk", end)
        return self._add("code", end, self._named(name))

    def _suffixed(self, code: re.Match[str]) -> tuple[int, str | None]:
        """Where the code ends, and its name; None: it is none."""
        end, name = code.end(), code[1] + code[2]
        behind = _LATIN.match(self._plain, end)
        if behind is None or behind[0] in WORDS or self._is_plus(end):
            return end, name
        whole = name + behind[0]
        return behind.end(), whole if len(behind[0]) <= _SUFFIX_AT_MOST else None

    def _code_apart(self) -> bool:
        """`A 01`"""
        code = _CODE_APART.match(self._plain, self._at)
        if code is None:
            return False
        return self._add("code", code.end(), self._named(code[1] + code[2]))

    def _named(self, name: str) -> str:
        return self._codes.get(name) or self._codes.get(loosely(name) or name, name)

    def _latin_word(self, run: re.Match[str]) -> bool:
        if run[0] == "x" and self._row and self._row[-1].kind == "number":
            return self._skip(run.end())  # `2x A01`
        return self._meant(run[0]) or self._add("talk", run.end())

    def _letters(self) -> bool:
        """A word of a writing without spaces; where none begins, all up to its end is talk."""
        run = _LETTERS.match(self._plain, self._at)
        if run is None:
            return False
        word = self._word()
        return (word is not None and self._meant(word)) or self._add("talk", run.end())

    def _word(self) -> str | None:
        """The longest that begins here, of all that are no latin ones."""
        plain, at = self._plain, self._at
        if plain[at].isascii():
            return None
        for length in range(min(_LONGEST_WORD, len(plain) - at), 0, -1):
            word = plain[at : at + length]
            if word in WORDS and _MARK.match(plain, at + length) is None:
                return word
        return None

    def _meant(self, text: str) -> bool:
        word = WORDS.get(text)
        if word is None:
            return False
        end = self._at + len(text)
        if word.kind == "polite":
            return self._skip(end)
        kind = self._counted(end) if word.kind == "numeral" else word.kind
        return self._add(kind, end, word.value)

    def _counted(self, end: int) -> Literal["number", "talk"]:
        """`一` is a number behind a plus, and with a unit behind it."""
        if self._row and self._row[-1].kind == "plus":
            return "number"
        word = WORDS.get(self._plain[end : end + 1])
        return "number" if word is not None and word.kind == "unit" else "talk"
