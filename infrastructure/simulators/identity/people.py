"""The invented people who can sign in, and what each provider calls them."""

import hashlib

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with an account at every provider.

    `hides_email` is Apple's private relay, `workspace` Google's hosted domain, `professional`
    Instagram's kind of account. Nobody can have the Gmail address: it has no underscores.
    """

    id: str
    given_name: str
    family_name: str
    name: str
    about: str = "As most people are."
    email: str | None = None
    email_verified: bool = True
    hides_email: bool = False
    workspace: str | None = None
    professional: bool = False


INVENTED = (
    Person(
        id="mei",
        given_name="美玲",
        family_name="林",
        name="林美玲",
        about="Has a Gmail address.",
        email="invented_mei@gmail.com",
    ),
    Person(
        id="somchai",
        given_name="สมชาย",
        family_name="ใจดี",
        name="สมชาย ใจดี",
        about="Has an address of a Google Workspace, and a professional Instagram account.",
        email="somchai@shop.example",
        workspace="shop.example",
        professional=True,
    ),
    Person(
        id="hana",
        given_name="Hana",
        family_name="Sato",
        name="佐藤花",
        about="Sells: has a professional Instagram account.",
        email="hana@mail.example",
        professional=True,
    ),
    Person(
        id="kenji",
        given_name="Kenji",
        family_name="Mori",
        name="Kenji Mori",
        about="Has an address nobody has verified.",
        email="kenji@mail.example",
        email_verified=False,
    ),
    Person(
        id="riley",
        given_name="Riley",
        family_name="Tan",
        name="Riley Tan",
        about="Hides the address behind Apple's private relay.",
        email="riley@mail.example",
        hides_email=True,
    ),
    Person(
        id="anong",
        given_name="อนงค์",
        family_name="แก้วใส",
        name="อนงค์ แก้วใส",
        about="Has no e-mail address.",
    ),
)


def line_subject(person: str) -> str:
    return f"U{_digest('line', person)[:32]}"


def numeric_subject(provider: str, person: str, digits: int) -> str:
    """As Google and Meta number people. Never starts with 0."""
    number = int(_digest(provider, person), 16) % 10 ** (digits - 1)
    return f"1{number:0{digits - 1}d}"


def apple_subject(person: str) -> str:
    digest = _digest("apple", person)
    return f"000{int(digest[:4], 16) % 1000:03d}.{digest[:32]}.{int(digest[-4:], 16) % 2400:04d}"


def relay_address(person: str) -> str:
    return f"{_digest('relay', person)[:10]}@privaterelay.appleid.com"


def _digest(purpose: str, person: str) -> str:
    return hashlib.sha256(f"{purpose}|{person}".encode()).hexdigest()
