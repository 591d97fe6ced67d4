"""Wires the live room's parts: what carries its frames, and what it has been told before."""

from application.audience.services import AudiencePorts, AudienceServices
from application.chat.services import ChatPorts, ChatServices
from application.processes.rooms import Rooms
from infrastructure.audience_index import ProjectedAudienceIndex
from infrastructure.event_store.known_commands import SqlKnownCommands
from infrastructure.ids import derived_id
from infrastructure.keyed_digests import KeyedDigests
from infrastructure.read_models.projector import Projector
from infrastructure.realtime.chat_limits import ChatRates, RedisChatLimits
from infrastructure.realtime.feed import RoomFeed
from infrastructure.realtime.presence import RedisPresence
from infrastructure.realtime.reactions import RedisReactionTotals
from infrastructure.realtime.relay import Relay
from infrastructure.sent_messages import ProjectedSentMessages
from interfaces.bootstrap.parts import Outside, Parts
from interfaces.bootstrap.services import now


def room_feed(parts: Parts) -> RoomFeed:
    return RoomFeed(parts.store.log, parts.redis, prefix=parts.settings.redis_prefix)


def room_relay(parts: Parts, projector: Projector) -> Relay:
    """It reads what the projector reads, once for both."""
    return Relay(projector.pages, parts.redis, prefix=parts.settings.redis_prefix)


def chat_limits(parts: Parts) -> RedisChatLimits:
    settings = parts.settings
    rates = ChatRates(
        messages=settings.chat_messages,
        seconds=settings.chat_seconds,
        room_per_second=settings.chat_room_per_second,
        repeat_seconds=settings.chat_repeat_seconds,
        reactions_per_second=settings.chat_reactions_per_second,
    )
    return RedisChatLimits(parts.redis, rates, prefix=settings.redis_prefix)


def presence(parts: Parts) -> RedisPresence:
    return RedisPresence(parts.redis, prefix=parts.settings.redis_prefix)


def reaction_totals(parts: Parts) -> RedisReactionTotals:
    return RedisReactionTotals(parts.redis, prefix=parts.settings.redis_prefix)


def rooms(parts: Parts) -> Rooms:
    return Rooms(bus=parts.bus, log=parts.store.log, clock=now, derived_id=derived_id)


def audience_services(parts: Parts) -> AudienceServices:
    return AudienceServices(
        AudiencePorts(
            bus=parts.bus,
            presence=presence(parts),
            index=ProjectedAudienceIndex(parts.views),
            clock=now,
            derived_id=derived_id,
            sample_seconds=parts.settings.audience_sample_seconds,
        )
    )


def chat_services(parts: Parts, outside: Outside) -> ChatServices:
    return ChatServices(
        ChatPorts(
            bus=parts.bus,
            known=SqlKnownCommands(parts.store.engine),
            limits=chat_limits(parts),
            messages=ProjectedSentMessages(parts.views, parts.store.log),
            reactions=reaction_totals(parts),
            clock=now,
            derived_id=derived_id,
            digest=KeyedDigests(outside.vault, "chat-fingerprint-key"),
            open_room=rooms(parts).open,
        )
    )
