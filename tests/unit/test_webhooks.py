"""Webhooks deliver every edit at least once, those of a content in order, through failures and restarts."""

import asyncio
import base64
import gc
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest
import structlog
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from collab.clock import SystemClock
from collab.domain.document import Document
from collab.domain.edits import Author, Edit
from collab.domain.errors import Unavailable
from collab.domain.ops import Set
from collab.services.ports import EVERY_EDIT, DeliveryFailed, EditFilter
from collab.services.webhooks import MAX_AT_ONCE, Webhooks
from collab.webhooks import Receiver, message_id
from tests.support.clock import ManualClock
from tests.support.serving import settings_for
from tests.support.trickling import HEAD, trickling
from tests.support.waiting import until

NOW = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def edit(content_id: str, version: int) -> Edit:
    ops = (Set(None, "venue", f"place {version}"),)
    return Edit(content_id, version, f"{content_id}-{version}", version - 1, Author("ada", "Ada"), "s", ops, ops, NOW)


class MemoryOutbox:
    """Edits and cursors as the database has them; implements `Outbox` and what is needed of `HistoryReader`."""

    def __init__(self, **heads: int) -> None:
        self.stored = {content_id: [edit(content_id, n + 1) for n in range(head)] for content_id, head in heads.items()}
        self.cursors: dict[str, int] = {}
        self.is_down = False

    async def open(self, _webhook_id: str, _at: datetime) -> None:
        if self.is_down:
            raise Unavailable("down")

    async def advance(self, _webhook_id: str, versions: Mapping[str, int]) -> None:
        self.cursors |= versions

    async def behind(self, _webhook_id: str, limit: int) -> list[tuple[str, int]]:
        known = {content_id: self.cursors.get(content_id, 0) for content_id in self.stored}
        return [entry for entry in known.items() if len(self.stored[entry[0]]) > entry[1]][:limit]

    async def edits(
        self,
        content_id: str,
        after: int,
        limit: int,
        only: EditFilter = EVERY_EDIT,
        *,
        max_bytes: int | None = None,
    ) -> list[Edit]:
        return self.stored[content_id][after : after + limit]

    async def document(self, _content_id: str, _version: int | None = None) -> Document:
        raise AssertionError("webhooks read edits alone")

    async def version_at(self, _content_id: str, _at: datetime) -> int:
        raise AssertionError("webhooks read edits alone")

    async def edit_id_at(self, _content_id: str, _version: int) -> str | None:
        raise AssertionError("webhooks read edits alone")

    async def heads(self, _content_ids: Sequence[str]) -> dict[str, int]:
        raise AssertionError("webhooks read edits alone")

    async def edits_by_id(self, _content_id: str, _edit_ids: Sequence[str]) -> list[Edit]:
        raise AssertionError("webhooks read edits alone")


class Ear:
    """A receiver that fails the first times that it is told to."""

    def __init__(self, **failures: int) -> None:
        self.heard: list[tuple[str, int]] = []
        self.failures = Counter(failures)
        self.tries = self.at_once = self.most_at_once = 0

    async def post(self, edit: Edit) -> None:
        self.tries += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if self.failures[edit.content_id] > 0:
            self.failures[edit.content_id] -= 1
            raise DeliveryFailed("expected an answer 2xx, got 503")
        self.heard.append((edit.content_id, edit.version))

    async def close(self) -> None:
        pass


@asynccontextmanager
async def delivering(outbox: MemoryOutbox, ear: Ear, give_up_s: float = 60.0) -> AsyncIterator[Webhooks]:
    webhooks = Webhooks(
        outbox, outbox, ManualClock(), "hook", ear, pace_s=0.001, first_retry_s=0.001, give_up_s=give_up_s
    )
    webhooks.start()
    yield webhooks
    await webhooks.close()


@pytest.mark.asyncio
async def test_what_is_stored_is_delivered_once_in_order_and_noted() -> None:
    outbox, ear = MemoryOutbox(a=250), Ear()
    async with delivering(outbox, ear) as webhooks:
        await until(lambda: outbox.cursors == {"a": 250})
        outbox.stored["a"].append(edit("a", 251))
        webhooks.wake()
        await until(lambda: outbox.cursors == {"a": 251})
    assert ear.heard == [("a", version) for version in range(1, 252)]


@pytest.mark.asyncio
async def test_a_delivery_that_fails_is_tried_again_and_no_other_content_waits_for_it() -> None:
    outbox, ear = MemoryOutbox(a=3, b=3), Ear(a=5)
    with structlog.testing.capture_logs() as logs:
        async with delivering(outbox, ear):
            await until(lambda: outbox.cursors == {"a": 3, "b": 3})
    assert [entry for entry in ear.heard if entry[0] == "a"] == [("a", 1), ("a", 2), ("a", 3)]
    assert ear.heard[:3] == [("b", 1), ("b", 2), ("b", 3)]
    assert [entry["attempt"] for entry in logs] == [1, 2, 3, 4, 5]


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", range(5))
async def test_it_ends_also_when_it_is_woken_meanwhile(turns: int) -> None:
    outbox, ear = MemoryOutbox(a=1), Ear()
    webhooks = Webhooks(outbox, outbox, ManualClock(), "hook", ear, pace_s=0.001, first_retry_s=0.001, give_up_s=60.0)
    webhooks.start()
    await until(lambda: outbox.cursors == {"a": 1})
    await until(lambda: bool(webhooks._wake._waiters))  # noqa: SLF001  # nothing else tells
    webhooks.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    await asyncio.wait_for(webhooks.close(), 5)


@pytest.mark.asyncio
async def test_after_a_restart_it_goes_on_where_it_was() -> None:
    outbox, deaf = MemoryOutbox(a=2), Ear(a=1_000_000)
    async with delivering(outbox, deaf):
        await until(lambda: deaf.tries > 0)
    assert outbox.cursors == {}

    ear = Ear()
    async with delivering(outbox, ear):
        await until(lambda: ear.heard == [("a", 1), ("a", 2)])
    assert outbox.cursors == {"a": 2}, "what was delivered is noted at the end"

    later = Ear()
    outbox.stored["a"].append(edit("a", 3))
    async with delivering(outbox, later):
        await until(lambda: bool(later.heard))
    assert later.heard == [("a", 3)]


@pytest.mark.asyncio
async def test_an_edit_that_is_refused_for_too_long_is_given_up_and_the_log_says_so() -> None:
    outbox, ear = MemoryOutbox(a=2), Ear(a=1)
    with structlog.testing.capture_logs() as logs:
        async with delivering(outbox, ear, give_up_s=0.0):
            await until(lambda: outbox.cursors == {"a": 2})
    assert ear.heard == [("a", 2)]
    assert [(entry["log_level"], entry["version"]) for entry in logs] == [("error", 1)]


@pytest.mark.asyncio
async def test_a_database_that_is_down_is_waited_for() -> None:
    outbox, ear = MemoryOutbox(a=1), Ear()
    outbox.is_down = True
    with structlog.testing.capture_logs() as logs:
        async with delivering(outbox, ear) as webhooks:
            await until(lambda: bool(logs))
            outbox.is_down = False
            webhooks.wake()
            await until(lambda: bool(ear.heard))


@pytest.mark.asyncio
async def test_many_contents_are_all_delivered_and_only_so_many_at_once() -> None:
    outbox, ear = MemoryOutbox(**{f"c{number}": 1 for number in range(60)}), Ear(c0=3)
    with structlog.testing.capture_logs():
        async with delivering(outbox, ear):
            await until(lambda: len(outbox.cursors) == 60)
    assert len(ear.heard) == 60
    assert ear.most_at_once == MAX_AT_ONCE


@pytest.mark.asyncio
async def test_a_delivery_is_signed_as_standard_webhooks_are() -> None:
    posted: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posted.append(request)
        return httpx.Response(204)

    receiver = Receiver("https://posters.example/edits", SECRET, ManualClock(), httpx.MockTransport(answer))
    await receiver.post(edit("a", 7))
    await receiver.post(edit("a", 7))
    await receiver.close()

    first, second = posted
    message = Webhook(SECRET).verify(first.content, dict(first.headers))
    assert message == {
        "type": "content_edited",
        "timestamp": "2026-12-04T20:30:00.000Z",
        "data": edit("a", 7).to_json(),
    }
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == message_id(edit("a", 7))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(first.content.replace(b"place", b"Place"), dict(first.headers))
    assert orjson.loads(first.content)["data"]["version"] == 7


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [302, 400, 410, 500])
async def test_any_answer_but_a_good_one_is_a_failure(status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status))
    receiver = Receiver("https://posters.example/edits", SECRET, ManualClock(), transport)
    with pytest.raises(DeliveryFailed, match=str(status)):
        await receiver.post(edit("a", 1))
    await receiver.close()


@pytest.mark.asyncio
async def test_no_answer_is_a_failure() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    receiver = Receiver("https://posters.example/edits", SECRET, ManualClock(), httpx.MockTransport(refuse))
    with pytest.raises(DeliveryFailed, match="ConnectError"):
        await receiver.post(edit("a", 1))
    await receiver.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("at_once", [b"", HEAD], ids=["from the first", "in its head"])
async def test_a_receiver_that_answers_a_byte_at_a_time_is_waited_for_no_longer_than_any(at_once: bytes) -> None:
    async with trickling(at_once) as url:
        receiver = Receiver(url, SECRET, SystemClock(), timeout_s=0.2)
        with pytest.raises(DeliveryFailed, match="no whole answer"):
            await receiver.post(edit("a", 1))
        await receiver.close()


@pytest.mark.asyncio
async def test_what_the_receiver_says_counts_whatever_becomes_of_the_rest_of_its_answer() -> None:
    count = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal count
        while True:
            count += 1
            yield b"x" * 1_000

    async with trickling(HEAD + b"\r\n") as url:
        receiver = Receiver(url, SECRET, SystemClock(), timeout_s=0.2)
        await receiver.post(edit("a", 1))
        await receiver.close()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=endless()))
    receiver = Receiver("https://posters.example/edits", SECRET, ManualClock(), transport)
    await receiver.post(edit("a", 1))
    await receiver.close()
    assert count == 65, "so much is read for the sake of the connection"


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_receiver_sends_our_requests_nowhere_else(status: int) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"location": "http://169.254.169.254/latest/meta-data"})

    receiver = Receiver("https://posters.example/edits", SECRET, ManualClock(), httpx.MockTransport(answer))
    with pytest.raises(DeliveryFailed, match="redirects are not followed"):
        await receiver.post(edit("a", 1))
    await receiver.close()
    assert asked == ["https://posters.example/edits"]


def test_an_edit_has_a_name_of_its_own_also_after_a_backup_was_put_back() -> None:
    first = edit("a", 7)
    others = [
        replace(first, edit_id="another", version=7),
        replace(first, content_id="b"),
        # What a client sent again after that: stored anew, at another time.
        replace(first, at=NOW + timedelta(microseconds=1)),
    ]
    assert message_id(replace(first)) == message_id(first)
    assert len({message_id(one) for one in [first, *others]}) == 4


@pytest.mark.parametrize(
    "others",
    [
        {"webhook_url": "https://posters.example/edits"},
        {"webhook_secret": SecretStr(SECRET)},
        {"webhook_url": "ftp://posters.example", "webhook_secret": SecretStr(SECRET)},
        {"webhook_url": "https://posters.example", "webhook_secret": SecretStr("whsec_c2hvcnQ=")},
        {"webhook_url": "https://posters.example", "webhook_secret": SecretStr("whsec_not base64")},
        {"webhook_url": "https://posters.example", "webhook_secret": SecretStr(SECRET.removeprefix("whsec_"))},
    ],
)
def test_settings_that_do_not_fit_are_refused(others: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings_for("sqlite+aiosqlite:///x.db", **others)


def test_both_settings_together_are_taken() -> None:
    url = "https://posters.example/edits"
    settings = settings_for("sqlite+aiosqlite:///x.db", webhook_url=url, webhook_secret=SecretStr(SECRET))
    assert settings.webhook_url == url


@pytest.mark.asyncio
async def test_a_delivery_leaves_no_garbage_for_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        ear = Ear()
        async with delivering(MemoryOutbox(a=100), ear):
            await until(lambda: len(ear.heard) == 100)
        assert gc.collect() < 100
    finally:
        gc.enable()
