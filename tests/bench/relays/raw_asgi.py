"""A0: a raw ASGI websocket relay that speaks just enough Engine.IO and Socket.IO. The limit of uvicorn and Python."""

import asyncio
import sys
from collections import defaultdict
from typing import Any

import orjson
import uvicorn

rooms: defaultdict[str, set[Any]] = defaultdict(set)
versions: dict[str, int] = {}


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    await send(
        {"type": "websocket.send", "text": '0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'}
    )
    while (message := await receive())["type"] == "websocket.receive":
        text = message["text"]
        if text.startswith("40"):
            await send({"type": "websocket.send", "text": '40{"sid":"x"}'})
        elif text.startswith("42"):
            await _event(text, send)
    for members in rooms.values():
        members.discard(send)


async def _event(text: str, send: Any) -> None:
    start = text.index("[")
    number = text[2:start]
    name, payload = orjson.loads(text[start:])
    if name == "join_room":
        rooms[payload].add(send)
        await send({"type": "websocket.send", "text": f'43{number}[{{"ok":true}}]'})
        return
    room = payload["room_id"]
    versions[room] = payload["version"] = versions.get(room, 0) + 1
    told = f'42["content_edited",{orjson.dumps(payload).decode()}]'
    for other in rooms[room]:
        if other is not send:
            await other({"type": "websocket.send", "text": told})
    await send({"type": "websocket.send", "text": f'43{number}[{{"ok":true,"version":{payload["version"]}}}]'})


if __name__ == "__main__":
    config = uvicorn.Config(
        application, port=int(sys.argv[1]), ws_per_message_deflate=False, log_level="error", lifespan="off"
    )
    asyncio.run(uvicorn.Server(config).serve())
