"""The words of a live room: who may chat, in what role somebody speaks, and the limits."""

from typing import Literal

from domain.shared import Language

SpeakerRole = Literal["host", "moderator", "viewer", "guest"]
# "signed_in" leaves guests out. Followers of a host do not exist yet; they would be a third word.
WhoMayChat = Literal["everyone", "signed_in", "nobody"]
ReactionKind = Literal["like", "heart", "laugh", "wow", "clap", "fire"]
# Words of these are written without spaces between them: found anywhere in a text. Those of the
# others are found as whole words.
UNSPACED_LANGUAGES: frozenset[Language] = frozenset({"zh-TW", "zh-CN", "th", "ja"})

MESSAGE_CHARACTERS = 500
SLOW_MODE_SECONDS_AT_MOST = 600
MUTE_SECONDS_AT_MOST = 7 * 24 * 3600
BLOCKED_WORDS_AT_MOST = 500  # in all languages of a room together
BLOCKED_WORD_CHARACTERS = 60
MODERATORS_AT_MOST = 100
REACTIONS_AT_ONCE = 50
