"""What a running role has at hand. Made by `interfaces.bootstrap`, used by every interface."""

from dataclasses import dataclass

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from application.audience.ports import Presence
from application.audience.services import AudienceServices
from application.catalogue.services import CatalogueServices
from application.chat.ports import ReactionTotals
from application.chat.services import ChatServices
from application.identity.services import IdentityServices
from application.ordering.ports import CommerceTerms
from application.ports import LiveVideo, ObjectStore, PlaybackSigner, Vault
from application.processes.claiming import Claiming
from application.processes.comment_orders import CommentClaims
from application.processes.holds import Holds
from application.processes.offer_hours import OfferClock
from application.processes.offering import Offering
from application.processes.orders import Orders
from application.processes.person_export import PersonExports
from application.processes.rooms import Rooms
from application.processes.show_over import ShowClosing
from application.processes.waitlist import Waitlists
from application.showcase.ports import OfferShows
from application.streaming.services import StreamingServices
from infrastructure.event_store.checkpoints import Checkpoints
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.sequencer import Sequencer
from infrastructure.identity.session_watch import SessionWatch
from infrastructure.identity.signing_keys import SigningKeys
from infrastructure.identity_providers.opening import ProviderNotices
from infrastructure.jobs.dead_jobs import DeadJobs
from infrastructure.jobs.queue import DramatiqJobQueue
from infrastructure.processes.deadlines import Deadlines
from infrastructure.processes.runner import ProcessRunner
from infrastructure.read_models.control import ProjectionControl
from infrastructure.read_models.projector import Projector
from infrastructure.realtime.feed import RoomFeed
from infrastructure.realtime.history import RoomHistory
from infrastructure.realtime.relay import Relay
from infrastructure.settings import Settings
from infrastructure.tokens import Tokens
from infrastructure.webhook_inbox import WebhookInbox
from projections.projection import Views


@dataclass(frozen=True, kw_only=True)
class Services:
    """The application's services, one attribute a context, and what spans them."""

    streaming: StreamingServices
    identity: IdentityServices
    person_exports: PersonExports
    chat: ChatServices
    audience: AudienceServices
    rooms: Rooms
    catalogue: CatalogueServices
    claims: Claiming
    holds: Holds
    waitlists: Waitlists
    comment_claims: CommentClaims
    showcase: Offering
    offer_shows: OfferShows
    offer_clock: OfferClock
    show_closing: ShowClosing
    orders: Orders
    terms: CommerceTerms


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Everything wired. `bus` is started; `projector`, `relay`, `feed`, `processes` and workers are
    started by the roles that run them. `inbox` has the webhooks about broadcasts, `notices` those
    about people, which `provider_notices` proves."""

    settings: Settings
    engine: AsyncEngine
    redis: Redis
    log: SqlEventLog
    codec: EventCodec
    keyring: Keyring
    bus: Sequencer
    views: Views
    projector: Projector
    projections: ProjectionControl
    jobs: DramatiqJobQueue
    dead_jobs: DeadJobs
    processes: ProcessRunner
    deadlines: Deadlines
    checkpoints: Checkpoints
    inbox: WebhookInbox
    notices: WebhookInbox
    provider_notices: ProviderNotices
    video: LiveVideo
    signer: PlaybackSigner
    vault: Vault
    objects: ObjectStore
    tokens: Tokens
    session_watch: SessionWatch
    signing_keys: SigningKeys
    relay: Relay
    feed: RoomFeed
    history: RoomHistory
    presence: Presence
    reactions: ReactionTotals
    services: Services
