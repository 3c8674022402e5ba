"""`collab export-person`: all that is somebody's own, into a file."""

from pathlib import Path

from collab.commands.terminal import say
from collab.services.own_data import OwnData
from collab.storage.browsing import StoredBrowser
from collab.storage.engine import reading_engine
from collab.storage.opening import opened
from collab.storage.own_data import StoredOwnData
from collab.storage.whole_files import written_whole


async def export_person(url: str, user_id: str, file: Path) -> None:
    """Writes the file, readable by its owner alone. `NotFound` where there is no such user, `Conflicting` where there
    is such a file, `Unavailable` where the database does not answer."""
    with opened(url, may_be_newer=True):
        engine, browser = reading_engine(url), StoredBrowser(url)
        try:
            pieces = await OwnData(StoredOwnData(engine), browser).of(user_id)
            with written_whole(file) as unfinished:
                unfinished.touch(mode=0o600)
                with unfinished.open("wb") as out:
                    async for piece in pieces:
                        out.write(piece)
        finally:
            browser.close()
            await engine.dispose()
    say(f"{file}: all that is stored of {user_id}")
