"""One buyer of the demonstration: watches, chats, claims by comment, checks out and pays."""

import asyncio
from random import Random
from typing import Any

import httpx

from interfaces.cli.crowd import phrases
from interfaces.cli.crowd.figures import Figures
from interfaces.cli.crowd.guest import Guest, Server
from interfaces.cli.demo.stand import Stand

_PAUSE_SECONDS = 4.0  # between two remarks, on average
_THINKING_SECONDS = (2.0, 8.0)  # from a claim to the checkout
_CLAIM_SHARE = 0.4
_CHECKOUT_SHARE = 0.8  # the others let their hold run out
_COD_SHARE = 0.25
_PIECES = (1, 1, 1, 2)
_CLAIMS = ("{0}+{1}", "{0} {1}", "CF {0} {1}", "{0}+{1} 謝謝", "เอา {0} {1}")


class Buyer(Guest):
    """`name` is theirs alone, `reached` the log position of their last order or payment.
    After `sign_in`, beside `watch`, `shop` goes on until it is cancelled."""

    def __init__(self, server: Server, figures: Figures, chance: Random, name: str) -> None:
        super().__init__(server, figures, chance)
        self._name = name
        self.reached = 0

    @property
    def is_signed_in(self) -> bool:
        return bool(self._tokens)

    async def shop(self, stand: Stand) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / _PAUSE_SECONDS))
            if not self.is_present:
                continue
            if not stand.codes or self._chance.random() > _CLAIM_SHARE:
                await self.say(phrases.praise(self._chance, self.language))
                continue
            code, pieces = self._chance.choice(stand.codes), self._chance.choice(_PIECES)
            await self.say(self._chance.choice(_CLAIMS).format(code, pieces))
            await asyncio.sleep(self._chance.uniform(*_THINKING_SECONDS))
            if self._chance.random() < _CHECKOUT_SHARE:
                await self.check_out(stand.stream_id)

    async def check_out(self, stream_id: str) -> None:
        """Orders what is in the cart, if anything is, and pays it, unless it is paid on
        delivery. A refusal counts among the crowd's."""
        cart = await self._ask("GET", f"/me/cart?stream={stream_id}")
        if not cart or not cart["subtotal"]["amount"]:
            return
        method = "cod" if self._chance.random() < _COD_SHARE else "development"
        asked = {"cart_id": cart["id"], "payment_method": method, "shipping": self._shipping()}
        order = await self._ask("POST", "/orders", asked)
        if order and method != "cod":
            await self._ask("POST", f"/orders/{order['id']}/payments", {"method": method})

    def _shipping(self) -> dict[str, Any]:
        to = {"recipient": self._name, "phone": "+886900000000"}
        if self._chance.random() < 0.5:  # noqa: PLR2004  # one in two goes to a store
            store = {"id": "000000", "name": "示範門市"}
            return {**to, "method": "cvs_unimart", "store": store}
        return {**to, "method": "home", "address": "臺北市示範路 1 號"}

    def _arrival(self) -> tuple[str, dict[str, Any]]:
        person = {"name": self._name, "roles": [], "market": "TW", "language": self.language}
        return "/auth/dev", person

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """None where it was refused, or did not come through."""
        token = {"authorization": f"Bearer {self._tokens['access_token']}"}
        try:
            answer = await self._server.api.request(method, path, json=body, headers=token)
        except httpx.HTTPError:
            self._figures.refused["unreachable"] += 1
            return None
        if answer.is_error:
            self._figures.refused[answer.json().get("code", str(answer.status_code))] += 1
            return None
        found = answer.json()
        if method == "POST":
            self.reached = max(self.reached, found.get("position", 0))
        return found
