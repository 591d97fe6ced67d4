"""The baseline: `eventsourcing` with `eventsourcing_sqlalchemy`, saves a second by threads.

`library_appends URL THREADS SECONDS`. Each thread saves a new aggregate of one event. It takes no
lock on MySQL, so its followers may skip events; what it does per save is still the fair measure.
"""

import sys
import time
from threading import Thread
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy.engine import make_url

from interfaces.bench.measurement import percentile, report


class Show(Aggregate):
    """One event, of about the size of ours."""

    @event("Scheduled")
    def __init__(self, title: str, description: str, host: str) -> None:
        self.title = title
        self.description = description
        self.host = host


def measure(url: str, threads: int, seconds: float) -> None:
    application = Application[UUID](
        env={
            "PERSISTENCE_MODULE": "eventsourcing_sqlalchemy",
            "SQLALCHEMY_URL": make_url(url)
            .set(drivername="mysql+pymysql")
            .render_as_string(hide_password=False),
            "SQLALCHEMY_POOL_SIZE": str(threads),
            "SQLALCHEMY_MAX_OVERFLOW": "4",
        }
    )
    _load(application, threads, 1.0)
    started = time.perf_counter()
    latencies = sorted(_load(application, threads, seconds))
    elapsed = time.perf_counter() - started
    report(
        rate=len(latencies) / elapsed,
        p50_ms=percentile(latencies, 0.5) * 1000,
        p99_ms=percentile(latencies, 0.99) * 1000,
    )
    application.close()


def _load(application: Application[UUID], threads: int, seconds: float) -> list[float]:
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    def save() -> None:
        while (started := time.perf_counter()) < end:
            application.save(Show("Test Stream", "Testing", "01990000-0000-7000-8000-000000000001"))
            latencies.append(time.perf_counter() - started)

    running = [Thread(target=save) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return latencies


if __name__ == "__main__":
    measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
