"""What a load of shoppers is to do, and having it done, in a process of its own."""

import tempfile
from typing import Any, Literal

import msgspec

from interfaces.bench.measurement import measured

SHOPPERS = 64


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """`checkout`: claim, order and pay over and over for `seconds`; `rush`: each of the `buyers`
    claims one unit, once, all of them as fast as they are answered.

    `ports` are of the API processes, `offers` ids of what the show offers, `buyers` tokens.
    `cores` may be empty: any."""

    work: Literal["checkout", "rush"]
    ports: list[int]
    stream_id: str
    offers: list[str]
    buyers: list[str]
    seconds: float = 0.0
    cores: tuple[int, ...] = ()


async def loaded(task: Task) -> dict[str, Any]:
    """Does it; its figures."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(msgspec.json.encode(task))  # too much for a command line
        file.flush()
        return await measured("shop.load", file.name)
