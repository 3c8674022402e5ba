"""The composition root: one node, from its settings through storage and services to realtime and REST."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

from starlette.types import ASGIApp

from collab.clock import SystemClock
from collab.domain.access import Role
from collab.domain.kinds import KINDS, Kinds
from collab.from_settings import (
    connection_limits,
    count_limits,
    door,
    door_rates,
    import_limits,
    journal,
    keeping,
    lease,
    other_nodes,
    presence_service,
    prometheus,
    rate_limits,
    server,
    sessions,
    traces,
    watch,
    watch_space,
    watch_webhooks,
    webhooks,
)
from collab.parsing.parser import Parser
from collab.protocol.ids import new_id
from collab.realtime.answers import Answers
from collab.realtime.broadcast import Broadcaster
from collab.realtime.connecting import Connecting
from collab.realtime.eviction import Eviction
from collab.realtime.handlers import Handlers
from collab.realtime.host import Host
from collab.realtime.rooms import Rooms
from collab.realtime.server import BesideSockets, Sockets
from collab.services.bands.contents import ContentService
from collab.services.bands.directory import Directory
from collab.services.bands.forgetting import Forgetting
from collab.services.bands.host_bands import OUR_ROLES, BandsOf, HostBands
from collab.services.bands.membership import MembershipService
from collab.services.cluster.band_relay import BandRelay
from collab.services.cluster.cluster import Cluster
from collab.services.cluster.edit_relay import EditRelay
from collab.services.cluster.following import Following
from collab.services.cluster.lease import LeaseKeeper
from collab.services.cluster.nodes import Nodes
from collab.services.cluster.publisher import Publisher, Silence
from collab.services.cluster.single_node import SingleNode
from collab.services.editing.after_commit import AfterCommit
from collab.services.editing.briefs import BriefService
from collab.services.editing.history import HistoryService
from collab.services.editing.hooks import Hook, OnEdit, OnPresence
from collab.services.editing.service import EditingService
from collab.services.health import Health
from collab.services.leaving import IsGone, Leaving
from collab.services.life import Life
from collab.services.own_data import OwnData
from collab.services.ports import UNMETERED, Bus, Clock, Meter, Tokens
from collab.services.presence.log import PresenceLog
from collab.services.presence.peers import PresencePeers
from collab.services.presence.reader import PresenceReader
from collab.services.pruning import Pruning
from collab.services.rates import Rates
from collab.services.songs.exports import ExportService
from collab.services.songs.imports import ImportService
from collab.settings import Settings
from collab.storage.bands import StoredBands
from collab.storage.browsing import StoredBrowser
from collab.storage.checkpoints import StoredCheckpoints
from collab.storage.checks import check_database, check_schema
from collab.storage.database import Database
from collab.storage.deadline import Deadline
from collab.storage.door import StoredDoor
from collab.storage.jobs import StoredJobs
from collab.storage.leaving import StoredLeaving
from collab.storage.own_data import StoredOwnData
from collab.storage.presence import StoredPresence
from collab.storage.pruning import StoredPruning
from collab.storage.readers import StoredHistory
from collab.storage.space import PostgresSpace
from collab.storage.webhooks import StoredOutbox
from collab.tokens import Tokens as JwtTokens

SETTLE_S = 3.0
"""How long the end of a server waits for answers that are on their way."""

HOOKS_S = 1.0
"""How long the end of a server waits for the callbacks of its host."""

GOODBYE_S = 0.1
"""How long the last answers and goodbyes may take to leave."""


class Engine:
    """Everything of one node, put together. `membership`, `contents`, `editing` and `history` are for hosts to use, and
    `tell` and `on`, which are those of `collab.realtime.host.Host`. It serves while `running()` is entered, or from its
    first use on; `sockets` is an ASGI application that answers clients at whatever path it is mounted.

    What is not given is made as the settings say: the bus to other nodes, the database, and what checks tokens.
    """

    def __init__(
        self,
        settings: Settings,
        kinds: Kinds = KINDS,
        clock: Clock | None = None,
        bus: Bus | None = None,
        *,
        database: Database | None = None,
        tokens: Tokens | None = None,
        new_id: Callable[[], str] = new_id,
        on_edit: OnEdit | None = None,
        on_presence: OnPresence | None = None,
        bands_of: BandsOf | None = None,
        roles: Mapping[str, Role] = OUR_ROLES,
    ) -> None:
        clock = clock or SystemClock()
        self.settings = settings
        self.prometheus = prometheus(settings)
        self._meter: Meter = self.prometheus or UNMETERED
        database = database or Database.at(settings.database_url)
        self._writer, self.reading = database.writer, database.reading
        self._deadline = Deadline(self._writer, self.reading)
        self.browser = StoredBrowser(settings.database_url)
        self._server = server(settings)
        self.sessions = sessions(settings, clock)
        self._rooms = Rooms(self.sessions, self._meter)
        self._edit_hook = Hook("on_edit", on_edit)
        self._presence_hook = Hook("on_presence", on_presence)
        self._lease = lease(settings, clock, new_id)
        self._traces = traces(settings, self._lease.node_id)
        self._answers = Answers(
            self._meter,
            is_telling=settings.log_level == "DEBUG",
            now_s=clock.monotonic_s,
            on_event=self._traces.arrived,
        )
        counts = count_limits(settings)
        store = StoredBands(self.reading, self._writer, counts)
        self.directory = Directory(store)
        others = other_nodes(settings, bus, self._lease, clock, self.directory.band_of)
        self.broadcaster = Broadcaster(self._rooms, settings.max_sent_bytes, others)
        self._forgetting = Forgetting(self.directory, self.sessions.user_ids, clock)
        self._journal = journal(settings, self._writer, kinds, self.directory.band_of, self._meter, clock)
        reader = StoredHistory(self.reading, self._journal)
        presence_store = StoredPresence(self.reading, self._writer)
        self._presence_log = PresenceLog(presence_store, clock, new_id, self._lease)
        self.presence = presence_service(
            settings,
            clock,
            self.broadcaster,
            self._rooms,
            self._presence_log,
            is_removed=self._journal.is_removed,
            on_news=self._presence_hook.notify,
            on_change=others.presence_changed,
        )
        self.presence_reader = PresenceReader(self.directory, self.presence, self._presence_log, presence_store)
        self._pruning = Pruning(StoredPruning(self.reading, self._writer), clock, keeping(settings), self._meter)
        self._bands = BandRelay(self.broadcaster, self.directory, self.presence, store)
        self.nodes = self._join(others, reader, clock)
        self._lease_keeper = LeaseKeeper(
            self._lease, presence_store, clock, self._presence_log.renew, self.presence.departed, self._look_around
        )
        self.host_bands = (
            HostBands(bands_of, roles, store, self._bands.refresh, others.band_changed, clock) if bands_of else None
        )
        self.leaving = Leaving(
            StoredLeaving(self.reading, self._writer),
            self._take_leave,
            self._bands.refresh,
            others.band_changed,
            self.directory.bands_of,
            clock,
            new_id,
            self._lease.length,
            needs_owners=bands_of is None,
        )
        self.own_data = OwnData(StoredOwnData(self.reading), self.browser)
        self.membership = MembershipService(
            store,
            self.directory,
            self._bands.refresh,
            self.presence,
            self.broadcaster,
            others,
            clock,
            new_id,
            self.host_bands,
        )
        self.contents = ContentService(
            store,
            self.directory,
            kinds,
            self.broadcaster,
            clock,
            new_id,
            max_bytes=settings.max_content_bytes,
        )
        self._webhooks = webhooks(settings, StoredOutbox(self.reading, self._writer), reader, clock)
        self.rates = Rates(rate_limits(settings), clock, self.sessions.find, self._meter)
        self.editing = EditingService(
            self.directory, self._traces.queueing(self._journal), reader, clock, self.nodes.opened, self.rates
        )
        checkpoints = StoredCheckpoints(self.reading, self._writer, counts)
        self.history = HistoryService(
            self.directory, store, reader, self._journal, checkpoints, kinds, clock, new_id, self.rates
        )
        self.briefs = BriefService(self.contents, self.history)
        self.exports = ExportService(self.history, self.contents, kinds)
        self._parser = Parser(import_limits(settings), settings.import_timeout_s)
        self.imports = ImportService(
            self.directory,
            self.contents,
            StoredJobs(self.reading, self._writer),
            reader,
            self._journal,
            self.broadcaster,
            kinds,
            clock,
            new_id,
            self._lease.node_id,
            self._parser,
            self._parser.limits,
        )
        self.tokens: Tokens = tokens or JwtTokens(settings)
        has_door = tokens is None and bands_of is None
        door_store = StoredDoor(self.reading, self._writer, counts)
        self.door = door(settings, door_store, self.directory, self.membership, clock) if has_door else None
        self.door_rates = door_rates(settings, clock)
        self._after_commit = AfterCommit(
            self.broadcaster,
            self.nodes.committed,
            self.presence,
            self.rates,
            self._edit_hook,
            None if self._webhooks is None else self._webhooks.wake,
            is_telling=settings.log_level == "DEBUG",
        )
        life = Life(self._running)
        self.running, self.ready = life.running, life.ready
        self.sockets = Sockets(self._server, self.ready)
        self.host = self._realtime(clock)
        self.tell, self.on = self.host.tell, self.host.on
        self.health = Health(
            needed={
                "database": partial(check_database, self.reading),
                "schema": partial(check_schema, self.reading),
                "writing": self._writer.check,
                "journal": self._journal.check,
            },
            wanted=self.nodes.checks(),
            parts={"journal": lambda: self._journal.is_stuck, "database's file": lambda: self._writer.is_lost},
        )
        if self.prometheus is not None:
            watch(self.prometheus, self.sessions, self._server.connections, self.presence, self._journal)
            watch_space(self.prometheus, settings, PostgresSpace(self.reading))
            if self._webhooks is not None:
                watch_webhooks(self.prometheus, self._webhooks)

    def _look_around(self, node_ids: set[str]) -> None:
        """The database was just asked which nodes live."""
        self.nodes.living(node_ids)
        self.leaving.wake()

    def _take_leave(self, is_gone: IsGone) -> None:
        """Lets go of what is in memory of somebody who has left for good."""
        self.sessions.expire(is_gone)
        self.directory.forget_users(is_gone)
        self._journal.forget_authors(is_gone)

    def _join(self, others: Publisher | Silence, reader: StoredHistory, clock: Clock) -> Nodes:
        """This node among the others, or alone."""
        if isinstance(others, Silence):
            return SingleNode(self._lease, self.broadcaster, self._bands, clock)
        following = Following(others.bus, self.directory.band_of)
        edits = EditRelay(
            self.broadcaster, reader, self._journal.recall, following, others.edits, self.presence.edited, clock
        )
        presence = PresencePeers(self.presence, clock, timedelta(seconds=self.settings.presence_grace_s))
        return Cluster(others, self._lease, edits, self._bands, presence, clock, self._meter)

    def _realtime(self, clock: Clock) -> Host:
        """Everything that clients say is heard from here on."""
        self._eviction = Eviction(self._server, clock, connection_limits(self.settings), self._meter)
        Connecting(
            self._server,
            self._answers,
            self.sessions,
            self._rooms,
            self._eviction,
            self.tokens,
            self.membership,
            self.presence,
            self.broadcaster,
            self.rates,
            may_be_late=self.settings.late_auth,
        ).register()
        handlers = Handlers(
            self._server,
            self._answers,
            self._rooms,
            self.directory,
            self.contents,
            self.editing,
            self.presence,
            self.broadcaster,
            self._bands.look_for,
            self.rates,
        )
        handlers.register()
        return Host(self.broadcaster, handlers, self.settings.max_sent_bytes)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as ending:
            # In reverse, and each of them whatever becomes of the others.
            ending.callback(self._deadline.end)
            ending.push_async_callback(self.reading.dispose)
            ending.callback(self.browser.close)
            ending.push_async_callback(self._writer.close)
            if self._webhooks is not None:
                await self._webhooks.start()
                ending.push_async_callback(self._webhooks.close)
            for hook in (self._edit_hook, self._presence_hook):
                hook.start()
                ending.push_async_callback(hook.close, HOOKS_S)
            ending.push_async_callback(self._traces.close)
            self._journal.start(self._traces.telling(self._after_commit.tell))
            self._presence_log.start()
            ending.push_async_callback(self._presence_log.close)
            self.nodes.start()
            ending.push_async_callback(self.nodes.close)
            self._lease_keeper.start()
            self._pruning.start()
            ending.push_async_callback(self._pruning.close)
            self.leaving.start()
            ending.push_async_callback(self.leaving.close)
            ending.push_async_callback(self._lease_keeper.close)
            self._forgetting.start()
            ending.callback(self._forgetting.stop)
            self._eviction.start()
            ending.callback(self._eviction.stop)
            self.host.start()
            ending.callback(self.host.stop)
            # A client may have gone, and its event still be at work: the database stays open for it.
            ending.push_async_callback(self._answers.settled, SETTLE_S)
            ending.push_async_callback(self._journal.close)
            ending.push_async_callback(self.imports.close)
            ending.callback(self._parser.close)
            ending.callback(self.health.stop)
            ending.callback(self._deadline.begin)
            await self.imports.resume()
            yield

    async def members_changed(self, *user_ids: str, band_id: str | None = None) -> None:
        """The host, which keeps the bands, has changed those of these users, or the roles of all in a band: they are
        asked for again, and who was taken out leaves its rooms. `Unavailable` where the host does not say."""
        if self.host_bands is None:
            raise ValueError("expected an engine whose host keeps the bands: give it `bands_of`")
        await self.host_bands.changed(*user_ids, band_id=band_id)

    async def say_goodbye(self, retry_in_s: float) -> None:
        """Before the connections are closed: tells every session when to come back, commits and answers what was
        accepted, and takes no further edit."""
        self.health.stop()
        self._deadline.begin()
        self._parser.close()
        for session_id in self.sessions.ids():
            self.broadcaster.tell(session_id, "server_restarting", {"retry_in": retry_in_s})
        self.presence.stop()
        await self._journal.close()
        await self._answers.settled(SETTLE_S)
        # What is flushed lies in the sockets' own queues: their writers need a moment.
        await asyncio.sleep(GOODBYE_S)

    def socketio(self, app: ASGIApp) -> ASGIApp:
        """The application that answers at the path of the sockets itself and leaves all else to `app`."""
        return BesideSockets(self.sockets, app, self.settings.socket_path)
