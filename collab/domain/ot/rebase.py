"""Rebase: an edit made on an old version is carried over every edit that came after it, and gets the next version.

The rules are PROTOCOL.md's, section "How edits meet". The server orders, so that only one side ever has to
transform: the central-server form of operational transformation that Jupiter introduced (Nichols et al., UIST 1995).
"""

from collections.abc import Sequence
from typing import TypeAlias

from collab.domain.errors import Invalid, VersionUnknown
from collab.domain.kinds import Kind
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Dropped, Edit, Overwrite, Proposal, Undo, canonical_id
from collab.domain.ot.making import Making
from collab.domain.ot.rebasing import Rebasing
from collab.domain.record import record
from collab.domain.sizes import UNMEASURED, Sizes


@record
class Accepted:
    """The edit got the next version; `document` is what it made. `sizes` are measured where it is stored."""

    edit: Edit
    document: Document
    sizes: Sizes = UNMEASURED


@record
class Duplicate:
    """An edit with this `edit_id` is stored already; `edit` is that one."""

    edit: Edit


@record
class Conflict:
    """The edit expected fields to be unchanged and they are not; nothing was stored."""

    version: int
    overwrote: tuple[Overwrite, ...]


@record
class Nothing:
    """Every op was dropped; nothing was stored."""

    version: int
    dropped: tuple[Dropped, ...]


Stored: TypeAlias = Accepted | Duplicate | Nothing
"""What may become of an edit that is not refused; of `Nothing` there was nothing to store."""

Outcome: TypeAlias = Stored | Conflict


def check_base(version: int, head: int, name: str = "base_version") -> None:
    """Raises `VersionUnknown` where no such version exists."""
    if not 0 <= version <= head:
        raise VersionUnknown(
            f"expected a {name} from 0 to {head}, got {version}; ask for the content with request_update"
        )


def check_history(named: str | None, known: str | None, version: int) -> None:
    """Raises `VersionUnknown` where a version was made by another edit than the one that somebody names: they have seen
    another history, such as the one before a backup was put back. None on either side tells nothing.

    A version that both name alike has the same history up to there, as in the log of Raft (Ongaro and Ousterhout,
    USENIX ATC 2014, 5.3): an edit is stored once, on what came before it.
    """
    if named is not None and known is not None and canonical_id(named) != canonical_id(known):
        raise VersionUnknown(
            f"expected version {version} to be made by edit {known}, got {named}: the history is another one by now, "
            "as after a backup was put back; ask for the whole content"
        )


def rebase(proposal: Proposal, document: Document, since: Sequence[Edit], kind: Kind) -> Outcome:
    """What becomes of an edit on the head `document`.

    `since` holds every edit after `proposal.base_version`, in order, up to the head. Raises `Invalid`, with
    all problems found, `TooLarge` and `VersionUnknown`; either way nothing changes.
    """
    base_version = proposal.base_version
    rebased_to = base_version if proposal.rebased_to is None else proposal.rebased_to
    check_base(base_version, document.version)
    check_base(rebased_to, document.version, "rebased_to")
    if rebased_to < base_version:
        raise Invalid.at("rebased_to", f"expected a version from the base_version {base_version} on, got {rebased_to}")
    rebasing = Rebasing(document, since, kind, base_version, rebased_to, proposal.author.id)
    for index, op in enumerate(proposal.ops):
        rebasing.rebase(index, op)
    rebasing.check()
    if rebasing.overwrote and proposal.expect == "unchanged":
        return Conflict(document.version, tuple(rebasing.overwrote))
    return outcome_of(rebasing, document, proposal, base_version, undoes=None)


def outcome_of(
    making: Making, document: Document, asked: Proposal | Undo, base_version: int, undoes: str | None
) -> Accepted | Nothing:
    """The edit that was made, with the next version of the document; `Nothing` where every op was dropped."""
    if not making.ops:
        return Nothing(document.version, tuple(making.dropped))
    made = making.draft.finish()
    edit = Edit(
        content_id=document.id,
        version=made.version,
        edit_id=asked.edit_id,
        base_version=base_version,
        author=asked.author,
        session_id=asked.session_id,
        ops=tuple(making.ops),
        inverse=tuple(reversed(making.inverse)),
        at=asked.at,
        undoes=undoes,
        dropped=tuple(making.dropped),
        overwrote=tuple(making.overwrote),
    )
    return Accepted(edit, made)
