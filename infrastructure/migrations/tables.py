"""Every table that migrations look after. Projection tables are not among them: the projection
engine makes and drops those as it needs them."""

from sqlalchemy import MetaData

from infrastructure import vault, webhook_inbox
from infrastructure.database import METADATA
from infrastructure.event_store import schema as event_store
from infrastructure.identity import schema as identity
from infrastructure.jobs import dead_jobs
from infrastructure.processes import schema as processes
from infrastructure.read_models import schema as read_models

OWNERS = (event_store, read_models, processes, dead_jobs, webhook_inbox, vault, identity)


def migrated_tables() -> MetaData:
    """The metadata, with each owner's tables in it because the owner is imported."""
    return METADATA
