"""`collab history`: the edits of a content in words, from the database, live where one wishes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime

import orjson

from collab.commands.terminal import Styled, say
from collab.domain.bands import Content, User
from collab.domain.errors import Invalid, NotFound
from collab.domain.fields import Line
from collab.domain.kinds import KINDS, Kind
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.edits import Edit
from collab.domain.words import tell_edit
from collab.services.stores import UNLIMITED
from collab.storage.bands import StoredBands
from collab.storage.engine import reading_engine
from collab.storage.opening import opened
from collab.storage.readers import StoredHistory
from collab.storage.writer import Writer

PAGE = 500
POLL_S = 0.5


async def print_history(
    url: str, name: str, author_id: str | None, since: datetime | None, *, follow: bool, as_json: bool
) -> None:
    """Prints the edits of a content, one a line; with `follow` it goes on until it is interrupted.

    `NotFound` where there is no such content, `Unavailable` where the database does not answer.
    """
    with opened(url, may_be_newer=True):
        engine, writer = reading_engine(url), Writer(url)
    try:
        reader = StoredHistory(engine)
        content = await _content(StoredBands(engine, writer, UNLIMITED), name)
        kind = _kind(content.kind)
        async for before, edit, after in _edits(reader, content.id, since, follow=follow):
            if author_id is None or edit.author.id == author_id:
                words = _words(before, edit, after, kind)
                say(*([_json_line(edit, words)] if as_json else _line(edit, words)))
    finally:
        await writer.close()
        await engine.dispose()


async def _content(store: StoredBands, name: str) -> Content:
    content = await store.content(name)
    if content is not None:
        return content
    titled = await store.contents_titled(name)
    if len(titled) == 1:
        return titled[0]
    if titled:
        ids = ", ".join(content.id for content in titled)
        raise NotFound(f"expected the id of one content, got a title that several have: {ids}")
    raise NotFound(f"expected the id or title of a content, got {name!r}")


async def _edits(
    reader: StoredHistory, content_id: str, since: datetime | None, *, follow: bool
) -> AsyncIterator[tuple[Document, Edit, Document]]:
    """Each edit with the document before and after it. What was folded away can't be shown any more."""
    version = 0
    if since is not None:
        # Where the content is younger than that, all of it is asked for.
        with suppress(NotFound):
            version = await reader.version_at(content_id, since)
    document: Document | None = None
    while True:
        page = await reader.edits(content_id, version, PAGE)
        for edit in page:
            before = document or await reader.document(content_id, edit.version - 1)
            document = apply_stored(before, edit.ops)
            version = edit.version
            yield before, edit, document
        if len(page) < PAGE:
            if not follow:
                return
            await asyncio.sleep(POLL_S)


def _kind(name: str) -> Kind:
    try:
        return KINDS.get(name)
    except Invalid:
        # A host's own kind: its fields are told by their names alone.
        return Kind(name, {"title": Line()})


def _words(before: Document, edit: Edit, after: Document, kind: Kind) -> list[str]:
    """What an edit did; of an undo, what was taken back, as whoever did that saw it."""
    if edit.undoes is None:
        return tell_edit(before, after, kind)
    return [f"took back: {clause}" for clause in tell_edit(after, before, kind)]


def _json_line(edit: Edit, words: list[str]) -> str:
    return orjson.dumps({**edit.to_json(), "words": words}).decode()


def _line(edit: Edit, words: list[str]) -> tuple[Styled | str, ...]:
    color = User(edit.author.id, edit.author.name).color
    red, green, blue = (int(color[index : index + 2], 16) for index in (1, 3, 5))
    told = "; ".join(words) or "changed nothing that shows"
    return (
        Styled(f"{edit.version:>5}", is_dim=True),
        Styled(f"{edit.at:%Y-%m-%d %H:%M:%S}", is_dim=True),
        Styled(edit.author.name, (red, green, blue), is_bold=True),
        told,
    )
