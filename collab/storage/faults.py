"""What a failing database looks like to everybody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError

from collab.domain.errors import Unavailable


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turns the database's errors into `Unavailable`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise Unavailable("the database does not answer; try again in a moment") from error
