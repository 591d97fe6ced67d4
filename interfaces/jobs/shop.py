"""How the shop's jobs are run."""

from application.processes.waitlist import SERVE_WAITLIST
from infrastructure.jobs.job import Job
from infrastructure.jobs.worker import JobHandler
from interfaces.platform import Services

JOBS = (Job(name=SERVE_WAITLIST, tries=30, longest_pause=30.0),)


def handlers(services: Services) -> list[tuple[Job, JobHandler]]:
    run = {**services.waitlists.jobs()}
    return [(job, run[job.name]) for job in JOBS]
