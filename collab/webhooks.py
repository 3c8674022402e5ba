"""A webhook's deliveries, signed as the Standard Webhooks specification says (https://www.standardwebhooks.com)."""

import hashlib

import httpx
import orjson
from standardwebhooks import Webhook

from collab.domain.edits import Edit
from collab.domain.times import rfc3339
from collab.services.ports import Clock, DeliveryFailed

TIMEOUT_S = 10.0
"""How long a receiver may take to answer."""


def webhook_id(url: str) -> str:
    """The name under which it is kept what a URL was delivered: the URL itself may hold a secret."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


class Receiver:
    """Implements `services.ports.EditReceiver`: the URL that edits are posted to."""

    def __init__(self, url: str, secret: str, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._signer = Webhook(secret)
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, transport=transport)

    async def post(self, edit: Edit) -> None:
        """Posts an edit. `DeliveryFailed` unless the answer is a 2xx.

        `webhook-id` is the same however often an edit is posted: a receiver that keeps them takes each once.
        """
        body = {"type": "content_edited", "timestamp": rfc3339(edit.at), "data": edit.to_json()}
        data = orjson.dumps(body).decode()
        message_id, now = f"{edit.content_id}_{edit.version}", self._clock.now()
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(message_id, now, data),
        }
        try:
            answer = await self._client.post(self._url, content=data, headers=headers)
        except httpx.HTTPError as error:
            raise DeliveryFailed(f"the receiver did not answer: {type(error).__name__}") from error
        if not answer.is_success:
            raise DeliveryFailed(f"expected an answer 2xx, got {answer.status_code}")

    async def close(self) -> None:
        await self._client.aclose()
