"""Webhooks of a real server to a real receiver that does not take everything."""

import base64
from collections import defaultdict
from datetime import timedelta

import pytest
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr
from standardwebhooks import Webhook

from collab.domain.bands import User
from collab.domain.outbox import MIN_AT_ONCE
from tests.conftest import make_gig
from tests.support.clock import SteppedClock
from tests.support.members import edit, member, set_
from tests.support.serving import listening, serving, settings_for
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
TOKEN = "a token for prometheus alone"
ADA = User("ada", "Ada")


class Picky:
    """A receiver that refuses the edits of some contents, with 404 and 413."""

    def __init__(self) -> None:
        self.refuses: set[str] = set()
        self.heard: defaultdict[str, list[int]] = defaultdict(list)
        self.names: set[str] = set()

    def application(self) -> FastAPI:
        application = FastAPI()

        @application.post("/edits")
        async def edited(request: Request) -> Response:
            message = Webhook(SECRET).verify(await request.body(), dict(request.headers))
            content_id = message["data"]["room_id"].removeprefix("content_")
            if content_id in self.refuses:
                return Response(status_code=404 if len(self.names) % 2 else 413)
            self.heard[content_id].append(message["data"]["version"])
            self.names.add(request.headers["webhook-id"])
            return Response(status_code=204)

        return application


async def test_contents_that_are_refused_hold_up_no_other_and_are_delivered_once_they_are_taken(
    database_url: str,
) -> None:
    receiver = Picky()
    async with listening(receiver.application()) as url:
        settings = settings_for(
            database_url,
            webhook_url=f"{url}/edits",
            webhook_secret=SecretStr(SECRET),
            metrics_token=SecretStr(TOKEN),
        )
        async with serving(settings) as server, member(server, "ada") as ada:
            gig = await make_gig(server)
            for number in range(2 * MIN_AT_ONCE):
                made = await server.engine.contents.create(ADA, gig.band_id, "setlist", f"Refused {number}")
                receiver.refuses.add(made.id)
                await ada.ok("edit_content", edit(made.id, 0, set_(None, "venue", "Blue Nile")))
            await until(lambda: server.engine._webhooks.failing.count == 2 * MIN_AT_ONCE)  # type: ignore[union-attr]  # noqa: SLF001

            for version in range(3):
                await ada.ok("edit_content", edit(gig.setlist_id, version, set_(None, "venue", f"place {version}")))
            await until(lambda: receiver.heard == {gig.setlist_id: [1, 2, 3]})
            async with server.rest(None) as prometheus:
                answer = await prometheus.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
            assert f"collab_webhook_failing {2.0 * MIN_AT_ONCE}" in answer.text
            assert "collab_webhook_parked 0.0" in answer.text
            assert "collab_webhook_backlog " in answer.text

            refused, receiver.refuses = receiver.refuses, set()
            await until(lambda: refused <= set(receiver.heard))
            assert all(receiver.heard[content_id] == [1] for content_id in refused)
            assert len(receiver.names) == len(refused) + 3


async def test_a_clock_that_was_ahead_when_the_webhook_was_first_used_loses_no_edit(database_url: str) -> None:
    receiver = Picky()
    async with listening(receiver.application()) as url:
        settings = settings_for(database_url, webhook_url=f"{url}/edits", webhook_secret=SecretStr(SECRET))
        clock = SteppedClock()
        clock.step(timedelta(hours=1))
        async with serving(settings, clock) as server, member(server, "ada") as ada:
            gig = await make_gig(server)
            clock.step(-timedelta(hours=1))
            for version in range(5):
                await ada.ok("edit_content", edit(gig.setlist_id, version, set_(None, "venue", f"place {version}")))
            await until(lambda: receiver.heard == {gig.setlist_id: [1, 2, 3, 4, 5]})
