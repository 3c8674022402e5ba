"""What is posted to the receiver of a webhook, and what is made of its answer."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import orjson
import pytest
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from collab.clock import SystemClock
from collab.services.ports import DeliveryFailed
from collab.webhooks import Receiver, message_id
from tests.support.clock import ManualClock
from tests.support.edits import NOW, edit
from tests.support.serving import settings_for
from tests.support.trickling import HEAD, trickling

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


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
