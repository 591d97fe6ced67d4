"""What a product answers to each command: the facts it comes to, or a refusal. Pure.

That a SKU is nobody else's is the stock's to say, in the same append (`processes.listing`).
"""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from domain.catalogue import commands as ask
from domain.catalogue import errors, variants
from domain.catalogue import events as fact
from domain.catalogue.product import Product, evolve
from domain.catalogue.values import (
    DESCRIPTION_CHARACTERS,
    MEDIA_AT_MOST,
    TITLE_CHARACTERS,
    Media,
)
from domain.shared import Command, Decider, Event, Language
from domain.text import line, paragraphs

Facts = tuple[Event, ...]


def decide(state: Product, command: Command) -> Facts:
    """Raises a `DomainError` when refused, `TypeError` for a command of another context."""
    decision = DECISIONS.get(type(command))
    if decision is None:
        raise TypeError(f"a product does not decide {type(command).__name__}")
    return decision(state, command)


def _list(state: Product, command: ask.ListProduct) -> Facts:
    if state.status is not None:
        raise errors.ProductExistsError(product_id=command.product_id)
    for language in (command.language, *command.descriptions):
        if language not in command.titles:
            raise errors.TitleMissingError(language=language)
    listed = fact.ProductListed(
        merchant_id=command.by,
        language=command.language,
        titles={language: _title(text) for language, text in command.titles.items()},
        descriptions={
            language: description
            for language, text in command.descriptions.items()
            if (description := _description(text))
        },
    )
    return (listed, *variants.listed(command.variants), *_rearranged((), command.media))


def _title(text: str) -> str:
    return line("title", text, limit=TITLE_CHARACTERS)


def _description(text: str) -> str:
    return paragraphs("description", text, limit=DESCRIPTION_CHARACTERS)


def _revise(state: Product, command: ask.ReviseProduct) -> Facts:
    _refuse_strangers(state, command)
    if state.status == "withdrawn":
        raise errors.ProductWithdrawnError
    media = () if command.media is UNSET else _rearranged(state.media, command.media)
    return (*_translated(state, command), *variants.revised(state, command.variants), *media)


def _translated(state: Product, command: ask.ReviseProduct) -> Facts:
    named = dict.fromkeys((*command.titles, *command.descriptions))
    return tuple(one for language in named for one in _in_language(state, command, language))


def _in_language(state: Product, command: ask.ReviseProduct, language: Language) -> Facts:
    before = state.titles.get(language)
    wanted = command.titles.get(language, before)
    if wanted is None:
        if language == state.language or command.descriptions.get(language):
            raise errors.TitleMissingError(language=language)
        return () if before is None else (fact.TranslationWithdrawn(language=language),)
    described = state.descriptions.get(language, "")
    title = _title(wanted)
    description = _description(command.descriptions.get(language, described))
    if (title, description) == (before, described):
        return ()
    return (fact.ProductTranslated(language=language, title=title, description=description),)


def _rearranged(before: tuple[Media, ...], wanted: tuple[Media, ...]) -> Facts:
    if len(wanted) > MEDIA_AT_MOST:
        raise errors.TooManyInCatalogueError(field="media", limit=MEDIA_AT_MOST)
    had = {one.key for one in before}
    shall = {one.key: one for one in wanted}
    kept = [one.key for one in before if one.key in shall]
    new = [one for one in shall.values() if one.key not in had]
    facts: list[Event] = [
        fact.ProductMediaDetached(key=one.key) for one in before if one.key not in shall
    ]
    facts += (fact.ProductMediaAttached(key=one.key, kind=one.kind) for one in new)
    if [*kept, *(one.key for one in new)] != [*shall]:
        facts.append(fact.ProductMediaArranged(keys=tuple(shall)))
    return tuple(facts)


def _withdraw_variant(state: Product, command: ask.WithdrawVariant) -> Facts:
    _refuse_strangers(state, command)
    variant = state.variants.get(command.sku)
    if variant is None:
        raise errors.VariantNotFoundError(sku=command.sku)
    return () if variant.withdrawn else (fact.VariantWithdrawn(sku=command.sku),)


def _withdraw(state: Product, command: ask.WithdrawProduct) -> Facts:
    _refuse_strangers(state, command)
    return (fact.ProductWithdrawn(),) if state.status == "listed" else ()


def _relist(state: Product, command: ask.RelistProduct) -> Facts:
    _refuse_strangers(state, command)
    return (fact.ProductRelisted(),) if state.status == "withdrawn" else ()


def _refuse_strangers(state: Product, command: ask.ProductCommand) -> None:
    if state.status is None:
        raise errors.ProductNotFoundError(product_id=command.product_id)
    if not command.as_admin and command.by != state.merchant_id:
        raise errors.NotTheSellerError


DECISIONS: dict[type[Command], Callable[[Product, Any], Facts]] = {
    ask.ListProduct: _list,
    ask.ReviseProduct: _revise,
    ask.WithdrawVariant: _withdraw_variant,
    ask.WithdrawProduct: _withdraw,
    ask.RelistProduct: _relist,
}
PRODUCT: Decider[Product] = Decider("product", Product(), decide, evolve)
