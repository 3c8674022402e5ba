"""What a node asks its database before it takes clients."""

import asyncio

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.errors import Unavailable
from collab.storage.faults import translated
from collab.storage.migrate import what_is_wrong
from collab.storage.names import VERSION_TABLE

REVISION = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # our own name


async def check_database(engine: AsyncEngine) -> None:
    """Raises `Unavailable` where the database does not answer."""
    async with translated(), engine.connect() as connection:
        await connection.execute(select(1))


async def check_schema(engine: AsyncEngine) -> None:
    """Raises `Unavailable` where the schema is behind this version."""
    try:
        async with engine.connect() as connection:
            revision = (await connection.execute(REVISION)).scalar_one_or_none()
    except SQLAlchemyError:
        # No such table; or no answer at all, which is another check's to say.
        revision = None
    wrong = await asyncio.to_thread(what_is_wrong, revision)
    if wrong is not None:
        raise Unavailable(wrong)
