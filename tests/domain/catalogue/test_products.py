"""Listing a product, its words, its pictures, and taking it off sale."""

from typing import Any

import pytest

from domain.catalogue import commands as ask
from domain.catalogue import errors
from domain.catalogue import events as fact
from domain.catalogue.deciding import PRODUCT
from domain.catalogue.values import MEDIA_AT_MOST, TITLE_CHARACTERS, Media
from domain.text import TextEmptyError, TextTooLongError
from tests.support.goods import (
    COAT,
    FILM,
    LISTED,
    MERCHANT,
    OTHER,
    PICTURE,
    RED,
    given,
    list_product,
    listed,
    new_variant,
    revise,
    variant_listed,
)
from tests.support.scenario import Scenario

NEW = Scenario(PRODUCT)
ASKED: dict[str, Any] = {"product_id": COAT, "by": MERCHANT}
ATTACHED = fact.ProductMediaAttached(key=PICTURE.key, kind="image")
FILMED = fact.ProductMediaAttached(key=FILM.key, kind="video")


def translated(language: Any, title: str, description: str = "") -> fact.ProductTranslated:
    return fact.ProductTranslated(language=language, title=title, description=description)


def test_list_product_says_what_can_be_had_of_it() -> None:
    Scenario(PRODUCT).when(list_product()).then(*LISTED)


def test_list_product_attaches_its_pictures_in_order() -> None:
    asked = list_product(variants=(new_variant(),), media=(FILM, PICTURE))
    state = Scenario(PRODUCT).when(asked).then(listed(), variant_listed(), FILMED, ATTACHED).state
    assert state.media == (FILM, PICTURE)


def test_list_product_refused_when_the_id_is_taken() -> None:
    given().when(list_product()).then_refused(errors.ProductExistsError)


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "ja"},
        {"titles": {}, "descriptions": {}},
        {"descriptions": {"en": "Warm"}},
    ],
    ids=["own language", "no title", "description alone"],
)
def test_list_product_refused_without_a_title_where_one_is_needed(wrong: dict[str, Any]) -> None:
    NEW.when(list_product(**wrong)).then_refused(errors.TitleMissingError)


def test_list_product_refused_when_a_title_is_unfit() -> None:
    NEW.when(list_product(titles={"zh-TW": " \u200b"})).then_refused(TextEmptyError)
    long = "長" * (TITLE_CHARACTERS + 1)
    NEW.when(list_product(titles={"zh-TW": long})).then_refused(TextTooLongError)


def test_revise_adds_changes_and_takes_away_words() -> None:
    asked = revise(
        titles={"th": None, "ja": "コート", "zh-TW": "羊毛長大衣"}, descriptions={"ja": "暖かい"}
    )
    state = (
        given()
        .when(asked)
        .then(
            fact.TranslationWithdrawn(language="th"),
            translated("ja", "コート", "暖かい"),
            translated("zh-TW", "羊毛長大衣", "柔軟保暖"),
        )
        .state
    )
    assert state.titles == {"zh-TW": "羊毛長大衣", "ja": "コート"}
    assert state.descriptions == {"zh-TW": "柔軟保暖", "ja": "暖かい"}


def test_revise_empties_a_description() -> None:
    emptied = given().when(revise(descriptions={"zh-TW": ""})).then(translated("zh-TW", "羊毛大衣"))
    assert emptied.state.descriptions == {}


def test_revise_changes_nothing_when_all_is_so_already() -> None:
    given().when(revise(titles={"zh-TW": "羊毛大衣 ", "ja": None}, media=())).then_nothing()


def test_revise_refused_when_it_would_take_the_merchants_own_title() -> None:
    given().when(revise(titles={"zh-TW": None})).then_refused(
        errors.TitleMissingError, language="zh-TW"
    )
    given().when(revise(descriptions={"ja": "暖かい"})).then_refused(errors.TitleMissingError)


def test_revise_exchanges_pictures() -> None:
    detached = fact.ProductMediaDetached(key=PICTURE.key)
    changed = given(ATTACHED).when(revise(media=(FILM,))).then(detached, FILMED)
    assert changed.state.media == (FILM,)


def test_revise_rearranges_pictures() -> None:
    arranged = fact.ProductMediaArranged(keys=(FILM.key, PICTURE.key))
    changed = given(ATTACHED, FILMED).when(revise(media=(FILM, PICTURE))).then(arranged)
    assert changed.state.media == (FILM, PICTURE)
    first = given(ATTACHED).when(revise(media=(FILM, PICTURE))).then(FILMED, arranged)
    assert first.state.media == (FILM, PICTURE)


def test_revise_refused_when_there_are_too_many_pictures() -> None:
    many = tuple(Media(key=f"p{number}", kind="image") for number in range(MEDIA_AT_MOST + 1))
    given().when(revise(media=many)).then_refused(errors.TooManyInCatalogueError, field="media")


def test_withdraw_and_relist_once_each() -> None:
    gone = given().when(ask.WithdrawProduct(**ASKED)).then(fact.ProductWithdrawn())
    gone.when(ask.WithdrawProduct(**ASKED)).then_nothing()
    assert gone.state.on_sale(RED) is None
    back = gone.when(ask.RelistProduct(**ASKED)).then(fact.ProductRelisted())
    back.when(ask.RelistProduct(**ASKED)).then_nothing()
    assert back.state.on_sale(RED) is not None


def test_revise_refused_while_withdrawn() -> None:
    given(fact.ProductWithdrawn()).when(revise()).then_refused(errors.ProductWithdrawnError)


COMMANDS = [
    ask.ReviseProduct(**ASKED),
    ask.WithdrawVariant(**ASKED, sku=RED),
    ask.WithdrawProduct(**ASKED),
    ask.RelistProduct(**ASKED),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_what_is_a_merchants_is_refused_to_others_but_admins(command: ask.ProductCommand) -> None:
    theirs = type(command)(**{**_fields(command), "by": OTHER})
    given().when(theirs).then_refused(errors.NotTheSellerError)
    admin = type(command)(**{**_fields(command), "by": OTHER, "as_admin": True})
    PRODUCT.decide(given().state, admin)
    Scenario(PRODUCT).when(command).then_refused(errors.ProductNotFoundError)


def _fields(command: ask.ProductCommand) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__struct_fields__}
