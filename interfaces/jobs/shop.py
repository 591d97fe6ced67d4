"""How the shop's jobs are run."""

from application.catalogue.services import REMOVE_ORPHANS
from application.processes.comment_orders import TAKE_COMMENT
from application.processes.offer_hours import CLOSE_OFFER, OPEN_OFFER
from application.processes.show_over import CLOSE_SHOWCASE
from application.processes.waitlist import SERVE_WAITLIST
from infrastructure.jobs.job import Job
from infrastructure.jobs.worker import JobHandler
from interfaces.platform import Services

JOBS = (
    Job(name=REMOVE_ORPHANS, queue="provider", tries=4, seconds=1800, periodic=True),
    Job(name=SERVE_WAITLIST, tries=30, longest_pause=30.0),
    Job(name=TAKE_COMMENT, tries=30, longest_pause=30.0),
    Job(name=OPEN_OFFER, tries=30, longest_pause=30.0),
    Job(name=CLOSE_OFFER, tries=30, longest_pause=30.0),
    Job(name=CLOSE_SHOWCASE, tries=30),
)


def handlers(services: Services) -> list[tuple[Job, JobHandler]]:
    run = {
        **services.catalogue.jobs(),
        **services.waitlists.jobs(),
        **services.comment_claims.jobs(),
        **services.offer_clock.jobs(),
        **services.show_closing.jobs(),
    }
    return [(job, run[job.name]) for job in JOBS]
