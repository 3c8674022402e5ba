"""What the rest of a node sees of the others: the same whether there are any or not."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from collab.domain.access import SharedRoom
from collab.domain.ot.rebase import Accepted
from collab.domain.presence.roster import Roster
from collab.services.health import Check


class OtherNodes(Protocol):
    """The other nodes, and what they are told. Every call returns at once."""

    def event(self, room: str, event: str, payload: dict[str, Any]) -> None:
        """The room of a band or user was told something: its listeners on other nodes are to hear it too."""
        ...

    def host_told(self, to: str, event: str, payload: Any) -> None:
        """The host application told a room, or a session, something: on other nodes it is to be heard too."""
        ...

    def band_changed(self, band_id: str) -> None:
        """The members of a band have changed in the database."""
        ...

    def presence_changed(self, room: SharedRoom, before: Roster, after: Roster) -> None:
        """A roster was changed by what this node's sessions did."""
        ...


class Nodes(Protocol):
    """This node among all that share its database: one of several, or the only one."""

    @property
    def is_connected(self) -> bool:
        """Whether this node hears the others, if there are to be any."""
        ...

    def checks(self) -> Mapping[str, Check]:
        """What ought to be well, by name, for the nodes to hear each other."""
        ...

    def start(self) -> None: ...

    async def close(self) -> None: ...

    def committed(self, accepted: Sequence[Accepted]) -> Sequence[Accepted]:
        """Takes a commit of this node to all who listen, wherever they are. Returns what was given out here and now:
        what had to be read from the database meanwhile was given out then."""
        ...

    def opened(self, content_id: str, version: int) -> bool:
        """Somebody here got a content as it was at a version. False where listeners here are told only of what came
        later than the edit after it: then it has to be read again."""
        ...

    def living(self, node_ids: set[str]) -> None:
        """The nodes that live by the database."""
        ...
