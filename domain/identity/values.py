"""The words of identity: who a person can be, how they sign in, and what text they may carry."""

from typing import Literal, get_args

from domain.shared import Market

Role = Literal["viewer", "host", "moderator", "merchant", "analyst", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

Provider = Literal["line", "facebook", "instagram", "google", "apple", "kapook"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)

# In the order each market is used to; the first is its usual way in.
PROVIDERS_OF: dict[Market, tuple[Provider, ...]] = {
    "TW": ("line", "facebook", "instagram", "google", "apple"),
    "TH": ("facebook", "line", "google", "apple", "kapook"),
}

AccountKind = Literal["guest", "registered"]
AccountStatus = Literal["open", "erasing", "erased"]
Platform = Literal["web", "ios", "android"]
SessionEnd = Literal["signed_out", "ended_by_person", "ended_by_admin", "replayed", "erased"]
UnlinkReason = Literal["person", "provider"]
ConsentDocument = Literal["terms", "privacy", "marketing"]

NAME_CHARACTERS = 100
