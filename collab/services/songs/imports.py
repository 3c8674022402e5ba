"""Imports: songs from files into a band's repertoire, in the background, as ordinary edits of whoever started it."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from collab.domain.access import BandRoom, Right, UserRoom
from collab.domain.bands import Job, JobStatus, User
from collab.domain.errors import ClientFault, Forbidden, Unavailable
from collab.domain.kinds import Kinds
from collab.domain.ot.edits import Proposal
from collab.domain.ot.ops import Value
from collab.domain.songs.found import Songs
from collab.domain.songs.plan import Incoming, Policy, plan, tally
from collab.services.bands.contents import ContentService
from collab.services.bands.directory import Directory
from collab.services.bands.keyed_locks import KeyedLocks
from collab.services.editing.service import note_committed
from collab.services.ports import Announcer, Clock, HistoryReader, Journal, SongParser, Timer
from collab.services.songs.results import Preview, brief, mostly_lost, problems_in_words, told
from collab.services.songs.targets import Target, Targets
from collab.services.songs.unpacking import ImportLimits, file_label
from collab.services.stores import JobStore, too_many_running

log = structlog.get_logger(__name__)

BATCH = 50
"""Songs in one edit: live edits never wait behind more than this."""

LEASE = timedelta(seconds=30)
"""A node that has not taken a step of its job for so long has lost it to the next one that looks."""

MAX_RUNNING = 3
"""Imports of one band at a time, those among them whose file is still to be read."""

RETRY_S = 1.0
MAX_RETRIES = 20


class ImportService:
    def __init__(
        self,
        directory: Directory,
        contents: ContentService,
        store: JobStore,
        reader: HistoryReader,
        journal: Journal,
        announcer: Announcer,
        kinds: Kinds,
        clock: Clock,
        new_id: Callable[[], str],
        node_id: str,
        parser: SongParser,
        limits: ImportLimits,
    ) -> None:
        self.limits = limits
        self._parser = parser
        self._directory = directory
        self._targets = Targets(contents, reader, kinds)
        self._store = store
        self._reader = reader
        self._journal = journal
        self._announcer = announcer
        self._clock = clock
        self._new_id = new_id
        self._runner = node_id
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: set[str] = set()
        self._timer: Timer | None = None
        # One import of a repertoire after the other, step by step: two that bring the same song make it once.
        self._stepping = KeyedLocks()
        self._starting: Counter[str] = Counter()
        # One file of a user, and of a band, after the other: whoever has a hundred bands, or a band a hundred members,
        # holds others up by one file at most.
        self._reading = KeyedLocks()

    async def preview(self, user: User, band_id: str, name: str, data: bytes) -> Preview:
        """What an import of the file would bring; nothing is changed. `TooLarge`."""
        await self._require_editor(user, band_id)
        songs = await self._parsed(user, band_id, name, data)
        return Preview(file_label(name), songs, await self._targets.repertoire(band_id))

    async def start(
        self,
        user: User,
        band_id: str,
        name: str,
        data: bytes,
        policy: Policy = "theirs",
        choices: Mapping[int, Policy] | None = None,
    ) -> Job:
        """A new job, stored and running; a file that is bad makes one that says so. `TooLarge`, `RateLimited`.

        `policy` is for songs that the repertoire has; `choices` are for single ones, by their number in the file.
        """
        await self._require_editor(user, band_id)
        async with self._one_of_few(band_id):
            songs = await self._parsed(user, band_id, name, data)
            label = file_label(name)
            target = await self._targets.of(user, band_id, label, songs, policy, choices or {})
            job = await self._added(user, band_id, label, target, told(songs))
        self._spawn(self._run(job))
        return job

    @asynccontextmanager
    async def _one_of_few(self, band_id: str) -> AsyncIterator[None]:
        """Room for one more import of a band while it starts; `RateLimited` where there is none."""
        async with self._stepping.at(band_id):
            # Counted first: one that is stored while the others are read is counted twice rather than not at all.
            starting = self._starting[band_id]
            running = [job for job in await self._store.of_band(band_id) if job.status == "running"]
            if starting + len(running) >= MAX_RUNNING:
                raise too_many_running(MAX_RUNNING)
            self._starting[band_id] += 1
        try:
            yield
        finally:
            self._starting[band_id] -= 1
            if not self._starting[band_id]:
                del self._starting[band_id]

    async def _parsed(self, user: User, band_id: str, name: str, data: bytes) -> Songs:
        async with self._reading.at_all((f"user {user.id}", f"band {band_id}")):
            return await self._parser.parse(file_label(name), data, self._targets.song_types)

    async def _added(self, user: User, band_id: str, name: str, target: Target, result: dict[str, Value]) -> Job:
        job = Job(
            id=self._new_id(),
            band_id=band_id,
            content_id=target.content_id,
            name=name,
            started_by=user,
            total=len(target.work),
            created_at=self._clock.now(),
            work=target.work,
            result=result,
        )
        await self._store.add(job, self._runner, self._clock.now() + LEASE, max_running=MAX_RUNNING)
        return job

    async def job(self, user: User, job_id: str) -> Job:
        """A job, for the members of its band."""
        return await self._require(user, job_id, Right.VIEW)

    async def jobs_of(self, user: User, band_id: str) -> list[Job]:
        """The jobs of a band, the newest first."""
        await self._directory.learn_band(user, band_id)
        self._directory.require_band(user, band_id, Right.VIEW, as_operator=True)
        return [brief(job) for job in await self._store.of_band(band_id)]

    async def cancel(self, user: User, job_id: str) -> Job:
        """Ends a job, one's own or as an owner anybody's. What it has brought in stays, and can be undone."""
        job = await self._require(user, job_id, Right.EDIT)
        if job.started_by.id != user.id:
            await self._require(user, job_id, Right.MANAGE)
        await self._finish(job, "cancelled", f"{user.name} cancelled the import of {job.name}")
        return await self._require(user, job_id, Right.VIEW)

    async def resume(self) -> None:
        """Goes on with the jobs that nobody runs, now and from time to time; call it when the engine starts."""
        now = self._clock.now()
        self._timer = self._clock.call_at(now + LEASE, lambda: self._spawn(self.resume()))
        try:
            claimed = await self._store.claim(self._runner, now, now + LEASE)
        except Unavailable:
            log.warning("the database did not say which imports are to be resumed")
            return
        for job in claimed:
            if job.id not in self._running:
                self._spawn(self._run(job))

    async def close(self) -> None:
        """Stops between two steps, and leaves the jobs to whoever resumes them."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._store.release(self._runner)
        except Unavailable:
            log.warning("imports could not be handed on; they are resumed when their leases have run out")

    async def _run(self, job: Job) -> None:
        self._running.add(job.id)
        try:
            await self._carry_out(job)
        except Unavailable:
            log.warning("an import waits for the database", job_id=job.id)
        finally:
            self._running.discard(job.id)

    async def _carry_out(self, job: Job) -> None:
        """Brings all in, unless somebody else ends the job; `Unavailable` where the database stays away."""
        try:
            self._tell(job)
            while job.done < job.total:
                await self._step(job)
                before, job = job, replace(job, done=min(job.done + BATCH, job.total))
                if not await self._store.advance(job.id, self._runner, job.done, self._clock.now() + LEASE):
                    return
                if job.percent > before.percent:
                    self._tell(job)
            await self._finish(job, "completed", "")
        except Unavailable:
            raise
        except ClientFault as fault:
            await self._finish(job, "error", f"the import of {job.name} ended: {fault.message}")
        except Exception:
            # The edge of a job: a fault of ours ends it, and nothing else.
            log.exception("an import failed", job_id=job.id)
            await self._finish(job, "error", f"the import of {job.name} ended by a fault of the server")

    async def _step(self, job: Job) -> None:
        """Brings in the next batch, as one edit. Where the database fails it is tried again a little later, and after a
        crash by whoever resumes the job: by its id the edit is known, and made once."""
        songs = [Incoming.from_json(entry) for entry in job.work[job.done : job.done + BATCH]]
        ids = [str(uuid.uuid5(uuid.UUID(job.id), f"song {job.done + index}")) for index in range(len(songs))]
        for _ in range(MAX_RETRIES):
            try:
                async with self._stepping.at(job.content_id):
                    await self._submit(job, songs, ids)
                return
            except Unavailable:
                await asyncio.sleep(RETRY_S)
        await self._submit(job, songs, ids)

    async def _submit(self, job: Job, songs: Sequence[Incoming], ids: Sequence[str]) -> None:
        user = job.started_by
        await self._directory.learn_content(user, job.content_id)
        allowed = partial(self._directory.require_content, user, job.content_id, Right.EDIT, as_operator=True)
        allowed()
        document = await self._reader.document(job.content_id)
        ops = await asyncio.to_thread(plan, document, songs, ids, self._targets.song_types)
        if ops:
            edit_id = _edit_id(job, job.done)
            proposal = Proposal(edit_id, document.version, ops, user.author, None, self._clock.now())
            note_committed(await self._journal.submit(job.content_id, proposal, allowed))

    async def _finish(self, job: Job, status: JobStatus, message: str) -> None:
        """Ends the job and tells everybody, unless it is over already. What it did is what its edits say."""
        ids = [_edit_id(job, begin) for begin in range(0, job.total, BATCH)]
        edits = await self._reader.edits_by_id(job.content_id, ids)
        tallies = [tally(edit.ops) for edit in edits]
        added, updated = sum(added for added, _ in tallies), sum(updated for _, updated in tallies)
        if status == "completed" and (fault := mostly_lost(job)):
            status, message = "error", fault
        result: dict[str, Value] = {
            **job.result,
            "status": status,
            "added": added,
            "updated": updated,
            "unchanged": job.done - added - updated if status == "completed" else 0,
        }
        told = message or f"{job.name}: {added} songs added, {updated} changed, {problems_in_words(job)}"
        if await self._store.finish(job.id, status, {**result, "message": told}, self._clock.now()):
            over = replace(job, status=status, result={**result, "message": told})
            word = "completed" if status == "completed" else "error"
            self._announcer.job_status(BandRoom(job.band_id), over, word, told)
            self._announcer.job_complete(UserRoom(job.started_by.id), over)

    def _tell(self, job: Job) -> None:
        message = f"{job.name}: {job.done} of {job.total} songs"
        self._announcer.job_status(BandRoom(job.band_id), job, "syncing", message)
        self._announcer.job_progress(UserRoom(job.started_by.id), job)

    async def _require_editor(self, user: User, band_id: str) -> None:
        await self._directory.learn_band(user, band_id)
        self._directory.require_band(user, band_id, Right.EDIT, as_operator=True)

    async def _require(self, user: User, job_id: str, right: Right) -> Job:
        job = await self._store.get(job_id)
        # An id that is no job's is looked for all the same: both take the same time.
        await self._directory.learn_band(user, job_id if job is None else job.band_id)
        if job is None or not self._directory.may(user, job.band_id, Right.VIEW, as_operator=True):
            # Alike, so that nobody learns what others do.
            raise Forbidden(f"import {job_id} does not exist or is not yours")
        self._directory.require_band(user, job.band_id, right, as_operator=True)
        return job

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="import")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _edit_id(job: Job, begin: int) -> str:
    """The id of the edit that brings in the songs from `begin` on: the same however often it is tried."""
    return str(uuid.uuid5(uuid.UUID(job.id), f"edit {begin}"))
