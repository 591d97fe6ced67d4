"""Gets shows their live inputs and ingest keys. The keys stay in the vault, never in the log."""

import msgspec

from application.ports import (
    IngestCredentials,
    LiveInput,
    LiveVideo,
    Loaded,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    Vault,
)
from application.streaming.shows import Shows
from domain.streaming.commands import (
    ConfirmIngestKeys,
    RecordLiveInput,
    RecordProvisioningFailure,
)
from domain.streaming.errors import (
    AlreadyOverError,
    LiveInputNotReadyError,
    LiveStreamNotFoundError,
    NotTheHostError,
)
from domain.streaming.live_stream import LiveStream
from domain.streaming.values import OVER

_OUR_REQUEST_IS_WRONG = frozenset({400, 422})


def credentials_ref(stream_id: str) -> str:
    """The name of a show's ingest keys in the vault."""
    return f"live_input-{stream_id}"


class Provisioning:
    def __init__(self, *, shows: Shows, video: LiveVideo, vault: Vault) -> None:
        self._shows = shows
        self._video = video
        self._vault = vault

    async def provision_live_input(self, stream_id: str) -> None:
        """Repeatable at any point: the provider knows the show's input by an idempotency key.

        Raises `ProviderError` when another try may help, having told the host there is a problem.
        """
        seen = await self._shows.load(stream_id)
        if seen.state.status != "scheduled":
            return
        try:
            made = await self._create(stream_id, seen.state)
        except ProviderError as error:
            if not await self._give_up(stream_id, seen, error):
                raise
            return
        await self._keep(stream_id, made.credentials)
        recorded = RecordLiveInput(
            stream_id=stream_id, input_uid=made.uid, customer_host=made.customer_host
        )
        await self._shows.report(seen, recorded, job="streaming.provision_live_input")

    async def rotate_ingest_keys(self, stream_id: str, number: str) -> None:
        """A repeat makes keys once more, which are as good. A show that is over gets none: they
        would stay behind in the vault."""
        seen = await self._shows.load(stream_id)
        state = seen.state
        if state.input_uid is None or state.status in OVER or state.rotations_done >= int(number):
            return
        await self._keep(stream_id, await self._video.rotate_keys(state.input_uid))
        confirmed = ConfirmIngestKeys(stream_id=stream_id, number=int(number))
        await self._shows.report(seen, confirmed, job="streaming.rotate_ingest_keys")

    async def ingest_credentials(
        self, stream_id: str, *, by: str, as_admin: bool = False
    ) -> IngestCredentials:
        """For the show's host alone. Raises a `DomainError` when there are none to give."""
        state = (await self._shows.load(stream_id)).state
        if state.status is None:
            raise LiveStreamNotFoundError(stream_id=stream_id)
        if by != state.host_id and not as_admin:
            raise NotTheHostError
        if state.status in OVER:
            raise AlreadyOverError(status=state.status)
        secret = await self._vault.get(credentials_ref(stream_id)) if state.input_uid else None
        if secret is None:
            raise LiveInputNotReadyError
        return msgspec.json.decode(secret, type=IngestCredentials)

    async def _create(self, stream_id: str, state: LiveStream) -> LiveInput:
        return await self._video.create_input(
            name=state.title,
            idempotency_key=stream_id,
            low_latency=state.low_latency,
            meta={"stream_id": stream_id},
        )

    async def _keep(self, stream_id: str, credentials: IngestCredentials) -> None:
        await self._vault.put(credentials_ref(stream_id), msgspec.json.encode(credentials))

    async def _give_up(
        self, stream_id: str, seen: Loaded[LiveStream], error: ProviderError
    ) -> bool:
        """Whether no further try can help; tells the show either way."""
        final = isinstance(error, ProviderRefused) and error.status in _OUR_REQUEST_IS_WRONG
        failure = RecordProvisioningFailure(
            stream_id=stream_id, problem=_problem(error), final=final
        )
        await self._shows.report(seen, failure, job="streaming.provision_live_input")
        return final


def _problem(error: ProviderError) -> str:
    """A code the message catalogue words for the host."""
    return "provider_unavailable" if isinstance(error, ProviderUnavailable) else "provider_refused"
