"""A locust load of members who edit one setlist with the Python SDK; what locust times is from an edit to its ack.

    uv run collab demo
    uv run --group load locust -f tests/load/locustfile.py --headless --users 8 --spawn-rate 4 --run-time 10s \\
        --host http://127.0.0.1:8000 --token TOKEN

TOKEN is what follows `#token=` in a link of the demo. The SDK is asyncio's and locust is gevent's, so one thread of
the process, a real one, runs the loop of all its members.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar

import httpx
import uvloop
from gevent import get_hub
from gevent.event import Event
from locust import User, between, events, task
from locust.argument_parser import LocustArgumentParser

from collab.client import CollabClient
from collab.client.content import Content

T = TypeVar("T")

ANSWER_TIMEOUT_S = 10.0

logging.getLogger("httpx").setLevel(logging.WARNING)
# The imports above may have taken seconds, which gevent's clock has not seen: they would be missing from the run time.
get_hub().loop.update_now()


class Loop:
    """An event loop in a thread of its own, for greenlets to wait on. uvloop's: gevent has not replaced its sockets."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        get_hub().threadpool.spawn(self._loop.run_forever)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """What the coroutine returns; the greenlet waits, the others go on."""
        is_done = Event()
        watcher = get_hub().loop.async_()
        watcher.start(is_done.set)
        tasks: list[asyncio.Task[T]] = []

        def start() -> None:
            tasks.append(self._loop.create_task(work))
            # The one method of gevent's loop that another thread may call.
            tasks[0].add_done_callback(lambda _: watcher.send())

        self._loop.call_soon_threadsafe(start)
        try:
            is_done.wait()
        finally:
            watcher.close()
        return tasks[0].result()


@cache
def the_loop() -> Loop:
    """The one of this process, begun with the load."""
    return Loop()


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    parser.add_argument("--token", env_var="COLLAB_LOAD_TOKEN", help="of a member who may edit", is_secret=True)
    parser.add_argument("--content", default="", help="a setlist's id; by default the first of the member's first band")


class BandMember(User):
    """Sets a song's tempo, about two times a second, and at times types a letter into its notes."""

    wait_time = between(0.2, 0.6)

    def on_start(self) -> None:
        options = self.environment.parsed_options
        content_id = options.content or first_setlist(self.host, options.token)
        self.client = CollabClient(self.host, options.token)
        the_loop().call(self.client.__aenter__())
        self.content = the_loop().call(self.client.open(content_id))
        self.songs = [item.id for item in self.content.document.items.values() if item.type == "song"]

    def on_stop(self) -> None:
        the_loop().call(self.client.__aexit__(None, None, None))

    @task(9)
    def set_tempo(self) -> None:
        song, tempo = random.choice(self.songs), random.randint(60, 200)  # noqa: S311  # not a secret
        self._edit("set tempo", lambda content: content.set(song, "tempo", tempo))

    @task(1)
    def type_a_letter(self) -> None:
        song = random.choice(self.songs)  # noqa: S311  # not a secret
        self._edit("type a letter", lambda content: content.type(song, "notes", 0, "a"))

    def _edit(self, name: str, edit: Callable[[Content], object]) -> None:
        took_s, error = the_loop().call(saved(self.content, edit))
        self.environment.events.request.fire(
            request_type="edit", name=name, response_time=took_s * 1_000, response_length=0, exception=error, context={}
        )


async def saved(content: Content, edit: Callable[[Content], object]) -> tuple[float, Exception | None]:
    """How long it took until the edit was stored, in seconds, and why it was not."""
    began = time.perf_counter()
    try:
        edit(content)
        await asyncio.wait_for(content.saved(), ANSWER_TIMEOUT_S)
    except Exception as error:  # noqa: BLE001  # the edge: locust counts whatever goes wrong
        return time.perf_counter() - began, error
    return time.perf_counter() - began, None


def first_setlist(host: str, token: str) -> str:
    with httpx.Client(base_url=host, headers={"Authorization": f"Bearer {token}"}) as rest:
        band = rest.get("/api/bands").raise_for_status().json()["bands"][0]["id"]
        contents = rest.get(f"/api/bands/{band}/contents").raise_for_status().json()["contents"]
    return next(str(content["id"]) for content in contents if content["kind"] == "setlist")
