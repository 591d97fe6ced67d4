"""The words of identity: who a person can be, how they sign in, and what text they may carry."""

from typing import Literal, get_args

from domain.shared import Language, Market

Role = Literal["viewer", "host", "moderator", "merchant", "analyst", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

Provider = Literal["line", "facebook", "instagram", "google", "apple", "kapook"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)

# In the order each market is used to; the first is its usual way in.
PROVIDERS_OF: dict[Market, tuple[Provider, ...]] = {
    "TW": ("line", "facebook", "instagram", "google", "apple"),
    "TH": ("facebook", "line", "google", "apple", "kapook"),
}
# Instagram vouches for who sells on it, to accounts that are there already: nobody comes in by it.
NO_WAY_IN: frozenset[Provider] = frozenset({"instagram"})

AccountKind = Literal["guest", "registered"]
AccountStatus = Literal["open", "erasing", "erased"]
Platform = Literal["web", "ios", "android"]
SessionEnd = Literal["signed_out", "ended_by_person", "unlinked", "replayed", "erased"]
UnlinkReason = Literal["person", "provider"]
ConsentDocument = Literal["terms", "privacy", "marketing"]

NAME_CHARACTERS = 100
EMAIL_CHARACTERS = 254  # the longest there are: RFC 5321 §4.5.3.1.3, less its angle brackets
CONSENT_VERSION_CHARACTERS = 40

GUEST_ROLES: tuple[Role, ...] = ("viewer",)  # everybody has them to begin with

# What a person is called who gave no name: what they are here, in their own language.
UNNAMED: dict[Language, str] = {
    "zh-TW": "觀眾",
    "zh-CN": "观众",
    "th": "ผู้ชม",
    "ja": "視聴者",
    "en": "Viewer",
}
