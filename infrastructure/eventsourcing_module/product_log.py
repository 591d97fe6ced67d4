"""The product's own log as an application of the library, to read, follow and append to."""

from typing import ClassVar

from eventsourcing.application import Application


class ProductLog(Application[str]):
    """Originators are the log's streams (`live_stream-<id>`), notification ids its positions.

    Its events are the product's facts, each with its `originator_id` and `originator_version`.
    The product's migrations must have laid the log.
    """

    name = "ProductLog"
    env: ClassVar[dict[str, str]] = {
        "PRODUCTLOG_PERSISTENCE_MODULE": "infrastructure.eventsourcing_module.factory",
        "PRODUCTLOG_LIVE_TABLE_PREFIX": "",
    }
