"""What people read of signing in is there in all five languages."""

import pytest

from domain.identity.values import PROVIDERS
from interfaces.http.i18n import LANGUAGES, catalogue

REASONS = ["not_configured", "not_available", "professional_accounts_only"]
# What an app may be sent in the place of a code; clients have the words from the same files.
ERRORS = [
    "sign_in_cancelled",
    "sign_in_refused",
    "provider_unavailable",
    "provider_not_available",
    "rate_limited",
    "identity_belongs_to_another_account",
    "provider_already_linked",
    "account_not_found",
]
PAGES = [
    "sign_in_title",
    "sign_in_with",
    "sign_in_as_guest",
    "sign_in_done",
    "sign_in_not_done",
    "sign_in_try_again",
    "erasure_title",
    "erasure_underway",
    "erasure_done",
    "erasure_of_login_done",
    "erasure_unknown",
    "erasure_code",
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_signing_in_are_there(language: str) -> None:
    wanted = {
        *PAGES,
        *(f"provider_{provider}" for provider in PROVIDERS),
        *(f"provider_reason_{reason}" for reason in REASONS),
        *(f"problem_{code}_{part}" for code in ERRORS for part in ("title", "detail")),
    }
    assert wanted <= catalogue().keys(language)  # type: ignore[arg-type]  # one of them
