"""A band platform with users, bands and roles of its own, in its own tables, and collab in it."""

import asyncio

from fastapi import FastAPI, Request
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

from collab import HostBand, Person, Role, Settings, Shown, create_app

tables = MetaData()
users = Table("users", tables, Column("id", Integer, primary_key=True), Column("name", String, nullable=False))
bands = Table("bands", tables, Column("slug", String, primary_key=True), Column("title", String, nullable=False))
players = Table(
    "players",
    tables,
    Column("user_id", ForeignKey(users.c.id), primary_key=True),
    Column("band", ForeignKey(bands.c.slug), primary_key=True),
    Column("part", String, nullable=False),
)

ROLES = {"leader": Role.OWNER, "player": Role.EDITOR, "guest": Role.VIEWER}


def application(settings: Settings, database: AsyncEngine) -> ASGIApp:
    platform = FastAPI()
    syncing: set[asyncio.Task[None]] = set()

    async def who(shown: Shown) -> Person | None:
        """Stands for the platform's own sessions: here the cookie is the user's id."""
        user_id = shown.cookies.get("user", "")
        async with database.connect() as connection:
            wanted = select(users).where(users.c.id == (int(user_id) if user_id.isdecimal() else None))
            user = (await connection.execute(wanted)).one_or_none()
        return Person(str(user.id), user.name) if user else None

    async def bands_of(user_id: str) -> list[HostBand]:
        theirs = select(bands, players.c.part).join(players).where(players.c.user_id == int(user_id))
        async with database.connect() as connection:
            return [HostBand(band.slug, band.title, band.part) for band in await connection.execute(theirs)]

    @platform.put("/bands/{band}/players/{user_id}/{part}")
    async def put_player(request: Request, band: str, user_id: int, part: str) -> None:
        await _leave(band, user_id)
        async with database.begin() as connection:
            await connection.execute(insert(players).values(user_id=user_id, band=band, part=part))
        await request.app.state.collab.members_changed(str(user_id))

    @platform.delete("/bands/{band}/players/{user_id}")
    async def remove_player(request: Request, band: str, user_id: int) -> None:
        await _leave(band, user_id)
        await request.app.state.collab.members_changed(str(user_id))

    async def _leave(band: str, user_id: int) -> None:
        async with database.begin() as connection:
            await connection.execute(delete(players).where(players.c.band == band, players.c.user_id == user_id))

    @platform.post("/bands/{band}/sync", status_code=202)
    async def sync_files(request: Request, band: str) -> None:
        engine = request.app.state.collab

        async def sync() -> None:
            for progress in (0, 50, 100):
                status = "completed" if progress == 100 else "syncing"
                engine.tell("sync_status", {"status": status, "progress": progress}, band=band)
                await asyncio.sleep(0)  # here a file is copied

        task = asyncio.create_task(sync())
        syncing.add(task)
        task.add_done_callback(syncing.discard)

    return create_app(settings, platform, identify=who, bands_of=bands_of, roles=ROLES)
