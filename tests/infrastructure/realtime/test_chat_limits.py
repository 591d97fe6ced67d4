import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis
from redis.crc import key_slot

from application.chat.ports import ChatTooFastError, Remark, RepeatedMessageError
from infrastructure.ids import new_id
from infrastructure.read_models.redis_store import bytes_of
from infrastructure.realtime.chat_limits import ChatRates, RedisChatLimits

RATES = ChatRates(messages=5, seconds=30, room_per_second=0, repeat_seconds=0)
Limits = Callable[..., RedisChatLimits]


def remark(user_id: str = "ann", text: str = "", **changes: Any) -> Remark:
    made = Remark(stream_id="s1", user_id=user_id, command_id=new_id(), digest=text.encode())
    return replace(made, **changes)


async def outcome(limits: RedisChatLimits, asked: Remark) -> str:
    try:
        await limits.admit(asked)
    except (ChatTooFastError, RepeatedMessageError) as refused:
        return refused.code
    return "admitted"


async def admitted(limits: RedisChatLimits, *remarks: Remark) -> int:
    outcomes = await asyncio.gather(*(outcome(limits, each) for each in remarks))
    return outcomes.count("admitted")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as opened:
        yield opened


@pytest.fixture
def limits(redis: Redis) -> Limits:
    return lambda **rates: RedisChatLimits(redis, replace(RATES, **rates), prefix="t:")


async def test_person_is_let_through_up_to_their_limit(limits: Limits) -> None:
    limited = limits()
    assert await admitted(limited, *(remark("ann") for _ in range(9))) == 5
    assert await admitted(limited, *(remark("bob") for _ in range(9))) == 5
    assert await admitted(limited, remark("ann", stream_id="s2")) == 1


async def test_person_over_the_limit_is_told_how_long_to_wait(limits: Limits) -> None:
    limited = limits()
    await admitted(limited, *(remark() for _ in range(5)))
    with pytest.raises(ChatTooFastError) as refused:
        await limited.admit(remark())
    assert refused.value.fields["seconds"] == 6


async def test_processes_share_a_person_s_limit(limits: Limits) -> None:
    counts = await asyncio.gather(
        *(admitted(limits(), *(remark() for _ in range(5))) for _ in range(4))
    )
    assert sum(counts) == 5


async def test_room_takes_no_more_than_its_limit_of_all_together(limits: Limits) -> None:
    limited = limits(messages=0, room_per_second=50)
    crowd = [remark(f"u{n}") for n in range(400)]
    assert 50 <= await admitted(limited, *crowd) <= 60  # fifty a second grow back meanwhile
    assert await admitted(limited, remark(stream_id="s2")) == 1


async def test_refused_remark_takes_nothing_of_the_room(limits: Limits) -> None:
    limited = limits(messages=1, room_per_second=20)
    assert await admitted(limited, *(remark("loud") for _ in range(200))) == 1
    assert await admitted(limited, *(remark(f"u{n}") for n in range(19))) == 19


async def test_who_hammers_at_a_full_room_uses_up_their_own(limits: Limits) -> None:
    full, roomy = limits(messages=3, room_per_second=1), limits(messages=3)
    assert await admitted(full, *(remark() for _ in range(2))) == 1
    assert await admitted(roomy, *(remark() for _ in range(3))) == 1


async def test_the_same_said_again_is_refused_to_the_same_person(limits: Limits) -> None:
    limited = limits(repeat_seconds=30)
    assert await outcome(limited, remark("ann", "buy now")) == "admitted"
    assert await outcome(limited, remark("ann", "buy now")) == "repeated_message"
    assert await outcome(limited, remark("ann", "buy later")) == "admitted"
    assert await outcome(limited, remark("bob", "buy now")) == "admitted"
    assert await outcome(limited, remark("ann", "buy now", stream_id="s2")) == "admitted"


async def test_the_same_command_again_is_no_repetition(limits: Limits) -> None:
    limited = limits(repeat_seconds=30)
    said = remark(text="buy now")
    assert [await outcome(limited, said) for _ in range(3)] == ["admitted"] * 3


async def test_what_the_room_refused_may_be_said_again(limits: Limits) -> None:
    limited, refused = limits(repeat_seconds=30), remark(text="hello")
    assert await outcome(limited, refused) == "admitted"
    await limited.take_back(refused)
    assert await outcome(limited, remark(text="hello")) == "admitted"
    assert await outcome(limited, remark(text="hello")) == "repeated_message"


async def test_the_same_said_twice_at_once_is_let_through_once(limits: Limits) -> None:
    limited = limits(repeat_seconds=30)
    assert await admitted(limited, *(remark(text="buy now") for _ in range(5))) == 1


async def test_who_is_exempt_is_let_in_where_the_room_is_full(limits: Limits) -> None:
    limited = limits(messages=1, room_per_second=20, repeat_seconds=30)
    host = [remark("host", "welcome", exempt=True) for _ in range(100)]
    assert await admitted(limited, *host[:90]) == 90
    assert await admitted(limited, *(remark(f"u{n}") for n in range(50))) < 20
    assert await admitted(limited, *host[90:]) == 10


async def test_reactions_count_up_to_a_person_s_limit(limits: Limits) -> None:
    limited = limits(reactions_per_second=2)
    let = [await limited.admit_reactions("s1", "ann", count) for count in (4, 3, 50, 50)]
    assert let[:2] == [4, 3]
    assert sum(let) in {10, 11}  # two a second grow back meanwhile
    assert await limited.admit_reactions("s1", "bob", 50) == 10
    assert await limited.admit_reactions("s2", "ann", 1) == 1


async def test_processes_share_a_person_s_reactions(limits: Limits) -> None:
    let = await asyncio.gather(
        *(limits(reactions_per_second=2).admit_reactions("s1", "ann", 5) for _ in range(4))
    )
    assert sum(let) in {10, 11}


async def test_all_reactions_count_where_there_is_no_limit(limits: Limits) -> None:
    assert await limits(reactions_per_second=0).admit_reactions("s1", "ann", 5000) == 5000


async def test_what_is_kept_of_people_runs_out(limits: Limits, redis: Redis) -> None:
    limited = limits(room_per_second=5, repeat_seconds=30)
    await admitted(limited, *(remark(f"u{n}", "hello") for n in range(5)))
    lives = [await redis.pttl(key) for key in await redis.keys()]
    assert len(lives) == 11
    assert all(0 < life <= 31_000 for life in lives)


async def test_everything_is_let_through_while_redis_is_away() -> None:
    async with Redis.from_url("redis://127.0.0.1:9/0", retry_on_timeout=False) as redis:
        limited = RedisChatLimits(redis, replace(RATES, messages=1), prefix="t:")
        async with asyncio.timeout(2):
            assert await admitted(limited, *(remark() for _ in range(500))) == 500


async def test_silent_redis_holds_nobody_up_for_long() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        async with Redis.from_url(f"redis://127.0.0.1:{port}/0", socket_timeout=5) as redis:
            limited = RedisChatLimits(redis, replace(RATES, messages=1), prefix="t:")
            async with asyncio.timeout(2):
                assert await admitted(limited, *(remark() for _ in range(1000))) == 1000


async def test_a_script_s_keys_are_of_one_cluster_slot(limits: Limits, redis: Redis) -> None:
    limited = limits(room_per_second=5, repeat_seconds=30)
    await admitted(limited, *(remark(f"u{n}", stream_id=f"s{n}") for n in range(5)))
    assert len({key_slot(bytes_of(key)) for key in await redis.keys()}) == 1


async def test_somebody_who_gives_up_waiting_holds_up_nobody(limits: Limits) -> None:
    limited = limits()
    gone = asyncio.create_task(limited.admit(remark()))
    staying = asyncio.create_task(outcome(limited, remark()))
    await asyncio.sleep(0)
    gone.cancel()
    assert await staying == "admitted"
