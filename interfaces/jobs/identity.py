"""How the jobs of accounts are run: their queues, and how hard each is tried."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from application.identity.services import IdentityServices
from application.ports import JobQueue
from infrastructure.jobs.job import Job
from infrastructure.jobs.worker import JobHandler
from infrastructure.webhook_inbox import WebhookInbox

_UNTAKEN_AFTER = timedelta(seconds=60)
_TAKE = "identity.take_notice"

# Who asks to be forgotten must be: these are tried for days before somebody has to look.
JOBS = (
    Job(name="identity.erase_person", tries=100, longest_pause=3600),
    Job(name="identity.end_sessions", tries=100, longest_pause=3600),
    Job(name="identity.forget_login", tries=100, longest_pause=3600),
    Job(name="identity.tell_provider", queue="provider", tries=100, longest_pause=3600),
    Job(name="identity.remove_avatars", tries=100, longest_pause=3600),
    Job(name="identity.remove_old_avatars", tries=30),
    Job(name="identity.scrub", tries=30),
    Job(name=_TAKE, tries=30),
    Job(name="identity.sweep_notices", tries=4, periodic=True),
)


def handlers(
    identity: IdentityServices,
    inbox: WebhookInbox,
    jobs: JobQueue,
    scrub: Callable[[], Awaitable[None]],
) -> list[tuple[Job, JobHandler]]:
    async def sweep() -> None:
        """Hands over what was stored and never taken, as the queue was away."""
        for webhook_id in await inbox.unfinished(datetime.now(UTC) - _UNTAKEN_AFTER):
            await jobs.enqueue(_TAKE, webhook_id)

    run = {**identity.jobs(), "identity.sweep_notices": sweep, "identity.scrub": scrub}
    return [(job, run[job.name]) for job in JOBS]
