"""Sends broadcasts on to other platforms. The targets' keys stay in the vault, never in the log."""

from contextlib import suppress

import msgspec

from application.ports import (
    CommandBus,
    CommandIdReused,
    Dispatch,
    LiveVideo,
    Outcome,
    OutputTarget,
    Overloaded,
    ProviderNotFound,
    ProviderRefused,
    StaleVersion,
    Vault,
)
from application.streaming.shows import Shows
from domain.shared import DomainError
from domain.streaming.commands import AddOutput, ConfirmOutput, ReportOutputFailure
from domain.streaming.errors import InvalidOutputUrlError
from domain.streaming.values import OVER, public_output_url
from domain.text import TextEmptyError

_JOB = "streaming.attach_output"
_RECORDS_NOTHING = (DomainError, CommandIdReused, StaleVersion, Overloaded)


def output_ref(output_id: str) -> str:
    """The name of an output's target in the vault."""
    return f"output-{output_id}"


class Outputs:
    def __init__(self, *, shows: Shows, bus: CommandBus, video: LiveVideo, vault: Vault) -> None:
        self._shows = shows
        self._bus = bus
        self._video = video
        self._vault = vault

    async def add_output(
        self, dispatch: Dispatch, command: AddOutput, *, stream_key: str
    ) -> Outcome:
        """Keeps the target in the vault, then executes `dispatch`, whose command is `command`.

        Its output id must be a new one of ours: what the vault holds under it is replaced.
        """
        public_output_url(command.url)
        if not stream_key:
            raise TextEmptyError(field="stream_key")
        if stream_key in command.url:
            raise InvalidOutputUrlError(field="url")
        secret = msgspec.json.encode(OutputTarget(url=command.url, stream_key=stream_key))
        await self._vault.put(output_ref(command.output_id), secret)
        try:
            return await self._bus.execute(dispatch)
        except _RECORDS_NOTHING:
            await self._vault.delete(output_ref(command.output_id))
            raise

    async def attach_output(self, stream_id: str) -> None:
        """Attaches every output of the show that is waiting for it. Repeatable."""
        state = (await self._shows.load(stream_id)).state
        if state.input_uid is None or state.status in OVER:
            return
        for output_id, output in state.outputs.items():
            if output.status == "pending":
                await self._attach(stream_id, state.input_uid, output_id)

    async def detach_output(self, stream_id: str, output_id: str, output_uid: str) -> None:
        """`output_uid` is empty where the provider never had the output."""
        input_uid = (await self._shows.load(stream_id)).state.input_uid
        if input_uid is not None and output_uid:
            with suppress(ProviderNotFound):
                await self._video.remove_output(input_uid, output_uid)
        await self._vault.delete(output_ref(output_id))

    async def _attach(self, stream_id: str, input_uid: str, output_id: str) -> None:
        secret = await self._vault.get(output_ref(output_id))
        if secret is None:
            return await self._fail(stream_id, output_id, "output_key_missing")
        try:
            output_uid = await self._video.add_output(
                input_uid, msgspec.json.decode(secret, type=OutputTarget)
            )
        except ProviderRefused:
            return await self._fail(stream_id, output_id, "output_refused")
        attached = ConfirmOutput(stream_id=stream_id, output_id=output_id, output_uid=output_uid)
        return await self._shows.report(await self._shows.load(stream_id), attached, job=_JOB)

    async def _fail(self, stream_id: str, output_id: str, problem: str) -> None:
        failed = ReportOutputFailure(stream_id=stream_id, output_id=output_id, problem=problem)
        await self._shows.report(await self._shows.load(stream_id), failed, job=_JOB)
