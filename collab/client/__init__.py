"""The Python SDK: for bots, scripts and tests. the extra `client` has what it needs; begin with `CollabClient`."""

from collab.client.band import Band
from collab.client.client import CollabClient
from collab.client.content import Content
from collab.client.errors import Broken, NotConnected, NotUnderstood
from collab.client.replica import Replica

__all__ = ["Band", "Broken", "CollabClient", "Content", "NotConnected", "NotUnderstood", "Replica"]
