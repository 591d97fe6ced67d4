"""Why a live stream refuses a command. Codes are stable; the message catalogue words them."""

from domain.shared import DomainError


class NotTheHostError(DomainError):
    code = "forbidden"


class LiveStreamNotFoundError(DomainError):
    code = "live_stream_not_found"


class LiveStreamExistsError(DomainError):
    code = "live_stream_exists"


class LiveInputNotReadyError(DomainError):
    """There is no live input yet to send a feed to."""

    code = "live_input_not_ready"


class NotStartedError(DomainError):
    """A show that was never started is cancelled, not ended."""

    code = "live_stream_not_started"


class AlreadyStartedError(DomainError):
    code = "live_stream_already_started"


class AlreadyOverError(DomainError):
    """The show has ended, was cancelled or failed; `status` says which."""

    code = "live_stream_already_over"


class ScheduledInThePastError(DomainError):
    """`field` is scheduled_at."""

    code = "scheduled_in_the_past"


class OutputsNotAvailableError(DomainError):
    """A WHIP broadcast cannot be sent on to other platforms."""

    code = "outputs_not_available"


class TooManyOutputsError(DomainError):
    """`limit` outputs exist already."""

    code = "too_many_outputs"


class OutputNotFoundError(DomainError):
    code = "output_not_found"


class InvalidOutputUrlError(DomainError):
    """`field` is url: not an rtmp, rtmps or srt address, or with user info or stream key in it."""

    code = "invalid_output_url"


class ThumbnailNotUploadedError(DomainError):
    """Nothing has been uploaded under the key to attach."""

    code = "thumbnail_not_uploaded"


class InvalidThumbnailError(DomainError):
    """`field` is content_type or size; `limit` is bytes."""

    code = "invalid_thumbnail"
