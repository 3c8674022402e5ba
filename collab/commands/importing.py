"""`collab import`: songs into a band's repertoire, by the REST call of a running server.

By the server and not into its database: a server holds documents and who may do what in memory, and only what goes
through it is told to those who are connected. The job that it runs also goes on, or is cancelled, without this command.
"""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import orjson

from collab.commands import progress
from collab.commands.terminal import say
from collab.domain.errors import Forbidden, Unavailable

POLL_S = 0.3
TIMEOUT_S = 60.0
MAX_SHOWN = 20
"""Lines with problems that are named."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The REST calls of a server, in somebody's name."""

    url: str
    token: str

    def call(self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json") -> Any:
        """The answer. `Unavailable` where there is none, `Forbidden` with what the server says where it refuses."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        request = Request(f"{self.url}{path}", body, headers, method=method)  # noqa: S310  # its scheme is checked
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310  # as above
                return orjson.loads(answer.read())
        except HTTPError as error:
            raise Forbidden(_said(error)) from None
        except (URLError, OSError, orjson.JSONDecodeError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise Unavailable(f"expected a server of collab at {self.url}: {reason}; is `collab serve` up?") from None


def import_songs(
    server: str, token: str, band_id: str, file: Path, policy: str, may_go_on: Callable[[str], bool]
) -> bool:
    """Brings in the songs of a file and says what came of it; returns whether all went well.

    Where songs of the band would change, `may_go_on` is asked first, with what would.

    Interrupted, it cancels the job: what is in by then stays, in whole edits, each of which can be undone.
    """
    if not server.startswith(("http://", "https://")):
        raise ValueError(f"--server: expected a URL such as http://127.0.0.1:8000, got {server!r}")
    if not file.is_file():
        raise ValueError(f"expected a file of songs, or a zip of files, there is no {file}")
    rest = Rest(server.rstrip("/"), token)
    boundary = secrets.token_hex(16)
    body = _form(boundary, file.name, file.read_bytes(), policy)
    path, form = f"/api/bands/{band_id}/imports", f"multipart/form-data; boundary={boundary}"
    preview = rest.call("POST", f"{path}/preview", body, form)
    if policy == "theirs" and preview["changed"] and not may_go_on(_in_words(preview)):
        say("Nothing was changed.")
        return False
    job_id = rest.call("POST", path, body, form)["job_id"]
    try:
        with progress.shown(f"Importing {file.name}") as on_progress:
            job = rest.call("GET", f"/api/imports/{job_id}")
            while job["status"] == "running":
                on_progress(job["done"], job["total"])
                time.sleep(POLL_S)
                job = rest.call("GET", f"/api/imports/{job_id}")
    except KeyboardInterrupt:
        _print_result(rest.call("DELETE", f"/api/imports/{job_id}"))
        raise
    _print_result(job)
    return bool(job["status"] == "completed")


def _print_result(job: Any) -> None:
    result = job["result"]
    say(result.get("message", f"the import is {job['status']}"))
    for problem in [*result.get("remarks", ()), *result["problems"]][:MAX_SHOWN]:
        say(f"  {' '.join(str(part) for part in problem.values())}")
    count = len(result.get("remarks", ())) + result["problem_count"]
    if count > MAX_SHOWN:
        say(f"  and {count - MAX_SHOWN} more")


def _in_words(preview: Any) -> str:
    """What the import would change of the band's songs."""
    changed = [song for song in preview["songs"] if song["state"] == "changed"][:MAX_SHOWN]
    lines = [f"{preview['new']} new songs, {preview['changed']} changed:"]
    for song in changed:
        changes = ", ".join(f"{one['field']} from {one['before']!r} to {one['after']!r}" for one in song["changes"])
        lines.append(f"  {song['title']}: {changes}")
    return "\n".join(lines)


def _form(boundary: str, name: str, data: bytes, policy: str) -> bytes:
    """A form with one file and a policy (RFC 7578)."""
    quoted = re.sub(r'[\\"\r\n]', "_", name)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="policy"\r\n\r\n{policy}\r\n'
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n\r\n'
    return head.encode() + data + f"\r\n--{boundary}--\r\n".encode()


def _said(error: HTTPError) -> str:
    try:
        return str(orjson.loads(error.read())["error"]["message"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return f"the server answers {error.code} {error.reason}: is it one of collab?"
