"""Where a client's tokens come from: one for good, or a function of the host that gets a fresh one."""

import inspect
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from collab.client.errors import NotConnected

Token: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""A token, or a function that gets a fresh one."""


async def get_token(source: Token) -> str:
    """A token to show now. `NotConnected` where the function raises."""
    if isinstance(source, str):
        return source
    try:
        token = source()
        return await token if inspect.isawaitable(token) else token
    except Exception as error:
        # The edge to the host's own code.
        raise NotConnected(f"expected a token from the callback, which raised {error!r}") from error
