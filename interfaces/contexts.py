"""What every context brings along: its facts, what decides its commands, its views, its jobs."""

from application.audience import handlers as audience_handlers
from application.catalogue import handlers as catalogue_handlers
from application.chat import handlers as chat_handlers
from application.handling import Handlers
from application.identity import handlers as identity_handlers
from application.inventory import handlers as inventory_handlers
from application.ordering import carts
from application.ordering import handlers as ordering_handlers
from application.processes import (
    cancelling,
    checkout,
    claiming,
    holds,
    listing,
    offering,
    returns,
    settling,
    waitlist,
)
from application.showcase import handlers as showcase_handlers
from application.streaming import handlers as streaming_handlers
from domain.audience import events as audience
from domain.catalogue import events as catalogue
from domain.chat import events as chat
from domain.identity import events as identity
from domain.inventory import events as inventory
from domain.ordering import events as ordering
from domain.shared import Event
from domain.showcase import events as showcase
from domain.streaming import events as streaming
from infrastructure.jobs.job import Job
from interfaces.jobs import chat as chat_jobs
from interfaces.jobs import identity as identity_jobs
from interfaces.jobs import shop as shop_jobs
from interfaces.jobs import streaming as streaming_jobs
from projections.audience import catalogue as audience_views
from projections.catalogue import catalogue as catalogue_views
from projections.chat import catalogue as chat_views
from projections.identity import catalogue as identity_views
from projections.inventory import catalogue as inventory_views
from projections.ordering import catalogue as ordering_views
from projections.showcase import catalogue as showcase_views
from projections.streaming import catalogue as streaming_views

EVENTS: tuple[type[Event], ...] = (
    *streaming.EVENTS,
    *identity.EVENTS,
    *chat.EVENTS,
    *audience.EVENTS,
    *catalogue.EVENTS,
    *inventory.EVENTS,
    *showcase.EVENTS,
    *ordering.EVENTS,
)
HANDLERS: Handlers = {
    **streaming_handlers.HANDLERS,
    **identity_handlers.HANDLERS,
    **chat_handlers.HANDLERS,
    **audience_handlers.HANDLERS,
    **catalogue_handlers.HANDLERS,
    **listing.HANDLERS,
    **inventory_handlers.HANDLERS,
    **carts.HANDLERS,
    **showcase_handlers.HANDLERS,
    **offering.HANDLERS,
    **claiming.HANDLERS,
    **holds.HANDLERS,
    **waitlist.HANDLERS,
    **ordering_handlers.HANDLERS,
    **checkout.HANDLERS,
    **settling.HANDLERS,
    **cancelling.HANDLERS,
    **returns.HANDLERS,
}
PROJECTIONS = (
    *streaming_views.PROJECTIONS,
    *identity_views.PROJECTIONS,
    *audience_views.PROJECTIONS,
    *chat_views.PROJECTIONS,
    *catalogue_views.PROJECTIONS,
    *ordering_views.PROJECTIONS,
    *inventory_views.PROJECTIONS,
    *showcase_views.PROJECTIONS,
)
JOBS: tuple[Job, ...] = (
    *streaming_jobs.JOBS,
    *identity_jobs.JOBS,
    *chat_jobs.JOBS,
    *shop_jobs.JOBS,
)
