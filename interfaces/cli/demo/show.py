"""A whole demonstration, from the first product to the last payment."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from domain.shared import Money
from interfaces.amounts import written
from interfaces.cli.crowd import phrases
from interfaces.cli.crowd.figures import Figures
from interfaces.cli.crowd.guest import Server
from interfaces.cli.demo.buyer import Buyer
from interfaces.cli.demo.stand import Stand

_ARRIVALS_A_SECOND = 10.0
_LINE_SECONDS = 3.0
_NEXT_SECONDS = 5.0
_TOP = 5


@dataclass(frozen=True, kw_only=True)
class Plan:
    """So many buyers for so many seconds, on the server at `address`."""

    address: str
    buyers: int
    seconds: float


async def demonstrate(plan: Plan, tell: Callable[[str], None]) -> dict[str, Any]:
    """Tells what happens, line by line; the show's sales in the end. Raises `DemoRefused`."""
    chance, run = Random(), f"{int(time.time()):x}"  # noqa: S311  # nothing secret is chosen
    stand = Stand(plan.address, chance)
    try:
        await _set_up(stand, run, tell)
        reached = await _sell(plan, stand, run, tell)
        sales = await stand.sales(reached)
        for line in _summary(sales):
            tell(line)
        return sales
    finally:
        await stand.aclose()


async def _set_up(stand: Stand, run: str, tell: Callable[[str], None]) -> None:
    await stand.sign_in()
    products = await stand.list_goods(run)
    tell(f"{len(products)} products listed, in five languages")
    await stand.announce()
    tell(f"show {stand.stream_id} announced")
    await stand.prepare_offers(products)
    tell(f"{len(products)} offers prepared, {len(stand.codes)} open: {', '.join(stand.codes)}")


async def _sell(plan: Plan, stand: Stand, run: str, tell: Callable[[str], None]) -> int:
    """Ends by itself: who has something in their cart then, still checks out. The log position all
    that was bought can be seen from."""
    figures, chance = Figures(), Random()  # noqa: S311  # nothing secret is chosen
    server = Server(plan.address, stand.stream_id)
    buyers = [_buyer(server, figures, f"{run}-{number}") for number in range(plan.buyers)]
    try:
        async with asyncio.timeout(plan.seconds), asyncio.TaskGroup() as group:
            for number, buyer in enumerate(buyers):
                group.create_task(_take_part(buyer, stand, number / _ARRIVALS_A_SECOND))
            group.create_task(_go_on(stand, chance))
            group.create_task(_report(stand, figures, tell))
    except TimeoutError:
        tell("the last ones check out")
        await asyncio.gather(
            *(one.check_out(stand.stream_id) for one in buyers if one.is_signed_in)
        )
    except ExceptionGroup as problems:
        raise _first(problems) from problems
    finally:
        await server.api.aclose()
    return max(one.reached for one in buyers)


def _first(problem: Exception) -> Exception:
    return _first(problem.exceptions[0]) if isinstance(problem, ExceptionGroup) else problem


def _buyer(server: Server, figures: Figures, suffix: str) -> Buyer:
    chance = Random()  # noqa: S311  # nothing secret is chosen
    return Buyer(server, figures, chance, f"{phrases.name(chance, 'zh-TW')} {suffix}")


async def _take_part(buyer: Buyer, stand: Stand, after_seconds: float) -> None:
    await asyncio.sleep(after_seconds)
    await buyer.sign_in()
    async with asyncio.TaskGroup() as group:
        group.create_task(buyer.watch())
        group.create_task(buyer.shop(stand))


async def _go_on(stand: Stand, chance: Random) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * _NEXT_SECONDS)
        await stand.offer_next()


async def _report(stand: Stand, figures: Figures, tell: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(_LINE_SECONDS)
        tell(_line(await stand.sales(), figures))


def _line(sales: dict[str, Any], figures: Figures) -> str:
    refused = ", ".join(f"{code} {count}" for code, count in figures.refused.most_common(3))
    return "  ".join(
        (
            f"viewers {figures.present}",
            f"said {figures.said}",
            f"claimed {sales['claimed']['quantity']}",
            f"held {sales['reserved']['quantity']}",
            f"orders {sales['orders']}",
            f"paid {sales['orders_paid']}, {_amount(sales['paid'])}",
            *((f"refused {refused}",) if refused else ()),
        )
    )


def _summary(sales: dict[str, Any]) -> list[str]:
    best = [
        f"  {item['code']}  {item['title']}  {item['sold']['quantity']} sold"
        for item in sales["items"][:_TOP]
    ]
    return [
        f"{sales['buyers']} people claimed and made {sales['orders']} orders, "
        f"{sales['orders_paid']} of them paid: {_amount(sales['net'])}",
        *best,
    ]


def _amount(money: dict[str, Any]) -> str:
    return written(Money(amount=money["amount"], currency=money["currency"]))
