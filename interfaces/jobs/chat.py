"""How the jobs of live rooms are run."""

from application.processes.rooms import CLOSE_ROOM, Rooms
from infrastructure.jobs.job import Job
from infrastructure.jobs.worker import JobHandler

JOBS = (Job(name=CLOSE_ROOM, tries=30),)


def handlers(rooms: Rooms) -> list[tuple[Job, JobHandler]]:
    run = rooms.jobs()
    return [(job, run[job.name]) for job in JOBS]
