"""What can be offered in a show, and when."""

from typing import Any

import pytest

from domain.shared import Money
from domain.showcase import commands as ask
from domain.showcase import errors
from domain.showcase import events as fact
from domain.showcase.deciding import SHOWCASE, claimable, sold_out
from domain.showcase.values import OFFERS_AT_MOST
from tests.support.builders import SHOW, STRANGER, at
from tests.support.scenario import Scenario
from tests.support.showcasing import (
    ANOTHER,
    OFFER,
    OPENED,
    asking,
    closed,
    given,
    open_offer,
    opened,
    prepare,
    prepared,
    revise,
    terms,
)


def test_prepare_offer_opens_the_showcase_when_it_is_the_first() -> None:
    Scenario(SHOWCASE).when(prepare(code="ａ-０１")).then(OPENED, prepared(code="A01"))
    given().when(prepare()).then(prepared())


def test_prepare_offer_is_refused_to_strangers_and_for_others_goods() -> None:
    for changes in ({"by": STRANGER}, {"merchant_id": STRANGER}):
        given().when(prepare(**changes)).then_refused(errors.NotTheHostOfTheShowError)


def test_prepare_offer_takes_an_admin_s_word_for_the_host_s() -> None:
    given().when(prepare(by=STRANGER, as_admin=True)).then(prepared())


@pytest.mark.parametrize("code", ["", "01", "CF", "รับ", "+1", "A" * 21, "A 01!"])
def test_prepare_offer_is_refused_when_nobody_could_write_the_code(code: str) -> None:
    given().when(prepare(code=code)).then_refused(errors.InvalidCodeError)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 0},
        {"per_customer": 0},
        {"hold_seconds": 9},
        {"answer_seconds": 9},
        {"open_seconds": 0},
        {"price": Money(amount=0, currency="TWD")},
    ],
)
def test_prepare_offer_is_refused_when_a_number_is_out_of_range(changes: Any) -> None:
    given().when(prepare(**changes)).then_refused(errors.OfferTermsOutOfRangeError)


def test_prepare_offer_is_refused_in_another_market_s_money() -> None:
    asked = prepare(price=Money(amount=129_000, currency="THB"))
    given().when(asked).then_refused(errors.WrongCurrencyError, currency="TWD")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"opens_at": at(0)}, "opens_at"),
        ({"closes_at": at(-1)}, "closes_at"),
        ({"opens_at": at(20), "closes_at": at(20)}, "closes_at"),
    ],
)
def test_prepare_offer_is_refused_when_times_are_out_of_order(changes: Any, field: str) -> None:
    given().when(prepare(**changes)).then_refused(errors.TimesOutOfOrderError, field=field)


def test_prepare_offer_is_refused_when_its_code_means_another_that_is_not_closed() -> None:
    given(prepared()).when(prepare(ANOTHER, code="a01")).then_refused(errors.CodeInUseError)
    given(prepared(), closed()).when(prepare(ANOTHER)).then(prepared(ANOTHER))


def test_prepare_offer_is_refused_when_there_are_too_many() -> None:
    many = [prepared(f"offer-{number}", code=f"C{number}") for number in range(OFFERS_AT_MOST)]
    given(*many).when(prepare()).then_refused(errors.TooManyOffersError)


def test_revise_offer_changes_what_is_named_until_it_is_open() -> None:
    price = Money(amount=990, currency="TWD")
    revised = fact.OfferRevised(offer_id=OFFER, terms=terms(price=price))
    given(prepared()).when(revise(price=price)).then(revised).when(
        revise(price=price)
    ).then_nothing()
    given(prepared(), opened(), closed()).when(revise(code="B01")).then_refused(
        errors.OfferFrozenError
    )


def test_open_offer_ends_with_its_countdown_or_its_window() -> None:
    given(prepared(open_seconds=60)).when(open_offer()).then(opened(until=60))
    window = prepared(open_seconds=60, closes_at=at(30))
    given(window).when(open_offer()).then(opened(until=30))
    given(window).when(open_offer(seconds=30)).then_refused(errors.TimesOutOfOrderError)


def test_open_offer_again_opens_what_was_closed_or_has_lapsed_unseen() -> None:
    given(prepared(), opened()).when(open_offer()).then_nothing()
    given(prepared(), opened(), closed()).when(open_offer(seconds=5)).then(opened(seconds=5))
    lapsed = given(prepared(open_seconds=60), opened(until=60)).when(open_offer(seconds=60))
    lapsed.then(closed("time"), opened(seconds=60, until=120))


def test_open_offer_is_refused_when_another_has_the_code_by_now() -> None:
    reused = given(prepared(), opened(), closed(), prepared(ANOTHER))
    reused.when(open_offer()).then_refused(errors.CodeInUseError)


def test_close_offer_takes_its_pin_down() -> None:
    pinned = fact.ProductPinned(offer_id=OFFER)
    unpinned = fact.ProductUnpinned(offer_id=OFFER)
    shown = given(prepared(), opened(), pinned).when(asking(ask.CloseOffer))
    shown.then(unpinned, closed()).when(asking(ask.CloseOffer)).then_nothing()


def test_pin_product_takes_the_place_of_what_was_pinned() -> None:
    two = given(prepared(), opened(), prepared(ANOTHER, code="B01"), opened(ANOTHER))
    first = two.when(asking(ask.PinProduct)).then(fact.ProductPinned(offer_id=OFFER))
    first.when(asking(ask.PinProduct, ANOTHER)).then(
        fact.ProductUnpinned(offer_id=OFFER), fact.ProductPinned(offer_id=ANOTHER)
    )


def test_pin_product_is_refused_unless_it_is_open() -> None:
    pin = asking(ask.PinProduct)
    given(prepared()).when(pin).then_refused(errors.OfferNotOpenError)
    given(prepared(), opened(), closed()).when(pin).then_refused(errors.OfferClosedError)
    given().when(pin).then_refused(errors.OfferNotFoundError)


def test_clock_opens_and_closes_what_is_due_and_nothing_else() -> None:
    timed = given(prepared(opens_at=at(10), closes_at=at(20)))
    timed.when(ask.OpenOfferInTime(stream_id=SHOW, offer_id=OFFER, now=at(9))).then_nothing()
    timed.when(ask.OpenOfferInTime(stream_id=SHOW, offer_id=OFFER, now=at(10))).then(
        opened(seconds=10, until=20)
    )
    timed.when(ask.CloseOfferInTime(stream_id=SHOW, offer_id=OFFER, now=at(19))).then_nothing()
    timed.when(ask.CloseOfferInTime(stream_id=SHOW, offer_id=OFFER, now=at(20))).then(
        closed("time")
    )


def test_close_showcase_closes_every_offer_and_then_refuses_hosts() -> None:
    over = ask.CloseShowcase(stream_id=SHOW)
    ended = given(prepared(), opened(), prepared(ANOTHER, code="B01"), closed("host", ANOTHER))
    ended.when(over).then(closed("show_over"), fact.ShowcaseClosed()).when(over).then_nothing()
    ended.when(open_offer()).then_refused(errors.ShowcaseClosedError)
    ended.when(prepare()).then_refused(errors.ShowcaseClosedError)


def test_commands_are_refused_where_nothing_is_offered_and_to_strangers() -> None:
    Scenario(SHOWCASE).when(open_offer()).then_refused(errors.ShowcaseNotFoundError)
    given(prepared()).when(open_offer(by=STRANGER)).then_refused(errors.NotTheHostOfTheShowError)


def test_offer_is_claimable_while_it_is_open() -> None:
    state = given(prepared(), opened(until=60)).state
    assert claimable(state, OFFER, at(59)) == terms()
    with pytest.raises(errors.OfferClosedError):
        claimable(state, OFFER, at(60))
    with pytest.raises(errors.OfferNotOpenError):
        claimable(given(prepared()).state, OFFER, at(0))


def test_offer_is_sold_out_once() -> None:
    gone = fact.OfferSoldOut(offer_id=OFFER)
    assert sold_out(given(prepared(), opened()).state, OFFER) == (gone,)
    assert sold_out(given(prepared(), opened(), gone).state, OFFER) == ()
