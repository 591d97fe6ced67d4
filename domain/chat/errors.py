"""Why a room refuses a command. Codes are stable; the message catalogue words them."""

from domain.shared import DomainError


class RoomNotFoundError(DomainError):
    """There is no such show, or its room has not been opened."""

    code = "room_not_found"


class RoomClosedError(DomainError):
    """The show is over: what was said can be read, nothing can be added."""

    code = "room_closed"


class NotAModeratorError(DomainError):
    """Only the host, the room's moderators and the platform's staff may."""

    code = "forbidden"


class NotTheHostOfTheRoomError(DomainError):
    """Only the show's host, or an admin, may."""

    code = "forbidden"


class BannedError(DomainError):
    code = "banned"


class MutedError(DomainError):
    """`seconds` are left."""

    code = "muted"


class SlowModeError(DomainError):
    """`seconds` are left until the person may speak again."""

    code = "slow_mode"


class ChatRestrictedError(DomainError):
    """The room's rules do not let this person chat; `who_may_chat` says who may."""

    code = "chat_restricted"


class BlockedWordError(DomainError):
    """The word is not told: it would teach how to write around it."""

    code = "blocked_word"


class LinksNotAllowedError(DomainError):
    code = "links_not_allowed"


class MessageNotFoundError(DomainError):
    """There is no such message in this room, or it has been removed."""

    code = "message_not_found"


class CannotModerateError(DomainError):
    """Nobody moderates the host or themselves; moderators do not moderate one another."""

    code = "cannot_moderate"


class OutOfRangeError(DomainError):
    """`field` names the value; `least` and `most` bound it."""

    code = "out_of_range"


class TooManyError(DomainError):
    """`field` names the list, `limit` counts its entries."""

    code = "too_many"
