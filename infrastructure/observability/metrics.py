"""What we count and time, under the names Prometheus sees. Owns names, labels and buckets."""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

COMMANDS = Counter("live_commands_total", "Commands by how they were answered", ("outcome",))
COMMAND_WAIT_SECONDS = Histogram(
    "live_command_wait_seconds",
    "From submission to durable answer, of the longest waiting command of each batch",
    buckets=_FAST,
)
APPEND_SECONDS = Histogram("live_append_seconds", "One append transaction", buckets=_FAST)
APPEND_BATCH = Histogram(
    "live_append_batch_commands",
    "Commands in one append transaction",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
)
QUEUE_DEPTH = Gauge("live_command_queue_depth", "Commands waiting to be decided")
LOG_POSITION = Gauge("live_log_position", "Last position seen in the log")
PROJECTION_POSITION = Gauge("live_projection_position", "Position reached", ("projection",))
PROJECTION_LAG_EVENTS = Gauge("live_projection_lag_events", "Events behind", ("projection",))
PROJECTION_LAG_SECONDS = Gauge(
    "live_projection_lag_seconds", "Age of the oldest event not yet projected", ("projection",)
)
PARKED_STREAMS = Gauge("live_projection_parked_streams", "Streams set aside", ("projection",))
JOBS = Counter("live_jobs_total", "Jobs by how they ended", ("job", "outcome"))
JOB_SECONDS = Histogram("live_job_seconds", "One try of a job", ("job",), buckets=_FAST)
WEBHOOKS = Counter("live_webhooks_total", "Webhooks by how they were taken", ("source", "outcome"))
PROVIDER_CALLS = Counter(
    "live_provider_calls_total", "Calls to outside systems", ("provider", "operation", "outcome")
)
HTTP_SECONDS = Histogram(
    "live_http_request_seconds", "HTTP requests", ("method", "route", "status"), buckets=_FAST
)
ROOM_RELAYED = Counter("live_room_relayed_total", "Durable frames of rooms passed on by this relay")
ROOM_FEED_SECONDS = Histogram(
    "live_room_feed_seconds",
    "From a fact's being recorded to this process' having it, of the oldest frame of each batch",
    buckets=_FAST,
)
ROOM_FEED_POSITION = Gauge("live_room_feed_position", "Position up to which rooms are told")
ROOM_FEED_HEALED = Counter(
    "live_room_feed_healed_total", "Positions read from the log as they did not come through Redis"
)
ROOMS = Gauge("live_rooms", "Rooms with somebody in them here, or lately")
ROOM_MEMBERS = Gauge("live_room_members", "Connections in rooms")
ROOM_DELIVERIES = Counter("live_room_deliveries_total", "Frames times the viewers they went to")
ROOM_BYTES = Counter("live_room_bytes_total", "Bytes of JSON written to viewers")
ROOM_LEFT_OUT = Counter("live_room_left_out_total", "Messages no sample of a busy room held")
ROOM_CLOSES = Counter("live_room_closes_total", "Connections closed from here, by code", ("code",))
ROOM_REFUSALS = Counter("live_room_refusals_total", "Clients' messages refused", ("code",))
ROOM_FANOUT_SECONDS = Histogram(
    "live_room_fan_out_seconds", "Writing one frame to everybody in a room", buckets=_FAST
)
ROOM_TICK_LAG_SECONDS = Histogram(
    "live_room_tick_lag_seconds", "How late a room's frame goes out", buckets=_FAST
)
