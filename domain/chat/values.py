"""The words of a live room: who may chat, in what role somebody speaks, and the limits."""

from typing import Literal

SpeakerRole = Literal["host", "moderator", "viewer", "guest"]
# "signed_in" leaves guests out. Followers of a host do not exist yet; they would be a third word.
WhoMayChat = Literal["everyone", "signed_in", "nobody"]
ReactionKind = Literal["like", "heart", "laugh", "wow", "clap", "fire"]

MESSAGE_CHARACTERS = 500
# As it is sent: beyond that, most of it can only be there to do harm.
RAW_MESSAGE_CHARACTERS = 4 * MESSAGE_CHARACTERS
# As it is looked through: single characters stand for up to eighteen letters, but no text for so
# many.
FOLDED_CHARACTERS = 2 * MESSAGE_CHARACTERS
SLOW_MODE_SECONDS_AT_MOST = 600
MUTE_SECONDS_AT_MOST = 7 * 24 * 3600
BLOCKED_WORDS_AT_MOST = 500  # in all languages of a room together
BLOCKED_WORD_CHARACTERS = 60
MODERATORS_AT_MOST = 100
REACTIONS_AT_ONCE = 50
BANS_AT_MOST = 10_000

# What a room's state remembers at most: it is copied as it changes, and stored.
SPEAKERS_REMEMBERED = 10_000  # in slow mode; beyond that, who spoke longest ago may speak again
MUTES_REMEMBERED = 10_000
REMOVALS_REMEMBERED = 100  # views show a removal within seconds; these bridge that time
