"""The sequencer decides in order, atomically, once per command id, and refuses at no one's cost."""

import asyncio
from collections.abc import Collection

import pytest

from application.ports import (
    CommandIdReused,
    LogUnavailable,
    Outcome,
    Overloaded,
    StaleVersion,
)
from infrastructure.event_store.hash_chain import first_broken
from infrastructure.event_store.opening import SequencerLimits
from infrastructure.event_store.schema import GENESIS_HASH, LOG, PERSON_KEYS
from infrastructure.ids import new_id
from tests.support.accounts import (
    AccountOpened,
    Note,
    Noted,
    OpenAccount,
    Overdrawn,
    PayIn,
    Stumble,
    Take,
    Transfer,
    dispatch,
    send,
    started_store,
    table_rows,
)


async def test_execute_answers_with_position_version_and_state(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        opened = await send(store, OpenAccount(account="a", owner="p"))
        paid = await send(store, PayIn(account="a", amount=5))

    assert (opened.position, opened.version) == (1, 1)
    assert paid == Outcome(position=2, version=2, answer=b'{"account":"a","balance":5}')


async def test_execute_records_envelope_and_chain(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        await store.sequencer.execute(
            dispatch(OpenAccount(account="a", owner="p"), "c1", causation_id="e0")
        )
        (recorded,) = await store.log.read(0, limit=9)
        rows = await store.log.read_rows(0, 9)

    assert recorded.event == AccountOpened(owner="p", owner_name="Lin Mei")
    assert (recorded.stream, recorded.version, recorded.position) == ("account-a", 1, 1)
    assert (recorded.command_id, recorded.correlation_id) == ("c1", "c1")
    assert (recorded.causation_id, recorded.actor) == ("e0", "user:1")
    assert first_broken(GENESIS_HASH, 0, rows)[0] is None


async def test_execute_returns_first_outcome_when_id_comes_again(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        first = await send(store, PayIn(account="a", amount=5), "same")
        again = await send(store, PayIn(account="a", amount=5), "same")
    async with started_store(log_url) as (store, _):
        after_restart = await send(store, PayIn(account="a", amount=5), "same")
        head = await store.log.head()

    assert again == after_restart
    assert (again.position, again.answer, again.replayed) == (first.position, first.answer, True)
    assert head == 1


async def test_repeated_id_gets_first_outcome_when_it_would_be_refused_now(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="a", amount=5))
        first = await send(store, Take(account="a", amount=5), "same")
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="b", amount=1))
        await send(store, PayIn(account="a", amount=1))
        _, again = await asyncio.gather(
            send(store, PayIn(account="b", amount=1)),
            send(store, Take(account="a", amount=5), "same"),
        )

    assert (again.position, again.answer, again.replayed) == (first.position, first.answer, True)


@pytest.mark.parametrize("met_before", [False, True])
async def test_repeated_id_gets_first_outcome_from_who_was_not_there(
    log_url: str, met_before: bool
) -> None:
    """From a process that decides its first command, and from one whose state is overtaken."""
    async with started_store(log_url) as (one, _), started_store(log_url) as (two, _):
        await send(one, PayIn(account="a", amount=5))
        if met_before:
            await send(two, PayIn(account="a", amount=1))
        first = await send(one, Take(account="a", amount=4), "same")
        again = await send(two, Take(account="a", amount=4), "same")

    assert (again.position, again.answer, again.replayed) == (first.position, first.answer, True)


async def test_repeated_id_is_told_as_repeated_when_first_decided_anew(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        first = await send(store, PayIn(account="a", amount=5), "same")
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="b", amount=1))
        await send(store, PayIn(account="a", amount=1))
        again = await send(store, PayIn(account="a", amount=5), "same")

    assert (again.position, again.replayed) == (first.position, True)


async def test_command_that_cannot_be_written_fails_alone(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="a", amount=1))
        unwritable = dispatch(PayIn(account="a", amount=5), trace_id="\ud800")
        too_long = dispatch(PayIn(account="a", amount=5), correlation_id="c" * 3000)
        answers = await asyncio.gather(
            send(store, PayIn(account="b", amount=1)),
            store.sequencer.execute(unwritable),
            store.sequencer.execute(too_long),
            return_exceptions=True,
        )
        after = await send(store, PayIn(account="a", amount=1))

    assert isinstance(answers[0], Outcome)
    assert isinstance(answers[1], Exception)
    assert after.answer in {b'{"account":"a","balance":2}', b'{"account":"a","balance":7}'}


async def test_execute_refuses_when_id_comes_with_other_content(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="a", amount=5), "same")
        with pytest.raises(CommandIdReused):
            await send(store, PayIn(account="a", amount=6), "same")


async def test_execute_decides_once_when_id_comes_twice_at_once(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        outcomes = await asyncio.gather(
            *(send(store, PayIn(account="a", amount=5), "same") for _ in range(20))
        )
        head = await store.log.head()

    assert head == 1
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + [True] * 19


async def test_refusal_costs_neighbours_nothing(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        answers = await asyncio.gather(
            *(send(store, PayIn(account=f"a{n}", amount=1)) for n in range(20)),
            *(send(store, Take(account=f"b{n}", amount=1)) for n in range(20)),
            *(send(store, Stumble(account=f"c{n}")) for n in range(5)),
            return_exceptions=True,
        )
        head = await store.log.head()

    assert head == 20
    assert all(isinstance(answer, Outcome) for answer in answers[:20])
    assert all(isinstance(answer, Overdrawn) for answer in answers[20:40])
    assert all(isinstance(answer, ZeroDivisionError) for answer in answers[40:])


async def test_hot_stream_never_oversells(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="hot", amount=20))
        answers = await asyncio.gather(
            *(send(store, Take(account="hot", amount=1)) for _ in range(100)),
            return_exceptions=True,
        )

    assert sum(isinstance(answer, Outcome) for answer in answers) == 20
    assert sum(isinstance(answer, Overdrawn) for answer in answers) == 80


async def test_command_over_two_streams_lands_whole_or_not_at_all(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="a", amount=5))
        await send(store, Transfer(source="a", target="b", amount=3))
        with pytest.raises(Overdrawn):
            await send(store, Transfer(source="a", target="b", amount=3))
        recorded = await store.log.read(0, limit=9)

    assert [one.stream for one in recorded] == ["account-a", "account-a", "account-b"]


async def test_expected_version_refuses_when_stream_moved_on(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="a", amount=5))
        stale = dispatch(Take(account="a", amount=1), expected_version=0)
        with pytest.raises(StaleVersion) as refusal:
            await store.sequencer.execute(stale)

    assert (refusal.value.expected, refusal.value.actual) == (0, 1)


async def test_opening_command_sees_what_stands_when_stream_is_not_new(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="a", amount=5))
    async with started_store(log_url) as (store, _):
        await send(store, PayIn(account="warm-up", amount=1))
        reopened = await send(store, OpenAccount(account="a", owner="p"))

    assert reopened.version == 2


async def test_cancelled_caller_does_not_cancel_the_command(log_url: str) -> None:
    async with started_store(log_url) as (store, _):
        caller = asyncio.create_task(send(store, PayIn(account="a", amount=5)))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        after = await send(store, PayIn(account="a", amount=1))

    assert after.version == 2


async def test_stop_decides_what_waits(log_url: str) -> None:
    async with started_store(log_url) as (store, engine):
        callers = [
            asyncio.create_task(send(store, PayIn(account=f"a{n}", amount=1))) for n in range(300)
        ]
        await asyncio.sleep(0)
        await store.sequencer.stop()
        outcomes = await asyncio.gather(*callers)
        assert len(outcomes) == len(await table_rows(engine, LOG.events)) == 300
        with pytest.raises(Overloaded):
            await send(store, PayIn(account="late", amount=1))


async def test_full_queue_refuses_without_recording(sqlite_log_url: str) -> None:
    limits = SequencerLimits(queue=10)
    async with started_store(sqlite_log_url, limits) as (store, engine):
        answers = await asyncio.gather(
            *(send(store, PayIn(account="a", amount=1)) for _ in range(50)),
            return_exceptions=True,
        )
        recorded = await table_rows(engine, LOG.events)

    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    assert len(refused) == 40
    assert len(recorded) == 10


async def test_personal_data_is_sealed_and_forgotten_with_its_key(log_url: str) -> None:
    async with started_store(log_url) as (store, engine):
        await send(store, OpenAccount(account="a", owner="p", owner_name="Somchai Jaidee"))
        (row,) = await table_rows(engine, LOG.events)
        assert b"Somchai" not in row.payload
        await store.codec.keyring.erase("p")
        (recorded,) = await store.log.read(0, limit=1)
        rows = await store.log.read_rows(0, 9)

    assert isinstance(recorded.event, AccountOpened)
    assert recorded.event.owner_name == "[erased]"
    assert first_broken(GENESIS_HASH, 0, rows)[0] is None


async def test_a_key_dropped_while_others_are_fetched_is_asked_for_again(
    log_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with started_store(log_url) as (store, _):
        keyring = store.codec.keyring
        fetch = keyring.fetch

        async def fetch_and_drop(persons: Collection[str], *, create: bool) -> None:
            await fetch(persons, create=create)
            monkeypatch.undo()
            keyring.drop("p")

        for owner in "pq":
            await send(store, OpenAccount(account=owner, owner=owner, owner_name=f"Mx {owner}"))
        keyring.drop("q")
        monkeypatch.setattr(keyring, "fetch", fetch_and_drop)
        opened = [each.event for each in await store.log.read(0, limit=9)]

    assert [getattr(event, "owner_name", "") for event in opened] == ["Mx p", "Mx q"]


async def test_deciding_needs_no_key_of_those_the_stream_is_about(log_url: str) -> None:
    async with started_store(log_url) as (store, engine):
        await send(store, OpenAccount(account="a", owner="p"))
        async with engine.begin() as connection:
            await connection.execute(PERSON_KEYS.update().values(wrapped_key=b"damaged"))
    async with started_store(log_url) as (store, _):
        after = await send(store, PayIn(account="a", amount=1))

    assert after.version == 2


async def test_text_in_any_script_is_stored_as_it_is(log_url: str) -> None:
    note = "王小明's \\ สมชาย 🦀 \x00"
    async with started_store(log_url) as (store, _):
        await send(store, Note(account="a", text=note))
        (recorded,) = await store.log.read(0, limit=1)

    assert recorded.event == Noted(text=note)


async def test_long_stream_is_loaded_from_its_snapshot(log_url: str) -> None:
    limits = SequencerLimits(snapshot_every=50)
    async with started_store(log_url, limits) as (store, _):
        for _ in range(4):
            await asyncio.gather(*(send(store, PayIn(account="a", amount=1)) for _ in range(30)))
    async with started_store(log_url, limits) as (store, engine):
        (snapshot,) = await table_rows(engine, LOG.snapshots)
        after = await send(store, Take(account="a", amount=120))

    assert snapshot.version >= 50
    assert after.answer == b'{"account":"a","balance":0}'


async def test_unreadable_stream_refuses_alone(log_url: str) -> None:
    async with started_store(log_url) as (store, engine):
        await send(store, PayIn(account="bad", amount=1))
        async with engine.begin() as connection:
            await connection.execute(LOG.events.update().values(payload=b'{"amount":"?"}'))
    async with started_store(log_url) as (store, _):
        answers = await asyncio.gather(
            send(store, PayIn(account="bad", amount=1)),
            send(store, PayIn(account="good", amount=1)),
            return_exceptions=True,
        )

    assert not isinstance(answers[0], Outcome)
    assert isinstance(answers[1], Outcome)


async def test_unreachable_database_is_told_and_nothing_hangs() -> None:
    url = "mysql+asyncmy://root@127.0.0.1:1/none"
    async with started_store(url) as (store, _):
        with pytest.raises(LogUnavailable):
            await send(store, PayIn(account="a", amount=1))


async def test_two_writers_in_turn_keep_one_gapless_chain(server_log_url: str) -> None:
    async with started_store(server_log_url) as (one, _), started_store(server_log_url) as (two, _):
        outcomes = await asyncio.gather(
            *(send(one, PayIn(account="shared", amount=1)) for _ in range(200)),
            *(send(two, PayIn(account="shared", amount=1)) for _ in range(200)),
            *(send(two, OpenAccount(account=new_id(), owner="p")) for _ in range(100)),
        )
        rows = await one.log.read_rows(0, 1000)
        final = await send(one, Take(account="shared", amount=400))

    assert [row[0] for row in rows] == list(range(1, 501))
    assert sorted(outcome.position for outcome in outcomes) == list(range(1, 501))
    assert first_broken(GENESIS_HASH, 0, rows)[0] is None
    assert final.answer == b'{"account":"shared","balance":0}'


async def test_same_id_through_two_writers_lands_once(server_log_url: str) -> None:
    async with started_store(server_log_url) as (one, _), started_store(server_log_url) as (two, _):
        outcomes = await asyncio.gather(
            *(send(store, PayIn(account="a", amount=1), f"id-{n}")
              for n in range(50) for store in (one, two))
        )  # fmt: skip
        head = await one.log.head()

    assert head == 50
    assert len({outcome.position for outcome in outcomes}) == 50
