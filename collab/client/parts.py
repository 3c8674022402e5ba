"""Long payloads come in parts (PROTOCOL.md, Long payloads): a slow line is seen to move, and pings pass between."""

import json
from typing import Any


class Parts:
    """The parts that have come on one connection, until what stands for them comes."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def take(self, text: str) -> None:
        self._texts.append(text)

    def whole(self, payload: Any) -> Any:
        """What came in parts, in the place of what stands for it."""
        if not (isinstance(payload, dict) and "in_parts" in payload):
            return payload
        texts, self._texts = self._texts, []
        return json.loads("".join(texts))
