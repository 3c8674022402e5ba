"""What a failing database looks like to everybody else."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from collab.domain.errors import Unavailable
from collab.storage.engine import shown_url


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turns the database's errors into `Unavailable`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise Unavailable("the database does not answer; try again in a moment") from error


@contextmanager
def explained(url: str) -> Iterator[None]:
    """What the database says when it fails is `Unavailable`, with its URL."""
    shown = shown_url(url)
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise Unavailable(f"{shown}: {reason(error)}") from error


def reason(error: SQLAlchemyError | sqlite3.Error) -> str:
    """What a driver says, in a line."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).partition("\n")[0]
