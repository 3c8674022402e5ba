"""A2: a bare python-socketio relay, deflate off, orjson, nothing stored. The yardstick for what the stack costs."""

import sys
from typing import Any

import socketio
import uvicorn

from collab.realtime import wire_json

server = socketio.AsyncServer(async_mode="asgi", json=wire_json, cors_allowed_origins="*")
versions: dict[str, int] = {}


async def connect(_sid: str, _environ: dict[str, Any], _auth: Any) -> None:
    """Anybody may come in."""


async def join_room(sid: str, room: str) -> dict[str, bool]:
    await server.enter_room(sid, room)
    return {"ok": True}


async def edit_content(sid: str, edit: dict[str, Any]) -> dict[str, Any]:
    room = edit["room_id"]
    versions[room] = version = versions.get(room, 0) + 1
    await server.emit("content_edited", {**edit, "version": version, "session_id": sid}, room=room, skip_sid=sid)
    return {"ok": True, "version": version}


if __name__ == "__main__":
    server.on("connect", connect)
    server.on("join_room", join_room)
    server.on("edit_content", edit_content)
    application = socketio.ASGIApp(server)
    uvicorn.run(application, port=int(sys.argv[1]), ws_per_message_deflate=False, log_level="error", access_log=False)
