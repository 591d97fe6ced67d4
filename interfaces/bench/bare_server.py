"""The baseline of `http_commands`: a handler that does nothing, on the same framework and server.

`bare_server HOST PORT`
"""

import sys

import msgspec
import uvicorn
from litestar import Litestar, post

from interfaces.http.serving import server_config


class Announcement(msgspec.Struct):
    title: str
    description: str


class Answer(msgspec.Struct):
    id: str
    status: str
    position: int


@post("/api/v1/streams")
async def announce(data: Announcement) -> Answer:  # decoded, as the product does
    return Answer("01990000-0000-7000-8000-000000000001", "scheduled", 1)


if __name__ == "__main__":
    uvicorn.Server(server_config(Litestar([announce]), sys.argv[1], int(sys.argv[2]))).run()
