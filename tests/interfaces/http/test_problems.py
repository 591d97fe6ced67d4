"""Every refusal has a status and words in all five languages."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import OperationalError

import domain
import interfaces
from application.chat.ports import ChatTooFastError, RepeatedMessageError
from application.ports import (
    CommandIdReused,
    JobsUnavailable,
    LogUnavailable,
    Overloaded,
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
    StaleVersion,
)
from domain.chat.errors import SlowModeError
from domain.shared import DomainError
from domain.streaming.errors import LiveStreamNotFoundError
from domain.streaming.values import INGEST_PROBLEMS, UNKNOWN_PROBLEM
from domain.text import TextTooLongError
from interfaces.http.exchange import Exchange
from interfaces.http.i18n import LANGUAGES, catalogue
from interfaces.http.problems import failure_of, render
from interfaces.http.refusals import Refusal
from interfaces.http.statuses import DOMAIN_STATUS
from interfaces.http.validation import FieldError, InvalidInput
from projections.projection import ProjectionBehind

APPLICATION = [
    (CommandIdReused(), 422, "idempotency_key_reused"),
    (StaleVersion(expected=1, actual=2), 412, "stale_version"),
    (Overloaded(2.2), 503, "overloaded"),
    (LogUnavailable(), 503, "log_unavailable"),
    (ProjectionBehind("x", wanted=9), 503, "projection_behind"),
    (ChatTooFastError(seconds=3), 429, "chat_too_fast"),
    (RepeatedMessageError(), 409, "repeated_message"),
    (ProviderUnavailable("down"), 503, "provider_unavailable"),
    (ProviderThrottled("slow", retry_after=300), 503, "provider_throttled"),
    (ProviderRefused("no", status=403), 502, "provider_refused"),
    (ProviderNotFound("gone", status=404), 404, "not_found"),
    (OperationalError("SELECT", {}, Exception()), 503, "unavailable"),
    (ConnectionResetError(), 503, "unavailable"),
    (JobsUnavailable(), 503, "unavailable"),
    (ZeroDivisionError("secret detail"), 500, "internal_error"),
]


def modules_below(package: object) -> None:
    path, name = package.__path__, package.__name__  # type: ignore[attr-defined]
    for module in pkgutil.walk_packages(path, f"{name}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def subclasses(root: type[Any]) -> Iterator[type[Any]]:
    for child in root.__subclasses__():
        yield child
        yield from subclasses(child)


def domain_codes() -> set[str]:
    modules_below(domain)
    return {
        error.code
        for error in subclasses(DomainError)
        if error.__module__.startswith("domain.") and hasattr(error, "code")
    }


def refusal_codes() -> set[str]:
    modules_below(interfaces)
    return {error.code for error in subclasses(Refusal)}


def exchange(language: str = "en") -> Exchange:
    return Exchange("/api/v1/streams", {b"accept-language": language.encode()})


def test_every_domain_error_has_a_status() -> None:
    assert domain_codes() <= set(DOMAIN_STATUS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_words_in_every_language(language: str) -> None:
    codes = domain_codes() | refusal_codes() | {code for _, _, code in APPLICATION}
    wanted = {f"problem_{code}_{part}" for code in codes for part in ("title", "detail")}
    assert wanted <= catalogue().keys(language)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    texts = catalogue()
    assert texts.keys(language) == texts.keys("en")  # type: ignore[arg-type]
    for key in texts.keys("en"):
        assert texts.placeholders(language, key) == texts.placeholders("en", key), key  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_a_host_may_see_has_words(language: str) -> None:
    codes = {*INGEST_PROBLEMS.values(), UNKNOWN_PROBLEM, "provider_unavailable"}
    codes |= {"provider_refused", "recording_failed", "output_refused", "output_key_missing"}
    assert {f"stream_problem_{code}" for code in codes} <= catalogue().keys(language)  # type: ignore[arg-type]


@pytest.mark.parametrize(("error", "status", "code"), APPLICATION)
def test_failures_of_the_application_have_their_status(
    error: Exception, status: int, code: str
) -> None:
    failure = failure_of(error)
    assert (failure.status, failure.code) == (status, code)
    if status in {429, 503}:
        assert int(failure.headers["retry-after"]) >= 1


def test_refusal_of_a_field_names_it_among_the_errors() -> None:
    rendered = render(exchange("ja"), TextTooLongError(field="title", limit=200))
    body = msgspec.json.decode(rendered.body)
    assert rendered.status == 422
    assert body["errors"] == [
        {
            "field": "title",
            "code": "text_too_long",
            "message": "title は 200 文字以内で入力してください。",
        }
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusal_that_time_lifts_says_in_how_many_seconds(language: str) -> None:
    rendered = render(exchange(language), SlowModeError(seconds=17))
    assert rendered.status == 429
    assert (b"retry-after", b"17") in rendered.headers
    assert "17" in msgspec.json.decode(rendered.body)["detail"]


def test_problem_speaks_the_reader_s_language() -> None:
    rendered = render(exchange("zh-Hant-HK"), LiveStreamNotFoundError(stream_id="x"))
    assert (b"content-language", b"zh-TW") in rendered.headers
    assert msgspec.json.decode(rendered.body)["title"] == "找不到直播"


def test_wrong_type_is_explained_in_the_reader_s_language() -> None:
    rendered = render(
        exchange("th"), InvalidInput(FieldError("limit", "wrong_type", expected="int"))
    )
    message = msgspec.json.decode(rendered.body)["errors"][0]["message"]
    assert message == "ชนิดข้อมูลไม่ถูกต้อง ต้องเป็นจำนวนเต็ม"


def test_unforeseen_error_tells_nothing_of_itself() -> None:
    rendered = render(exchange(), ZeroDivisionError("secret detail"))
    assert rendered.status == 500
    assert b"secret" not in rendered.body
