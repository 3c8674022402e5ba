"""A database as a node has it: one writer, and an engine that all else reads with."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from collab.storage.engine import reading_engine
from collab.storage.writer import Writer


@dataclass(frozen=True, slots=True)
class Database:
    writer: Writer
    reading: AsyncEngine

    @classmethod
    def at(cls, url: str) -> "Database":
        """The database at a URL; nothing is opened yet."""
        return cls(Writer(url), reading_engine(url))
