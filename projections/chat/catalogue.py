"""The chat context's projections."""

from projections.chat.messages import MESSAGES

PROJECTIONS = (MESSAGES,)
