"""A webhook's deliveries, signed as the Standard Webhooks specification says (https://www.standardwebhooks.com)."""

import hashlib
from contextlib import suppress

import httpx
import orjson
from standardwebhooks import Webhook

from collab import outgoing
from collab.domain.ot.edits import Edit
from collab.domain.times import rfc3339
from collab.services.ports import Clock, DeliveryFailed

TIMEOUT_S = 10.0
"""How long a receiver may take to answer, to the last byte."""

MAX_ANSWER_BYTES = 64_000
"""How much of an answer is read: only so that the connection serves the next edit too."""


def webhook_id(url: str) -> str:
    """The name under which it is kept what a URL was delivered: the URL itself may hold a secret."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def message_id(edit: Edit) -> str:
    """The `webhook-id` of an edit: the same whenever it is delivered, and no other edit's, ever.

    After a backup was put back, versions come again, and a client may send again what it had sent: that is stored at
    another time, and maybe as another change.
    """
    return hashlib.sha256(f"{edit.content_id}/{edit.edit_id}/{edit.at.isoformat()}".encode()).hexdigest()[:32]


class Receiver:
    """Implements `services.ports.EditReceiver`: the URL that edits are posted to."""

    def __init__(
        self,
        url: str,
        secret: str,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._url = url
        self._signer = Webhook(secret)
        self._clock = clock
        self._timeout_s = timeout_s
        self._client = outgoing.client(transport)

    async def post(self, edit: Edit) -> None:
        """Posts an edit. `DeliveryFailed` unless the answer is a 2xx.

        `webhook-id` is the same however often an edit is posted: a receiver that keeps them takes each once.
        """
        body = {"type": "content_edited", "timestamp": rfc3339(edit.at), "data": edit.to_json()}
        data = orjson.dumps(body).decode()
        name, now = message_id(edit), self._clock.now()
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(name, now, data),
        }
        status = await self._status(self._client.build_request("POST", self._url, content=data, headers=headers))
        if not httpx.codes.is_success(status):
            hint = ": redirects are not followed" if httpx.codes.is_redirect(status) else ""
            raise DeliveryFailed(f"expected an answer 2xx, got {status}{hint}")

    async def _status(self, request: httpx.Request) -> int:
        """What the receiver says, whatever becomes of the rest of its answer."""
        status = None
        try:
            async with outgoing.answered(self._client, request, self._timeout_s) as answer:
                status = answer.status_code
                with suppress(outgoing.TooMuch):
                    await outgoing.body(answer, MAX_ANSWER_BYTES)
        except outgoing.Unanswered as error:
            if status is None:
                raise DeliveryFailed(str(error)) from error
        return status

    async def close(self) -> None:
        await self._client.aclose()
