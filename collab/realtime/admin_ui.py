"""The Socket.IO Admin UI (socket.io/docs/v4/admin-ui): how many clients there are, and when they come and go.

It is never on without a password, shows nothing of what anybody sends (mode `production`), and changes nothing
(`read_only`). python-socketio counts by patching Engine.IO's socket class for the whole process, so that one engine of
a process may have it. What our own websockets (`sockets.py`) carry it does not count: metrics are for that.
"""

import asyncio
import secrets
from functools import partialmethod
from typing import Any, Final

import socketio
from engineio.async_socket import AsyncSocket

from collab.realtime.transports import Transports

NAMESPACE: Final = "/admin"
USERNAME: Final = "admin"


class AdminUi:
    """Make it before the server's `Transports`, so that those see the sockets too."""

    def __init__(self, server: socketio.AsyncServer, password: str) -> None:
        if isinstance(vars(AsyncSocket)["_websocket_handler"], partialmethod):
            raise ValueError("COLLAB_SOCKETIO_ADMIN_PASSWORD: expected one engine of this process to have it")
        self._server = server
        self._password = password
        self._ui = server.instrument(
            auth=self._is_known, mode="production", read_only=True, namespace=NAMESPACE, server_stats_interval=2
        )

    def register(self, transports: Transports) -> None:
        """A socket that only an operator's page stands on is in use too."""

        async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
            await self._ui.admin_connect(sid, environ, auth)
            transports.taken(sid, NAMESPACE)

        self._server.on("connect", connect, namespace=NAMESPACE)

    async def close(self) -> None:
        """Ends its counting, and takes the patches off."""
        if self._ui.stats_task is not None:
            self._ui.stats_task.cancel()
            await asyncio.gather(self._ui.stats_task, return_exceptions=True)
        self._ui.uninstrument()

    def _is_known(self, auth: Any) -> bool:
        given = auth if isinstance(auth, dict) else {}
        pairs = ((given.get("username"), USERNAME), (given.get("password"), self._password))
        return all(isinstance(said, str) and secrets.compare_digest(said.encode(), own.encode()) for said, own in pairs)
