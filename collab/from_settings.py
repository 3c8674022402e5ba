"""What the settings of an engine come to: its limits, and the parts of it that take several of them."""

import platform
from collections.abc import Callable
from datetime import timedelta

from collab.about import release
from collab.bus.redis_bus import RedisBus
from collab.domain.access import SharedRoom
from collab.domain.kinds import Kinds
from collab.domain.presence.roster import Diff
from collab.domain.rates import Rate
from collab.domain.sizes import SizeLimits
from collab.http.traffic import TrafficLimits
from collab.metrics import PrometheusMeter
from collab.protocol.ids import new_id
from collab.realtime.connection import Connections
from collab.realtime.eviction import ConnectionLimits
from collab.realtime.server import Server, make_server
from collab.realtime.sessions import Sessions
from collab.services.bands.directory import Directory
from collab.services.bands.membership import MembershipService
from collab.services.buckets import RateLimits
from collab.services.cluster.lease import Lease
from collab.services.cluster.publisher import Publisher, Silence
from collab.services.door.door import Door
from collab.services.door.rates import DoorRates
from collab.services.door.secrets import Credentials
from collab.services.door.store import DoorStore
from collab.services.editing.webhooks import Webhooks
from collab.services.ports import Announcer, Bus, Clock, HistoryReader, Meter
from collab.services.presence.log import PresenceLog
from collab.services.presence.news import PresenceNews
from collab.services.presence.service import OnChange, PresenceService
from collab.services.pruning import Keeping
from collab.services.session import Rooms
from collab.services.songs.unpacking import ImportLimits
from collab.services.stores import CountLimits, Outbox
from collab.services.traces import Traces, Untraced
from collab.settings import Settings
from collab.storage.engine import sqlite_file
from collab.storage.journal import Journal
from collab.storage.space import PostgresSpace, size_bytes
from collab.storage.writer import Writer
from collab.tokens import Tokens as JwtTokens
from collab.webhooks import Receiver, webhook_id


def rate_limits(settings: Settings) -> RateLimits | None:
    """How much users may send; None where they may send what they like."""
    if not settings.rate_limits:
        return None
    return RateLimits(
        edits=Rate(settings.edits_per_s, settings.edits_burst),
        presence=Rate(settings.presence_per_s, settings.presence_burst),
        requests=Rate(settings.requests_per_s, settings.requests_burst),
        creations=Rate(settings.creations_per_s, settings.creations_burst),
        written=Rate(settings.written_bytes_per_s, settings.written_bytes_burst),
        told=Rate(settings.told_bytes_per_s, settings.told_bytes_burst),
        read=Rate(settings.read_bytes_per_s, settings.read_bytes_burst),
        user_factor=settings.user_rate_factor,
        band_factor=settings.band_rate_factor,
    )


def connection_limits(settings: Settings) -> ConnectionLimits:
    return ConnectionLimits(
        timedelta(seconds=settings.auth_timeout_s),
        max_unauthenticated=settings.max_unauthenticated,
        max_unauthenticated_per_address=settings.max_unauthenticated_per_address,
        max_queued_messages=settings.max_queued_messages,
        max_queued_bytes=settings.max_queued_bytes,
    )


def count_limits(settings: Settings) -> CountLimits:
    return CountLimits(
        user_bands=settings.max_user_bands,
        user_memberships=settings.max_user_memberships,
        band_members=settings.max_band_members,
        band_contents=settings.max_band_contents,
        content_checkpoints=settings.max_content_checkpoints,
    )


def traffic_limits(settings: Settings) -> TrafficLimits:
    return TrafficLimits(
        user_bytes=settings.max_user_call_bytes,
        all_bytes=settings.max_call_bytes,
        user_answers=settings.max_user_large_answers,
        all_answers=settings.max_large_answers,
        timeout_s=settings.call_timeout_s,
    )


def door_rates(settings: Settings, clock: Clock) -> DoorRates:
    rate = Rate(settings.door_per_s, settings.door_burst) if settings.rate_limits else None
    return DoorRates(rate, clock)


def door(
    settings: Settings, store: DoorStore, directory: Directory, membership: MembershipService, clock: Clock
) -> Door | None:
    """The way in by links of our own, where the settings say that there is one."""
    if settings.sign_in != "invitations" or settings.jwt_secret is None:
        return None
    credentials = Credentials(settings.jwt_secret.get_secret_value())
    return Door(store, directory, membership, JwtTokens(settings), credentials, clock, new_id)


def import_limits(settings: Settings) -> ImportLimits:
    return ImportLimits(settings.import_max_bytes, settings.import_max_unpacked_bytes, settings.import_max_songs)


def lease(settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Lease:
    return Lease(clock, new_id, platform.node(), timedelta(seconds=settings.node_lease_s))


def keeping(settings: Settings) -> Keeping:
    stays, jobs = (
        timedelta(seconds=kept_s) if kept_s else None for kept_s in (settings.presence_kept_s, settings.jobs_kept_s)
    )
    return Keeping(stays, jobs)


def other_nodes(
    settings: Settings, bus: Bus | None, lease: Lease, clock: Clock, band_of: Callable[[str], str]
) -> Publisher | Silence:
    """The other nodes, on a bus that was given or that the settings name; else nobody."""
    if bus is None and settings.bus_url:
        bus = RedisBus(settings.bus_url)
    if bus is None:
        return Silence()
    return Publisher(bus, lease, clock, timedelta(seconds=settings.presence_interval_s), band_of)


def server(settings: Settings) -> Server:
    return make_server(
        allowed_origins=settings.allowed_origins,
        ping_interval_s=settings.ping_interval_s,
        ping_timeout_s=settings.ping_timeout_s,
        max_message_bytes=settings.max_message_bytes,
        compression_threshold_bytes=settings.compression_threshold_bytes,
    )


def sessions(settings: Settings, clock: Clock) -> Sessions:
    most = settings.max_user_sessions if settings.rate_limits else None
    return Sessions(clock, timedelta(seconds=settings.auth_timeout_s), max_per_user=most)


def journal(
    settings: Settings, writer: Writer, kinds: Kinds, band_of: Callable[[str], str], meter: Meter, clock: Clock
) -> Journal:
    return Journal(
        writer,
        kinds,
        max_waiting=settings.max_waiting_edits,
        max_live=settings.max_live_contents,
        max_base_edits=settings.max_base_edits,
        band_of=band_of,
        sizes=SizeLimits(settings.max_content_bytes, settings.max_sent_bytes),
        meter=meter,
        now_s=clock.monotonic_s,
    )


def presence_service(
    settings: Settings,
    clock: Clock,
    announcer: Announcer,
    rooms: Rooms,
    presence_log: PresenceLog,
    *,
    is_removed: Callable[[str, str], bool],
    on_news: Callable[[SharedRoom, Diff], None],
    on_change: OnChange,
) -> PresenceService:
    interval = timedelta(seconds=settings.presence_interval_s)
    return PresenceService(
        rooms,
        PresenceNews(announcer, clock, interval, on_news),
        presence_log,
        clock,
        is_removed,
        grace=timedelta(seconds=settings.presence_grace_s),
        idle_after=timedelta(seconds=settings.presence_idle_after_s),
        max_sessions=settings.max_room_sessions,
        on_change=on_change,
    )


def webhooks(settings: Settings, outbox: Outbox, reader: HistoryReader, clock: Clock) -> Webhooks | None:
    """The deliveries to the webhook that the settings name, if they do."""
    url, secret = settings.webhook_url, settings.webhook_secret
    if url is None or secret is None:
        return None
    return Webhooks(outbox, reader, clock, webhook_id(url), Receiver(url, secret.get_secret_value(), clock))


def prometheus(settings: Settings) -> PrometheusMeter | None:
    """The meter of an engine whose settings name a token for `/metrics`."""
    if settings.metrics_token is None:
        return None
    return PrometheusMeter(release(), settings.database_url.partition(":")[0].partition("+")[0])


def traces(settings: Settings, node_id: str) -> Traces:
    """Traces for the collector that the settings name, or none. `ValueError` where what sends them is not installed."""
    if settings.traces_url is None:
        return Untraced()
    try:
        from collab.tracing import traces_to
    except ModuleNotFoundError as error:
        raise ValueError(f"COLLAB_TRACES_URL needs {error.name}: pip install 'collab-bands[otel]'") from error
    return traces_to(settings.traces_url, node_id)


def watch_webhooks(meter: PrometheusMeter, webhooks: Webhooks) -> None:
    """Lets Prometheus see what a receiver does not take."""
    meter.watch("webhook_failing", "Contents whose last delivery failed.", lambda: webhooks.failing.count)
    meter.watch("webhook_parked", "Those of them that have failed for long.", lambda: webhooks.failing.parked)
    meter.watch("webhook_backlog", "Edits that are still to be delivered.", lambda: webhooks.backlog.edits)
    meter.watch("webhook_backlog_contents", "Contents that they are of.", lambda: webhooks.backlog.contents)
    meter.watch("webhook_age_seconds", "How old the first of them is.", webhooks.age_s)


def watch_space(meter: PrometheusMeter, settings: Settings, space: PostgresSpace) -> None:
    """Lets Prometheus see how much the database takes on its disk."""
    file, taken = sqlite_file(settings.database_url), "How much the database takes on its disk."
    if file is None:
        meter.look_first(space.look)
        meter.watch("database_bytes", taken, lambda: space.size_bytes)
    else:
        meter.watch("database_bytes", taken, lambda: size_bytes(file)[0])
        meter.watch("database_log_bytes", "How long its log (WAL) is.", lambda: size_bytes(file)[1])


def watch(
    meter: PrometheusMeter, sessions: Sessions, connections: Connections, presence: PresenceService, journal: Journal
) -> None:
    """Lets Prometheus see an engine as it is at that moment."""
    meter.watch("sessions", "Connected sessions.", sessions.count)
    meter.watch("people", "Different users among them.", sessions.people)
    meter.watch("rooms", "Rooms with somebody in them.", presence.rooms)
    meter.watch("live_contents", "Contents in memory.", lambda: journal.live)
    meter.watch("journal_waiting", "Edits that wait for their commit.", lambda: journal.waiting)
    meter.watch(
        "outgoing_packets",
        "Packets that wait for clients.",
        lambda: sum(connection.waiting_count for connection in connections),
    )
    meter.watch(
        "outgoing_packets_max",
        "Packets that wait for the slowest client.",
        lambda: max((connection.waiting_count for connection in connections), default=0),
    )
