"""dramatiq's Redis broker as the workers use it."""

from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import CurrentMessage, Middleware, Retries
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

HEARTBEAT_TIMEOUT_MS = 30_000
"""A worker silent for this long is taken for dead."""

DEAD_MESSAGE_MS = 30 * 86_400_000
"""dramatiq's own dead letters; ours are kept in SQL and only strays end up there."""

_MAINTENANCE_PER_MILLION = 200_000
"""dramatiq looks for dead workers only while it serves a command, and by chance. One in five of
the polls of an idle queue keeps a killed worker's jobs from waiting longer than the timeout and
a few seconds; the look is one range query of a small set."""


def jobs_client(url: str) -> Redis:
    """A client for worker threads. No command of dramatiq's blocks on the server."""
    return Redis.from_url(
        url,
        socket_timeout=10,
        socket_connect_timeout=5,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
    )


def open_broker(client: Redis, namespace: str, *middleware: Middleware) -> RedisBroker:
    """One broker a queue, because a dramatiq worker shares its threads between its queues.

    dramatiq's own retries are unbounded here: the worker counts the tries.
    """
    return RedisBroker(  # type: ignore[no-untyped-call]  # dramatiq leaves it untyped
        client=client,
        namespace=namespace,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        dead_message_ttl=DEAD_MESSAGE_MS,
        maintenance_chance=_MAINTENANCE_PER_MILLION,
        middleware=[*middleware, Retries(retry_when=_always), CurrentMessage()],
    )


def disown_all(client: Redis, namespace: str) -> None:
    """Gives what earlier workers held back to the queues, without waiting for the timeout.

    Only where no other worker can be alive: beside a private Redis, at start.
    """
    heartbeats = f"{namespace}:__heartbeats__"
    for member in client.zrange(heartbeats, 0, -1):
        client.zadd(heartbeats, {str(member, "ascii"): 0})  # type: ignore[arg-type]  # bytes


def _always(_retries: int, _error: BaseException) -> bool:
    return True
