"""The Python SDK: for bots, scripts and tests. The extra `client` has what it needs; begin with `CollabClient`.

Who reads its code begins with the core, which does no I/O and has no clock: `wire` (what travels); `transform` (how
edits meet); `pending`, `request` and `notice` (an edit until it is stored, and what its author is told); `undo` and
`foresight` (what is taken back, and what that comes to); and `replica`, where all of it meets. Then what keeps a
connection: `client` and `connection`, with `parts`, `patience`, `backoff`, `token` and `errors`. Then what a user
holds: `room`, `band` and `content`, with `sync`, `events` and `stream`. `tell` is for the workers of a host.

The TypeScript SDK (collab/web/sdk) has the same parts under the same names.
"""

from collab.client.band import Band
from collab.client.client import CollabClient
from collab.client.content import Content
from collab.client.errors import Broken, NotConnected, NotUnderstood
from collab.client.replica import Replica
from collab.client.tell import tell

__all__ = ["Band", "Broken", "CollabClient", "Content", "NotConnected", "NotUnderstood", "Replica", "tell"]
