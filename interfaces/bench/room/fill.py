"""Fills a room: `fill URL STREAM_ID MESSAGES`."""

import sys
from datetime import UTC, datetime

import uvloop

from application.ports import Dispatch
from domain.chat.commands import OpenRoom
from infrastructure.ids import new_id
from interfaces.bench.history import write_one_long_room
from interfaces.bench.measurement import report
from interfaces.bench.parts import benched_store


async def fill(url: str, stream_id: str, messages: int) -> None:
    """And has the room's snapshot taken, as a command on it would have."""
    async with benched_store(url) as benched:
        written = await write_one_long_room(benched, stream_id, messages)
        already = OpenRoom(stream_id=stream_id, host_id="host", market="TW", language="zh-TW")
        await benched.store.sequencer.execute(
            Dispatch(
                command=already, command_id=new_id(), actor="system:bench", now=datetime.now(UTC)
            )
        )
        report(events=written)


if __name__ == "__main__":
    uvloop.run(fill(sys.argv[1], sys.argv[2], int(sys.argv[3])))
