"""The traces of edits that a collector gets of a running server."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from collab.engine import Engine
from tests.conftest import Gig, make_gig
from tests.support.members import member, set_
from tests.support.serving import RunningEngine, serving, settings_for

STEPS = ("handler", "queue", "commit", "broadcast")


class Collector:
    """What was sent to a collector of OTLP over HTTP."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.url = ""

    @property
    def spans(self) -> Sequence[Span]:
        requests = map(ExportTraceServiceRequest.FromString, self.bodies)
        return [
            span
            for request in requests
            for sent in request.resource_spans
            for of in sent.scope_spans
            for span in of.spans
        ]


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002  # as it is called there

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield collector
        server.shutdown()
        thread.join()


@asynccontextmanager
async def traced(database_url: str, url: str) -> AsyncIterator[tuple[RunningEngine, Gig]]:
    async with serving(settings_for(database_url, traces_url=url)) as server:
        yield server, await make_gig(server)


@pytest.mark.asyncio
async def test_a_trace_says_where_the_time_of_an_edit_went(database_url: str) -> None:
    with collecting() as collector:
        async with traced(database_url, collector.url) as (server, gig), member(server, "ben") as ben:
            answer = await ben.edit(gig.setlist_id, 0, set_("iko", "title", "Jock-A-Mo"))
            refused = await ben.edit(gig.setlist_id, 0, set_("nothing", "title", "Jock-A-Mo"))
            again = await ben.edit(gig.setlist_id, 0, set_("iko", "title", "Aiko"), edit_id=answer["edit_id"])
    assert (answer["ok"], refused["ok"], again["version"]) == (True, False, answer["version"])
    edits = [span for span in collector.spans if span.name == "edit"]
    (edit,) = (span for span in edits if _attributes(span)["edit_id"] == answer["edit_id"])
    assert _attributes(edit) == {"content_id": gig.setlist_id, "edit_id": answer["edit_id"], "version": "1"}
    steps = {span.name: span for span in collector.spans if span.trace_id == edit.trace_id and span is not edit}
    steps.pop("edit")
    assert {(span.parent_span_id, name) for name, span in steps.items()} == {(edit.span_id, name) for name in STEPS}
    times = [edit.start_time_unix_nano, *(steps[name].end_time_unix_nano for name in STEPS)]
    assert times == sorted(times)
    assert [steps[name].start_time_unix_nano for name in STEPS] == times[:-1]
    assert edit.end_time_unix_nano == times[-1]
    assert not any(b"Jock-A-Mo" in body for body in collector.bodies)


@pytest.mark.asyncio
async def test_an_edit_by_rest_and_an_undo_are_traced(database_url: str) -> None:
    with collecting() as collector:
        async with traced(database_url, collector.url) as (server, gig), member(server, "ben") as ben:
            one = await ben.edit(gig.setlist_id, 0, set_("iko", "tempo", 100))
            undone = await ben.ok("undo_edit", {"room_id": gig.room, "edit_id": _ID, "target": one["edit_id"]})
    versions = {_attributes(span)["version"] for span in collector.spans if span.name == "edit"}
    assert {str(one["version"]), str(undone["version"])} <= versions


_ID = "00000000-0000-4000-8000-000000000001"


@pytest.mark.asyncio
async def test_nobody_waits_for_a_collector_that_is_away(database_url: str) -> None:
    async with traced(database_url, "http://127.0.0.1:9/v1/traces") as (server, gig), member(server, "ben") as ben:
        for version in range(3):
            assert (await ben.edit(gig.setlist_id, version, set_("iko", "tempo", 100 + version)))["ok"]


def test_without_the_setting_nothing_of_it_is_imported() -> None:
    names = ("collab.tracing", "opentelemetry.exporter.otlp.proto.http")
    code = f"import sys, collab.app; print([name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.asyncio
async def test_without_the_extra_the_setting_says_what_to_install(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("opentelemetry") or name == "collab.tracing"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ValueError, match=r"pip install 'collab-bands\[otel\]'"):
        Engine(settings_for(database_url, traces_url="http://127.0.0.1:4318/v1/traces"))


def _attributes(span: Span) -> dict[str, str]:
    return {each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes}
