"""What can be asked of a show's audience: to be counted."""

from domain.shared import Command


class SampleAudience(Command, frozen=True, kw_only=True):
    """So many people watch now, and `most` at once since the last sample."""

    stream_id: str
    viewers: int
    most: int
