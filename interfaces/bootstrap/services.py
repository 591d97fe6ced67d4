"""Wires each context's services to the adapters of their ports."""

import secrets
from datetime import UTC, datetime

from application.identity.services import IdentityPorts, IdentityServices
from application.streaming.services import StreamingPorts, StreamingServices
from infrastructure.broadcast_index import ProjectedBroadcastIndex
from infrastructure.cloudflare.notices import read_notice
from infrastructure.identity.one_time import RedisOneTimeStore
from infrastructure.identity.pseudonyms import SqlPseudonyms
from infrastructure.ids import derived_id, new_id
from infrastructure.vault import master_keys
from interfaces.bootstrap.parts import Outside, Parts
from interfaces.http.identity.attempts import AccountThrottle
from interfaces.webhooks.notices import read_notice as read_person_notice


def streaming_services(parts: Parts, outside: Outside) -> StreamingServices:
    return StreamingServices(
        StreamingPorts(
            bus=parts.bus,
            log=parts.store.log,
            video=outside.video,
            vault=outside.vault,
            jobs=parts.jobs,
            index=ProjectedBroadcastIndex(parts.views),
            objects=outside.objects,
            inbox=outside.inbox,
            read_notice=read_notice,
            clock=now,
            new_id=new_id,
            derived_id=derived_id,
            sweep_seconds=parts.settings.sweep_seconds,
            grace_seconds=parts.settings.disconnect_grace_seconds,
        )
    )


def identity_services(parts: Parts, outside: Outside) -> IdentityServices:
    settings, store, vault = parts.settings, parts.store, outside.vault
    return IdentityServices(
        IdentityPorts(
            bus=parts.bus,
            log=store.log,
            vault=vault,
            jobs=parts.jobs,
            objects=outside.objects,
            inbox=outside.notices,
            read_notice=read_person_notice,
            providers=parts.providers,
            pseudonyms=SqlPseudonyms(store.engine, vault),
            one_time=RedisOneTimeStore(
                parts.redis, master_keys(settings), prefix=settings.redis_prefix
            ),
            sessions=parts.sessions,
            keys=store.keyring,
            throttle=AccountThrottle(parts.redis, settings),
            clock=now,
            new_id=new_id,
            new_secret=_new_secret,
            derived_id=derived_id,
        )
    )


def now() -> datetime:
    return datetime.now(UTC)


def _new_secret() -> str:
    return secrets.token_hex(32)
