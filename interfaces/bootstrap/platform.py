"""Makes a running role's platform. This package alone knows which adapter plays which role."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from application.processes.person_export import PersonExports
from infrastructure.cloudflare.playback import open_playback
from infrastructure.identity.signing_key_table import SigningKeyTable
from infrastructure.identity.signing_keys import SigningKeys
from infrastructure.jobs.dead_jobs import DeadJobs
from infrastructure.memory import collect_rarely
from infrastructure.processes.deadlines import Deadlines
from infrastructure.realtime.history import RoomHistory
from infrastructure.settings import Settings
from infrastructure.tokens import Tokens
from infrastructure.vault import master_keys
from interfaces.bootstrap.parts import Outside, Parts, open_outside, open_parts
from interfaces.bootstrap.reading import (
    open_checkpoints,
    open_projection_control,
    open_projector,
    process_runner,
)
from interfaces.bootstrap.rooms import (
    audience_services,
    chat_services,
    presence,
    reaction_totals,
    room_feed,
    room_relay,
    rooms,
)
from interfaces.bootstrap.services import identity_services, now, streaming_services
from interfaces.bootstrap.shop import (
    catalogue_services,
    claims,
    comment_claims,
    commerce_terms,
    holds,
    offer_clock,
    offer_shows,
    offering,
    orders,
    show_closing,
    waitlists,
)
from interfaces.platform import Platform, Services


@asynccontextmanager
async def open_platform(settings: Settings, *, alone: bool = False) -> AsyncIterator[Platform]:
    """Everything, connected and ready; closed in reverse. `settings` have every address filled in
    (`infrastructure.embedded.surroundings`).

    `alone`: no other process of this installation can be running, so that what a killed one held
    need not be waited for.
    """
    async with AsyncExitStack() as stack:
        platform = _platform(await open_parts(stack, settings), alone=alone)
        collect_rarely()
        yield platform


def _platform(parts: Parts, *, alone: bool) -> Platform:
    settings, store, outside = parts.settings, parts.store, open_outside(parts)
    signing_keys = SigningKeys(SigningKeyTable(store.engine, master_keys(settings)))
    projector = open_projector(parts)
    return Platform(
        settings=settings,
        engine=store.engine,
        redis=parts.redis,
        log=store.log,
        codec=store.codec,
        keyring=store.keyring,
        bus=parts.bus,
        views=parts.views,
        projector=projector,
        projections=open_projection_control(settings, store, parts.redis),
        jobs=parts.jobs,
        dead_jobs=DeadJobs(store.engine),
        processes=process_runner(parts, alone=alone),
        deadlines=Deadlines(store.engine, parts.jobs),
        checkpoints=open_checkpoints(parts),
        inbox=outside.inbox,
        notices=outside.notices,
        provider_notices=parts.notices,
        video=outside.video,
        signer=open_playback(settings),
        vault=outside.vault,
        objects=outside.objects,
        tokens=Tokens(signing_keys, seconds=settings.access_token_seconds),
        session_watch=parts.session_watch,
        signing_keys=signing_keys,
        relay=room_relay(parts, projector),
        feed=room_feed(parts),
        history=RoomHistory(store.log),
        presence=presence(parts),
        reactions=reaction_totals(parts),
        services=_services(parts, outside),
    )


def _services(parts: Parts, outside: Outside) -> Services:
    terms = commerce_terms(parts.settings)
    return Services(
        streaming=streaming_services(parts, outside),
        identity=identity_services(parts, outside),
        person_exports=PersonExports(log=parts.store.log, sessions=parts.sessions, clock=now),
        chat=chat_services(parts, outside),
        audience=audience_services(parts),
        rooms=rooms(parts),
        catalogue=catalogue_services(parts, outside),
        claims=claims(parts),
        holds=holds(parts),
        waitlists=waitlists(parts),
        comment_claims=comment_claims(parts),
        showcase=offering(parts),
        offer_shows=offer_shows(parts),
        offer_clock=offer_clock(parts),
        show_closing=show_closing(parts),
        orders=orders(parts, outside, terms),
        terms=terms,
    )
