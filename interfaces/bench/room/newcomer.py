"""Comes into a room and speaks: `newcomer ADDRESS`, of the WebSocket, with its token."""

import json
import sys
from time import perf_counter
from typing import Any

from websockets.sync.client import ClientConnection, connect

from interfaces.bench.measurement import report
from interfaces.bench.room.dialects import DIALECTS, message


def measure(address: str) -> None:
    """`tail_ms` is from before the connection is made until messages of before have come,
    `send_ms` from sending one until it is acknowledged."""
    started = perf_counter()
    with connect(address, compression=None, proxy=None) as room:
        _awaited(room, "message")
        tail_ms = (perf_counter() - started) * 1000
        started = perf_counter()
        room.send(DIALECTS["live"].sending % (1, message("new", 1)))
        _awaited(room, "ack")
        report(tail_ms=tail_ms, send_ms=(perf_counter() - started) * 1000)


def _awaited(room: ClientConnection, kind: str) -> None:
    """Reads on until an object of this `type` has come. Raises `RuntimeError` for a refusal."""
    while True:
        kinds = [each["type"] for each in _objects(room.recv())]
        if kind in kinds:
            return
        if "error" in kinds:
            raise RuntimeError(f"refused while waiting for {kind}")


def _objects(frame: str | bytes) -> list[dict[str, Any]]:
    """A frame is one object, or an array of them."""
    found = json.loads(frame)
    return found if isinstance(found, list) else [found]


if __name__ == "__main__":
    measure(sys.argv[1])
