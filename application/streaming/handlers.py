"""Which commands live streams decide, and what those who ask are answered."""

import msgspec

from application.handling import Handler, Handlers, States, on_one_stream
from domain.streaming import commands as ask
from domain.streaming.deciding import LIVE_STREAM


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a command concerned, the show or one of its outputs, and what became of it."""

    id: str
    status: str


def _stream_id(command: ask.ScheduleLiveStream | ask.HostCommand | ask.SystemCommand) -> str:
    return command.stream_id


def _show(command: ask.ScheduleLiveStream | ask.HostCommand, states: States) -> Answer:
    return Answer(id=command.stream_id, status=states[0].status)


def _output(command: ask.AddOutput | ask.RemoveOutput, states: States) -> Answer:
    output = states[0].outputs.get(command.output_id)
    return Answer(id=command.output_id, status="removed" if output is None else output.status)


_NEW_SHOW: Handler = on_one_stream(LIVE_STREAM, _stream_id, _show, opens=True)
_ABOUT_THE_SHOW: Handler = on_one_stream(LIVE_STREAM, _stream_id, _show)
_ABOUT_AN_OUTPUT: Handler = on_one_stream(LIVE_STREAM, _stream_id, _output)
_REPORT: Handler = on_one_stream(LIVE_STREAM, _stream_id)

HANDLERS: Handlers = {
    ask.ScheduleLiveStream: _NEW_SHOW,
    ask.ReviseLiveStream: _ABOUT_THE_SHOW,
    ask.StartLiveStream: _ABOUT_THE_SHOW,
    ask.EndLiveStream: _ABOUT_THE_SHOW,
    ask.CancelLiveStream: _ABOUT_THE_SHOW,
    ask.RotateIngestKeys: _ABOUT_THE_SHOW,
    ask.AttachThumbnail: _ABOUT_THE_SHOW,
    ask.AddOutput: _ABOUT_AN_OUTPUT,
    ask.RemoveOutput: _ABOUT_AN_OUTPUT,
    ask.RecordLiveInput: _REPORT,
    ask.RecordProvisioningFailure: _REPORT,
    ask.ObserveFeed: _REPORT,
    ask.RecordRecordings: _REPORT,
    ask.EndAfterGrace: _REPORT,
    ask.ReportIngestError: _REPORT,
    ask.ConfirmIngestKeys: _REPORT,
    ask.ConfirmOutput: _REPORT,
    ask.ReportOutputFailure: _REPORT,
    ask.RetireLiveInput: _REPORT,
}
