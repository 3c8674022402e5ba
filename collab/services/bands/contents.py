"""Contents: made, listed, archived, brought back. What happens inside one is the matter of services/editing."""

import asyncio
import re
from collections.abc import Callable, Sequence
from functools import partial

from collab.domain.access import BandRoom, Right
from collab.domain.bands import Content, User
from collab.domain.errors import Invalid, Problem
from collab.domain.kinds import Kinds
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Proposal
from collab.domain.ot.ops import Insert, Item, Op, Set, Value
from collab.domain.ot.rebase import Accepted, rebase
from collab.domain.sizes import check_content, content_bytes
from collab.domain.strings import require_id
from collab.services.bands.directory import Directory
from collab.services.ports import Announcer, Clock
from collab.services.stores import BandStore

SMALL_SEED = 100
"""Items. More are checked in a thread: thousands take a while, and the event loop has its turns meanwhile."""


class ContentService:
    def __init__(
        self,
        store: BandStore,
        directory: Directory,
        kinds: Kinds,
        announcer: Announcer,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        max_bytes: int,
    ) -> None:
        self._store = store
        self._directory = directory
        self.kinds = kinds
        self._announcer = announcer
        self._clock = clock
        self._new_id = new_id
        self._max_bytes = max_bytes

    async def create(
        self,
        user: User,
        band_id: str,
        kind: str,
        title: str,
        fields: dict[str, Value] | None = None,
        items: Sequence[Item] = (),
        *,
        content_id: str | None = None,
    ) -> Document:
        """A new content at version 0. What it begins with is checked as an edit would be. A host may give it an id of
        its own.

        `TooLarge` where it is too large, or the band has as many contents, archived ones too, as it may have;
        `Conflicting` where another content has that id.
        """
        await self._require_editor(user, band_id)
        new_id = self._new_id() if content_id is None else require_id("content_id", content_id)
        seed = partial(self._seeded, new_id, user, band_id, kind, {**(fields or {}), "title": title}, items)
        document = seed() if len(items) <= SMALL_SEED else await asyncio.to_thread(seed)
        async with self._directory.changing.at(band_id):
            content = await self._store.create_content(document, user, self._clock.now())
            self._directory.put_content(content)
        self._announcer.content_updated(BandRoom(band_id), "add", content)
        return document

    async def first_of(self, user: User, band_id: str, kind: str, title: str) -> str:
        """The id of the band's first content of a kind; where it has none, one is made, also where several ask at
        once."""
        await self._require_editor(user, band_id)
        document = self._seeded(self._new_id(), user, band_id, kind, {"title": title}, ())
        async with self._directory.changing.at(band_id):
            content, is_new = await self._store.first_content(document, user, self._clock.now())
            self._directory.put_content(content)
        if is_new:
            self._announcer.content_updated(BandRoom(band_id), "add", content)
        return content.id

    async def contents_of(self, user: User, band_id: str, *, are_archived: bool = False) -> list[Content]:
        """The contents of a band that are not archived; or those that are."""
        await self._directory.learn_band(user, band_id)
        self._directory.require_band(user, band_id, Right.VIEW, as_operator=True)
        return await self.summaries(band_id, are_archived=are_archived)

    async def summaries(self, band_id: str, *, are_archived: bool = False) -> list[Content]:
        """As `contents_of`, for a caller who has checked the rights."""
        return [content for content in await self._store.contents(band_id) if content.is_archived == are_archived]

    async def set_archived(self, user: User, content_id: str, is_archived: bool) -> Content:
        """Archives a content or brings it back; saying it twice changes nothing."""
        await self._directory.learn_content(user, content_id)
        ref, _ = self._directory.require_content(user, content_id, Right.EDIT, as_operator=True)
        async with self._directory.changing.at(ref.band_id):
            # The turn waited, and another call may have done the same meanwhile: the room is told once.
            ref = self._directory.content(content_id) or ref
            content = await self._store.set_archived(content_id, is_archived, self._clock.now())
            self._directory.put_content(content)
        if ref.is_archived != is_archived:
            action = "remove" if is_archived else "restore"
            self._announcer.content_updated(BandRoom(ref.band_id), action, content)
        return content

    async def _require_editor(self, user: User, band_id: str) -> None:
        await self._directory.learn_band(user, band_id)
        self._directory.require_band(user, band_id, Right.EDIT, as_operator=True)

    def _seeded(
        self, new_id: str, user: User, band_id: str, kind: str, fields: dict[str, Value], items: Sequence[Item]
    ) -> Document:
        empty = Document(new_id, kind, band_id, version=0)
        ops: list[Op] = [Set(None, name, value) for name, value in fields.items()]
        ops += map(Insert, items)
        seed = Proposal(self._new_id(), 0, tuple(ops), user.author, None, self._clock.now())
        try:
            outcome = rebase(seed, empty, (), self.kinds.get(kind))
        except Invalid as error:
            names = list(fields)
            raise Invalid([_in_seed(problem, names) for problem in error.problems]) from None
        if not isinstance(outcome, Accepted):
            raise TypeError(f"expected an empty document to take its seed, got {outcome}")
        made = outcome.document
        check_content(0, content_bytes(made), self._max_bytes)
        return Document(made.id, kind, band_id, 0, made.fields, made.items)


def _in_seed(problem: Problem, names: list[str]) -> Problem:
    """A problem with an op that was made of the input, under the path that the caller wrote it at."""
    found = re.fullmatch(r"ops\.(\d{1,9})(?:\.item)?(.*)", problem.path)
    if found is None:
        return problem
    index, rest = int(found[1]), found[2]
    if index < len(names):
        return Problem(f"document.fields.{names[index]}", problem.message)
    return Problem(f"document.items.{index - len(names)}{rest}", problem.message)
