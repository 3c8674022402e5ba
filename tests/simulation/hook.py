"""The receiver of a webhook, which outlives the nodes: it may be slow, refuse an edit, or take one and not say so."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable

from collab.domain.ot.edits import Edit
from collab.services.editing.webhooks import Webhooks
from collab.services.ports import Clock, DeliveryFailed, HistoryReader
from collab.services.stores import Outbox
from tests.simulation.chance import Chance
from tests.simulation.weather import Weather, delay_s, happens

HOOK = "hook"
PACE_S, SWEEP_S, TURN_S, FIRST_RETRY_S = 0.1, 2.0, 0.5, 0.2
"""Short, since a schedule is over in a few seconds."""


class Hook:
    """Implements `EditReceiver`, for all nodes; `taken` are the versions of each content, as they came."""

    def __init__(self, chance: Chance, weather: Callable[[], Weather]) -> None:
        self.taken: defaultdict[str, list[int]] = defaultdict(list)
        self._stream: random.Random = chance.of("the receiver")
        self._spread: random.Random = chance.of("retries of webhooks")
        self._weather = weather

    def of_node(self, outbox: Outbox, reader: HistoryReader, clock: Clock) -> Webhooks:
        """What delivers to it on one node."""
        return Webhooks(
            outbox,
            reader,
            clock,
            HOOK,
            self,
            pace_s=PACE_S,
            sweep_s=SWEEP_S,
            turn_s=TURN_S,
            first_retry_s=FIRST_RETRY_S,
            chance=self._spread.random,
        )

    async def post(self, edit: Edit) -> None:
        weather = self._weather()
        await asyncio.sleep(delay_s(self._stream, weather.network_s))
        is_refused, is_unanswered = (happens(self._stream, weather.hook_fails) for _ in range(2))
        if is_refused:
            raise DeliveryFailed("simulated: refused")
        self.taken[edit.content_id].append(edit.version)
        await asyncio.sleep(delay_s(self._stream, weather.network_s))
        if is_unanswered:
            raise DeliveryFailed("simulated: taken, and not answered")

    async def close(self) -> None:
        """Nothing is kept open."""
