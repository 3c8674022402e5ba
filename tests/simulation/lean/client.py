"""A client of the lean tier: a content of the Python SDK, over connections that carry its requests and answers."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from collab.client.connection import Connection, Take
from collab.client.content import Content
from collab.client.errors import NotConnected
from collab.client.outside import Outside
from collab.domain.bands import User
from collab.domain.errors import Invalid, Unavailable, VersionUnknown
from tests.simulation.acting import do
from tests.simulation.chance import Chance
from tests.simulation.clock import now, now_s
from tests.simulation.lean.node import LeanNode, Seat
from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.plan import Act
from tests.simulation.record import Line, Record
from tests.simulation.weather import Weather, delay_s, grained

AGAIN_S = 0.1
ACK_TIMEOUT_S = 3.0


class LeanClient(Record):
    """With its own process; `content` is None before it first came in."""

    def __init__(
        self,
        loop: SimulatedLoop,
        chance: Chance,
        number: int,
        user_id: str,
        content_id: str,
        nodes: list[LeanNode],
        weather: Callable[[], Weather],
    ) -> None:
        super().__init__(f"client {number}", user_id)
        self.content_id = content_id
        self.loop = loop
        self._nodes = nodes
        self.weather = weather
        self.stream_of_network = chance.of(f"network of {self.name}")
        self._lines = 0
        self.line: LeanLine | None = None
        outside = Outside(
            new_id=partial(chance.id, f"ids of {self.name}"),
            now=now,
            now_s=now_s,
            chance=chance.of(f"backoff of {self.name}").random,
        )
        self.content = Content(content_id, user_id, ACK_TIMEOUT_S, lambda _: None, outside)
        self.stream = self.content.events()

    @property
    def is_in(self) -> bool:
        return self.content.opened.is_set()

    def notices(self, _content_id: str) -> list[Any]:
        return [*self.stream._waiting]  # noqa: SLF001  # read, and left there

    async def live(self) -> None:
        """Connects, again and again."""
        while True:
            nodes = [node for node in self._nodes if node.takes_connections]
            if nodes:
                await self._stay(self.stream_of_network.choice(nodes))
            await asyncio.sleep(AGAIN_S)

    async def _stay(self, node: LeanNode) -> None:
        self._lines += 1
        self.line = line = LeanLine(self, node, f"{self.name} {self._lines}")
        self.lines.append(line)
        connection = cast(Connection, line)
        try:
            await self.content.join(connection)
        except (NotConnected, Unavailable, VersionUnknown):
            line.end()
        await line.ended.wait()
        self.content.disconnected()

    def act(self, act: Act) -> None:
        if not self.is_in:
            return
        if self.content.failure is not None:
            self.problems.append(f"{self.name} has lost it: {self.content.failure!r}")
            return
        try:
            do(self.content, act, f"{self.name[-1]}{act.how}")
        except Invalid as error:
            if act.verb != "insert":
                self.problems.append(f"{self.name} could not {act.verb}: {error!r}")


class LeanLine(Line):
    """Stands for a `Connection`, as far as a content uses it, with the seat at its node's end."""

    max_message_bytes = 1_000_000

    def __init__(self, client: LeanClient, node: LeanNode, session_id: str) -> None:
        super().__init__(session_id=session_id)
        self.ended = asyncio.Event()
        self.node = node
        self._client = client
        self._there = node.process
        self._is_over = False
        self._at_s = {client.process: 0.0, node.process: 0.0}
        self._calls: dict[asyncio.Future[Any], Take | None] = {}
        user = User(client.user_id, client.user_id.capitalize())
        self._seat = Seat(session_id, user, self._tell, lambda: self._is_over)

    async def call(self, event: str, payload: Any, timeout_s: float, take: Take | None = None) -> Any:
        if self._is_over:
            raise NotConnected("over")
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls[answered] = take
        self._client.note_sent(self, event, payload)
        self._carry(
            self._there, self.node.ask, self._seat, event, payload, partial(self._reply, answered, event, payload)
        )
        try:
            async with asyncio.timeout(timeout_s):
                answer = await answered
        except TimeoutError:
            self.end()
            raise NotConnected("no answer") from None
        finally:
            self._calls.pop(answered, None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    call_patiently = call

    def end(self) -> None:
        """The connection breaks, at both ends: what is on its way is lost."""
        if not self._is_over:
            self._is_over = True
            self._client.loop.call_soon(self._ended_there, context=self._there.context)
            self._client.loop.call_soon(self._ended_here, context=self._client.process.context)

    def _ended_there(self) -> None:
        for seats in self.node.seats.values():
            if self._seat in seats:
                seats.remove(self._seat)

    def _ended_here(self) -> None:
        self.ended.set()
        for answered in self._calls:
            if not answered.done():
                answered.set_exception(NotConnected("over"))

    def _tell(self, event: str, payload: Any) -> None:
        self._client.note_told(self, event, payload)
        self._carry(self._client.process, self._hear, event, payload)

    def _hear(self, event: str, payload: Any) -> None:
        self._client.content.hear(event, payload)

    def _reply(self, answered: asyncio.Future[Any], event: str, payload: Any, answer: Any) -> None:
        said = answer if isinstance(answer, dict) else {"ok": False}
        self._client.note_answer(self, event, payload, said)
        self._carry(self._client.process, self._answered, answered, event, answer)

    def _answered(self, answered: asyncio.Future[Any], event: str, answer: Any) -> None:
        if answered.done():
            return
        take = self._calls.get(answered)
        if isinstance(answer, Exception):
            answered.set_exception(answer)
            return
        if event == "join_room" and not self._client.is_in:
            self._client.opened_at[self._client.content_id] = answer["content"]["version"]
        if take is not None:
            take(answer)
        answered.set_result(answer)

    def _carry(self, to: Process, arrive: Callable[..., None], *arguments: Any) -> None:
        """A stream keeps its order."""
        if self._is_over:
            return
        weather = self._client.weather()
        when = self._client.loop.time() + delay_s(self._client.stream_of_network, weather.network_s)
        if to is self._client.process:
            when = grained(when, weather)
        self._at_s[to] = max(self._at_s[to], when)
        self._client.loop.call_at(self._at_s[to], self._unless_over, arrive, *arguments, context=to.context)

    def _unless_over(self, arrive: Callable[..., None], *arguments: Any) -> None:
        if not self._is_over:
            arrive(*arguments)
