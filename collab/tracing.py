"""Traces of edits for an OpenTelemetry collector: where the time of each goes.

    edit         from its event, or its REST call, until everybody was told
      handler    it is parsed, and its author's role looked up
      queue      it waits for a transaction
      commit     the transaction, with the other edits in it, until it is durable
      broadcast  it is handed to every room, and answered

The times are noted on the way, and the spans made of them after the edit was told: nobody waits for that. What a node
notes of edits that come to nothing has a bound. Spans hold ids and never what anybody wrote.
"""

import asyncio
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Thread

from cachetools import LRUCache
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, set_span_in_context

from collab.about import release
from collab.domain.ot.edits import Asked, Edit
from collab.domain.ot.rebase import Stored
from collab.services.editing.after_commit import Commit
from collab.services.ports import Journal, Require
from collab.services.ticket import Ticket
from collab.services.traces import Tell

MAX_FOLLOWED = 10_000
"""Of so many edits it is known when they came: the longest ago is forgotten."""

_SEND_S = 2.0
"""How long a collector may take to answer."""

_CLOSE_S = 2.0
"""How long the end of a node waits for it."""

_ARRIVED_NS: ContextVar[int] = ContextVar("arrived_ns")


@dataclass(frozen=True, slots=True)
class _Queued:
    arrived_ns: int
    queued_ns: int


class EditTraces:
    """Implements `services.traces.Traces`. Times are those of `now_ns`, a clock in nanoseconds since 1970."""

    def __init__(self, provider: TracerProvider, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("collab", release())
        self._now_ns = now_ns
        self._queued: LRUCache[tuple[str, str], _Queued] = LRUCache(MAX_FOLLOWED)

    def arrived(self) -> None:
        _ARRIVED_NS.set(self._now_ns())

    def queueing(self, journal: Journal) -> Journal:
        return _Queueing(journal, self._note)

    def telling(self, tell: Tell) -> Tell:
        def tell_traced(commit: Commit) -> None:
            durable_ns = self._now_ns()
            tell(commit)
            told_ns = self._now_ns()
            for accepted in commit.accepted:
                self._trace(accepted.edit, durable_ns - int(commit.took_s * 1e9), durable_ns, told_ns)

        return tell_traced

    async def close(self) -> None:
        # A collector that does not answer must not keep the process, as a thread of the event loop's would.
        sending = Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        await asyncio.to_thread(sending.join, _CLOSE_S)

    def _note(self, content_id: str, edit_id: str) -> None:
        now_ns = self._now_ns()
        self._queued[content_id, edit_id] = _Queued(_ARRIVED_NS.get(now_ns), now_ns)

    def _trace(self, edit: Edit, taken_ns: int, durable_ns: int, told_ns: int) -> None:
        queued = self._queued.pop((edit.content_id, edit.edit_id), None)
        if queued is None:
            return
        ids: dict[str, str | int] = {"content_id": edit.content_id, "edit_id": edit.edit_id, "version": edit.version}
        root = self._tracer.start_span(
            "edit", Context(), SpanKind.SERVER, ids, start_time=queued.arrived_ns, record_exception=False
        )
        within = set_span_in_context(root, Context())
        # A clock that was set meanwhile may not turn the order round.
        taken_ns = max(taken_ns, queued.queued_ns)
        steps = ("handler", "queue", "commit", "broadcast")
        times = (queued.arrived_ns, queued.queued_ns, taken_ns, max(durable_ns, taken_ns), told_ns)
        for name, begin_ns, end_ns in zip(steps, times, times[1:], strict=False):
            self._tracer.start_span(name, within, start_time=begin_ns).end(max(begin_ns, end_ns))
        root.end(max(times))


class _Queueing:
    """A journal, and who notes what is submitted to it."""

    def __init__(self, journal: Journal, note: Callable[[str, str], None]) -> None:
        self._journal = journal
        self._note = note

    def submit(self, content_id: str, asked: Asked, require: Require = lambda: None) -> Ticket[Stored]:
        ticket = self._journal.submit(content_id, asked, require)
        self._note(content_id, asked.edit_id)
        return ticket


def traces_to(url: str, node_id: str) -> EditTraces:
    """Traces that are sent to a collector's OTLP over HTTP, a batch now and then, by a thread of their own. What it
    does not take is lost. How many edits are traced says `OTEL_TRACES_SAMPLER`, as everywhere."""
    about = {"service.name": "collab", "service.version": release(), "service.instance.id": node_id}
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url, timeout=_SEND_S)))
    return EditTraces(provider)
