"""Hostile REST calls, made of our own OpenAPI document by schemathesis: none is answered 5xx, and none tells anything
of somebody else's band."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error

from tests.fuzz.conftest import SECRET_SONG, Bands, budget
from tests.support.hosted import Hosted
from tests.support.log import Log

# The server runs in a thread of this process, and draws on `random` while Hypothesis looks.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
    pytest.mark.long,
]


@pytest.fixture(scope="module")
def operations(server: Hosted) -> list[Any]:
    schema: Any = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    return [found.ok() for found in schema.get_all_operations()]


def test_no_call_is_a_server_error(server: Hosted, bands: Bands, operations: list[Any], log: Log) -> None:
    known = {
        "band_id": [bands.mine.band_id, bands.foreign.band_id],
        "content_id": [bands.mine.setlist_id, bands.foreign.setlist_id],
    }
    headers = {"Authorization": f"Bearer {server.token('ada')}"}

    def try_it(operation: Any) -> None:
        @budget(15, len(operations))
        @given(case=operation.as_strategy(), is_known=st.integers(0, 3), which=st.integers(0, 1))
        def hostile(case: Case[Any], is_known: int, which: int) -> None:
            if is_known:
                for name in (case.path_parameters or {}).keys() & known.keys():
                    case.path_parameters[name] = known[name][0 if is_known > 1 else which]
            response = case.call(headers=headers, timeout=10)
            case.validate_response(response, checks=[not_a_server_error], headers=headers)
            assert SECRET_SONG not in response.text
            if response.status_code >= 400 and response.headers["content-type"] == ["application/json"]:
                assert response.json()["error"]["message"]

        hostile()

    for operation in operations:
        try_it(operation)
    assert "Traceback" not in log.text


def _calls(operations: list[Any], ids: dict[str, str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A sound call of every operation that is about a band, a content or an import."""
    bodies: dict[str, dict[str, Any]] = {
        "bands/{band_id}": {"json": {"name": "Mine"}},
        "members/{user_id}": {"json": {"role": "viewer"}},
        "bands/{band_id}/contents": {"json": {"kind": "setlist", "title": "Mine"}},
        "revert": {"json": {"version": 0}},
        "checkpoints": {"json": {"label": "Mine"}},
        "imports": {"files": {"file": ("songs.csv", b"title\nMine\n")}},
        "preview": {"files": {"file": ("songs.csv", b"title\nMine\n")}},
        "diff": {"params": {"from": 0}},
        "outline": {"params": {"fields": "title"}},
        "briefs": {"params": {"kind": "setlist"}},
    }
    for operation in operations:
        if "{" in operation.path:
            path = operation.path.format(**ids)
            more = next((body for end, body in bodies.items() if operation.path.endswith(end)), {})
            if operation.method in ("get", "delete"):
                more = {key: value for key, value in more.items() if key == "params"}
            yield operation.method, path, more


def test_what_is_somebody_elses_and_what_does_not_exist_answer_alike(
    server: Hosted, bands: Bands, operations: list[Any]
) -> None:
    async def imported() -> str:
        async with server.running.rest("eve") as rest:
            files = {"file": ("songs.csv", b"title\nMine\n")}
            answer = await rest.post(f"/api/bands/{bands.foreign.band_id}/imports", files=files)
            return str(answer.json()["job_id"])

    foreign = {
        "band_id": bands.foreign.band_id,
        "content_id": bands.foreign.setlist_id,
        "job_id": server.run(imported()),
        "user_id": "finn",
    }
    unknown = {**{name: str(uuid.uuid4()) for name in foreign}, "user_id": "finn"}

    async def ask() -> list[Any]:
        async with server.running.rest("ada") as rest:
            found = []
            for theirs, nobodys in zip(_calls(operations, foreign), _calls(operations, unknown), strict=True):
                answers = []
                for (method, path, more), ids in ((theirs, foreign), (nobodys, unknown)):
                    answer = await rest.request(method, path, **more)
                    text = answer.text
                    for name, value in ids.items():
                        text = text.replace(value, name)
                    answers.append((answer.status_code, text))
                found.append((theirs[0], theirs[1], *answers))
            return found

    found = server.run(ask())
    assert len(found) > 12
    assert [entry for entry in found if entry[2] != entry[3]] == []
    assert [entry for entry in found if entry[2][0] not in (403, 404)] == []
