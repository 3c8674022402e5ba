"""What an import would bring and change, and what came of it, as it is told."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from collab.domain.bands import Job
from collab.domain.errors import cut
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Value
from collab.domain.songs.found import Entry, Songs
from collab.domain.songs.plan import Compared, compared

LISTED_SONGS = 500
"""Songs that a preview shows, those first that would change something; all are counted."""

LISTED_PROBLEMS = 10
"""Bad lines of each job that a list names; the job by itself names more."""

_SHOWN_LETTERS = 200
"""Of a text in a preview: a chart is known by its first lines."""

_ORDER = {"unsure": 0, "changed": 1, "new": 2, "same": 3}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file has, beside the repertoire that a band has or will have."""

    name: str
    songs: Songs
    repertoire: Document

    def to_json(self) -> dict[str, Any]:
        """As PROTOCOL.md has it. `number` is a song's place in the file, from 0, by which `choices` name it."""
        entries = self.songs.setlist or self.songs.entries
        beside = self._beside()
        states = Counter(one.state for one in beside)
        order = sorted(range(len(beside)), key=lambda number: _ORDER[beside[number].state])
        return {
            "name": self.name,
            "kind": "setlist" if self.songs.setlist else "repertoire",
            "total": len(beside),
            **{state: states[state] for state in ("new", "changed", "same", "unsure")},
            "songs": [_song(number, entries[number], beside[number]) for number in order[:LISTED_SONGS]],
            **told(self.songs),
        }

    def _beside(self) -> list[Compared]:
        if self.songs.setlist:
            # A content of its own, whatever is in the repertoire.
            return [Compared("new")] * len(self.songs.setlist)
        return list(compared(self.repertoire, [entry.fields for entry in self.songs.entries]))


def told(songs: Songs) -> dict[str, Value]:
    """What was not taken in of files, and how they were read."""
    return {
        "problems": [problem.to_json() for problem in songs.problems],
        "problem_count": songs.problem_count,
        "lost_count": songs.lost_count,
        "remarks": [remark.to_json() for remark in songs.remarks],
    }


def mostly_lost(job: Job) -> str:
    """What to say of an import that brought in less than it lost; nothing of any other."""
    lost = job.result.get("lost_count", 0)
    if job.total == 0:
        return f"no song was found in {job.name}"
    if lost <= job.total:
        return ""
    return f"most of {job.name} is lost: {job.total} songs came in, {lost} lines were not understood"


def problems_in_words(job: Job) -> str:
    """How many lines had problems, and how many brought no song."""
    lost = job.result.get("lost_count", 0)
    return f"{job.result['problem_count']} lines with problems" + (f", {lost} of them lost" if lost else "")


def brief(job: Job) -> Job:
    """The job as a list has it, where a hundred with all their problems would be megabytes."""
    shown = {name: job.result.get(name, [])[:LISTED_PROBLEMS] for name in ("problems", "remarks")}
    return replace(job, result={**job.result, **shown})


def _change(field: str, before: Value, after: Value) -> dict[str, Value]:
    return {"field": field, "before": _shown(before), "after": _shown(after)}


def _song(number: int, entry: Entry, one: Compared) -> dict[str, Value]:
    return {
        "number": number,
        "file": entry.file,
        "line": entry.line,
        "title": entry.fields.get("title") or entry.type,
        "artist": entry.fields.get("artist"),
        "state": one.state,
        "changes": [_change(*change) for change in one.changes],
        "like": list(one.like),
    }


def _shown(value: Value) -> Value:
    return cut(value, _SHOWN_LETTERS) if isinstance(value, str) else value
