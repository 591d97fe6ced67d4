"""Wires what reads the log: projections, processes, checkpoints."""

import os
import secrets
import socket

from redis.asyncio import Redis

from application.processes.broadcast import BroadcastLifecycle
from application.processes.comment_orders import CommentOrders
from application.processes.erasure import Erasure
from application.processes.offer_hours import OfferHours
from application.processes.rooms import RoomClosing
from application.processes.show_over import ShowOver
from application.processes.waitlist import WaitlistServing
from infrastructure.event_store.checkpoints import Checkpoints, load_checkpoint_key
from infrastructure.processes.runner import ProcessRunner, Registration
from infrastructure.read_models.control import ProjectionControl
from infrastructure.read_models.projector import Projector
from infrastructure.settings import Settings
from interfaces.bootstrap.parts import Parts
from interfaces.bootstrap.store import Store
from interfaces.contexts import PROJECTIONS


def open_projection_control(settings: Settings, store: Store, redis: Redis) -> ProjectionControl:
    return ProjectionControl(
        PROJECTIONS,
        log=store.log,
        engine=store.engine,
        redis=redis,
        prefix=settings.redis_prefix,
    )


def open_projector(parts: Parts) -> Projector:
    return Projector(
        PROJECTIONS,
        log=parts.store.log,
        engine=parts.store.engine,
        redis=parts.redis,
        prefix=parts.settings.redis_prefix,
    )


def process_runner(parts: Parts, *, alone: bool) -> ProcessRunner:
    lifecycle = BroadcastLifecycle(grace_seconds=parts.settings.disconnect_grace_seconds)
    registrations = [
        Registration(process=lifecycle, start="beginning"),
        Registration(process=Erasure(), start="beginning"),
        Registration(process=RoomClosing(), start="head"),
        Registration(process=WaitlistServing(), start="beginning"),
        Registration(process=CommentOrders(), start="head"),
        Registration(process=OfferHours(), start="beginning"),
        Registration(process=ShowOver(), start="head"),
    ]
    owner = (
        "alone" if alone else f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    )
    return ProcessRunner(
        registrations, parts.store.log, parts.store.engine, parts.jobs, owner=owner
    )


def open_checkpoints(parts: Parts) -> Checkpoints:
    """Kept in the object store as well, where there is one."""
    settings, store = parts.settings, parts.store
    objects = parts.objects if settings.r2_endpoint_url else None
    key = load_checkpoint_key(settings.checkpoint_key)
    return Checkpoints(store.engine, store.log, key, objects)
