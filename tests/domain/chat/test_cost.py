"""What a text costs grows with its length and no faster, whoever wrote it and whatever words a
room blocks: it is looked through while the log's writer waits."""

import pytest

from domain.chat.blocking import WordLists, has_blocked_word, has_link
from domain.chat.text import cleaned
from domain.chat.values import BLOCKED_WORDS_AT_MOST
from domain.text import TextTooLongError, folded
from tests.support.chatting import MODERATOR, given, rules, send, sent
from tests.support.growth import LONGER, NO_FASTER, cost, growth

ALIKE = tuple("a" * length + "b" * (60 - length) for length in range(1, 60))
PHRASES = tuple(
    " ".join("ab"[number >> bit & 1] for bit in range(9)) + " c" for number in range(400)
)
HOSTILE: WordLists = (("en", ALIKE + PHRASES), ("zh-TW", tuple("長" * n + "短" for n in range(40))))


@pytest.mark.parametrize(
    "unit", ["a", "a.", "a . ", "www", "(dot)", "a(", "a:", "a :/ ", "a.co", "a.me", "1-", "長"]
)
def test_links_are_looked_for_once(unit: str) -> None:
    assert growth(has_link, (unit * 400)[:400]) < NO_FASTER


@pytest.mark.parametrize("unit", ["a", "a ", "b a ", "長", "a長", "長 ", "詐w", "-"])
def test_blocked_words_are_looked_for_once(unit: str) -> None:
    assert not has_blocked_word(HOSTILE, folded(unit * 8))
    assert growth(lambda text: has_blocked_word(HOSTILE, text), (unit * 100)[:100]) < NO_FASTER


@pytest.mark.parametrize("text", ["a " * 200, "長" * 400, "word " * 80])
def test_many_blocked_words_cost_about_as_much_as_few(text: str) -> None:
    few: WordLists = (("en", ("a b", "word 1")), ("zh-TW", ("長短",)))
    spare = BLOCKED_WORDS_AT_MOST - sum(len(words) for _, words in HOSTILE)
    many: WordLists = (*HOSTILE, ("th", tuple(f"word {number}" for number in range(spare))))
    with_few = cost(lambda: has_blocked_word(few, text))
    assert cost(lambda: has_blocked_word(many, text)) < LONGER * with_few


@pytest.mark.parametrize(
    "unit", ["a\u0301", "\u200b", "\U000e007f", "\u200d ", "ﷺ", "㌖", "ﬄ", "ก\u0e49", "👩\u200d"]
)
def test_texts_are_cleaned_and_folded_in_one_go(unit: str) -> None:
    assert growth(cleaned, (unit * 200)[:200]) < NO_FASTER
    assert growth(folded, (unit * 200)[:200]) < NO_FASTER


@pytest.mark.parametrize("text", ["ﷺ" * 500, "…" * 400])
def test_send_refused_when_few_characters_stand_for_many(text: str) -> None:
    given(rules(links_allowed=False)).when(send(text)).then_refused(TextTooLongError)


def test_who_is_trusted_may_send_what_stands_for_many() -> None:
    text = "…" * 400
    spoken = sent(text, user_id=MODERATOR, role="moderator", stands=True)
    given(rules(links_allowed=False)).when(send(text, by=MODERATOR)).then(spoken)
