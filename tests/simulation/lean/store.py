"""A database that is a dict: transactions one after the other, each at once, that may fail before and after they are
durable."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from collab.domain.errors import NotFound, Unavailable
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.storage.batch import Batch
from collab.storage.content_cache import CachedContent, Working
from collab.storage.edit_log import Head
from collab.storage.past import Past
from tests.simulation.clock import BEGIN
from tests.simulation.database import SIMULATED, Turns
from tests.simulation.weather import Weather, delay_s, happens

T = TypeVar("T")


class Store:
    """What outlives the nodes: of each content the document that it is now, and its edits."""

    def __init__(self, begin: Mapping[str, Document]) -> None:
        self.documents = dict(begin)
        self.edits: dict[str, list[Edit]] = {content_id: [] for content_id in begin}
        self.weather = Weather()
        self.is_away = False

    def commit(self, changed: "Changed") -> None:
        """Raises `IntegrityError` where a version or an edit is there already."""
        for document, edits in changed:
            stored = self.edits[document.id]
            ids = {edit.edit_id for edit in stored}
            versions = [edit.version for edit in edits]
            if versions != [*range(len(stored) + 1, document.version + 1)] or any(
                edit.edit_id in ids for edit in edits
            ):
                raise IntegrityError(None, None, Exception(f"{versions} after {len(stored)}"))
        for document, edits in changed:
            self.documents[document.id] = document
            self.edits[document.id] += edits


Changed = list[tuple[Document, list[Edit]]]


class Transaction:
    """Stands for a connection within its transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.changed: Changed = []


class LeanWriter(Turns):
    """Stands for a `Writer`, as far as a journal uses it."""

    dialect = sqlite.dialect()
    named = str

    def __init__(self, store: Store, chance: random.Random) -> None:
        super().__init__(chance, lambda: store.weather)
        self._store = store
        self._chance = chance

    def _outcome(self, work: Callable[[Any], T]) -> T | Exception:
        weather = self._store.weather
        is_failing = happens(self._chance, weather.commit_fails) or self._store.is_away
        is_unanswered = happens(self._chance, weather.commit_unanswered)
        transaction = Transaction(self._store)
        try:
            result = work(transaction)
            if is_failing:
                return Unavailable(f"{SIMULATED}: it fails before it is durable")
            self._store.commit(transaction.changed)
        except Exception as error:  # noqa: BLE001  # handed over
            return error
        return Unavailable(f"{SIMULATED}: the commit is durable, and its answer lost") if is_unanswered else result


class LeanLog:
    """Stands for an `EditLog`."""

    def __init__(self, *_: Any) -> None:
        """There are no statements."""

    def lock_heads(self, transaction: Transaction, content_ids: Sequence[str]) -> list[Head]:
        documents = transaction.store.documents
        return [(key, documents[key].version, False) for key in content_ids if key in documents]

    def store(self, transaction: Transaction, changed: Sequence[tuple[Document, Sequence[Any]]]) -> None:
        transaction.changed += [(document, [row["edit"] for row in rows]) for document, rows in changed]

    def row(self, edit: Edit) -> dict[str, Any]:
        return {"ops": "", "dropped": None, "overwrote": None, "inverse": "", "edit": edit}


class LeanPast(Past):
    """The same rules of what is read, of a dict."""

    _connection: Any

    def load(self, content_id: str, head: int) -> Working:
        edits = self._connection.store.edits[content_id]
        at = edits[-1].at if edits else BEGIN
        return Working(CachedContent(self._connection.store.documents[content_id], at, edits[-512:]))

    def catch_up(self, behind: Mapping[str, tuple[CachedContent, int]]) -> dict[str, Working]:
        stored = self._connection.store.edits
        return {key: Working(live, stored[key][live.document.version : head]) for key, (live, head) in behind.items()}

    def _read_back(self, content_id: str, version: int, after: int, room: int) -> list[Edit]:
        return list(self._connection.store.edits[content_id][max(0, after) : version])

    def find(self, working: Working, edit_id: str) -> Edit:
        found = self._stored(working.document.id, edit_id)
        if found is None:
            raise NotFound(f"expected the edit_id of an edit of this content, got {edit_id!r}")
        return found

    def _versions(self, working: Working, edit_ids: Any) -> list[int]:
        found = [self._stored(working.document.id, edit_id) for edit_id in edit_ids]
        return [edit.version for edit in found if edit is not None]

    def edit_id_at(self, working: Working, version: int) -> str | None:
        return working.edit_id_at(version) or _id_at(self._connection.store, working.document.id, version)

    def _stored(self, content_id: str, edit_id: str) -> Edit | None:
        edits = self._connection.store.edits[content_id]
        return next((edit for edit in edits if edit.edit_id == edit_id), None)


def recall(batch: Batch, asked: Sequence[tuple[str, Any]]) -> None:
    """Stands for `Batch.recall`."""
    stored = batch._connection.store.edits  # type: ignore[attr-defined]  # noqa: SLF001  # its tables
    for content_id, request in asked:
        of_id = {edit.edit_id: edit for edit in stored.get(content_id, ())}
        if request.edit_id in of_id:
            batch._recalled[content_id, request.edit_id] = of_id[request.edit_id]  # noqa: SLF001  # as above


class LeanReader:
    """Implements of `services.ports.HistoryReader` what opening and catching up need, for one node."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        self._store = store
        self._chance = chance

    async def document(self, content_id: str, version: int | None = None) -> Document:
        await self._wait()
        return self._store.documents[content_id]

    async def edits(self, content_id: str, after: int, limit: int, *, max_bytes: int | None = None) -> list[Edit]:
        await self._wait()
        return self._store.edits[content_id][after : after + limit]

    async def heads(self, content_ids: Sequence[str]) -> dict[str, int]:
        await self._wait()
        return {content_id: self._store.documents[content_id].version for content_id in content_ids}

    async def edit_id_at(self, content_id: str, version: int) -> str | None:
        await self._wait()
        return _id_at(self._store, content_id, version)

    async def _wait(self) -> None:
        weather = self._store.weather
        await asyncio.sleep(delay_s(self._chance, weather.database_s))
        if self._store.is_away or happens(self._chance, weather.read_fails):
            raise Unavailable(f"{SIMULATED}: it does not answer")


def _id_at(store: Store, content_id: str, version: int) -> str | None:
    edits = store.edits[content_id]
    return edits[version - 1].edit_id if 0 < version <= len(edits) else None
