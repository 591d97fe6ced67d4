"""Which commands an audience decides."""

from application.handling import Handlers, on_one_stream
from domain.audience.commands import SampleAudience
from domain.audience.counting import AUDIENCE


def _stream_id(command: SampleAudience) -> str:
    return command.stream_id


HANDLERS: Handlers = {SampleAudience: on_one_stream(AUDIENCE, _stream_id)}
