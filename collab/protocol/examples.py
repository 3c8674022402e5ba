"""An example of each message, for the documents of the interfaces. A test holds them to their models."""

from collections.abc import Mapping
from typing import Any

from collab.domain.kinds import SETLIST
from collab.protocol import host, kinds, models, requests, rest, rest_answers
from collab.protocol.base import Wire
from collab.protocol.kinds import kind_json

_BAND = "0193b1f0-51a5-7d4e-9d26-1f0a3a4c9b11"
_CONTENT = "0193b1f0-6d0a-7c52-b7f4-5f0f2d7c8a02"
_EDIT = "0193b1f2-04c1-7f0b-8a3e-2f6d0c9b7e51"
_JOB = "0193b1f5-9a77-7b1c-a2d0-6c1e4b8f3d90"
_SESSION = "kX2hT9wqLr5mAAAB"
_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"  # noqa: S105  # signs nothing
_AT = "2026-11-20T20:15:00.000Z"

_ADA = {"id": "ada", "name": "Ada (trumpet)", "color": "#0f766e"}
_BEN = {"id": "ben", "name": "Ben (sousaphone)"}
_SET_KEY = {"op": "set", "item": "iko", "field": "key", "value": "G"}
_PRESENCE = {
    "session_id": _SESSION,
    "user": _ADA,
    "status": "active",
    "focus": {"item": "iko", "field": "key"},
    "joined_at": _AT,
    "last_seen": _AT,
}
_SUMMARY = {
    "id": _CONTENT,
    "kind": "setlist",
    "title": "Friday, Blue Nile",
    "version": 42,
    "updated_at": _AT,
    "updated_by": _BEN,
}
_DOCUMENT = {
    "id": _CONTENT,
    "kind": "setlist",
    "band_id": _BAND,
    "version": 42,
    "fields": {"title": "Friday, Blue Nile", "venue": "Blue Nile"},
    "items": [{"id": "iko", "type": "song", "position": "a0", "fields": {"title": "Iko Iko", "key": "G"}}],
}
_STORED = {
    "room_id": f"content_{_CONTENT}",
    "edit_id": _EDIT,
    "version": 42,
    "base_version": 41,
    "author": _BEN,
    "session_id": _SESSION,
    "ops": [_SET_KEY],
    "at": _AT,
}
_STAY = {
    "id": "0193b1f4-1b0e-7a60-8f55-0f9b6d2c4e33",
    "session_id": _SESSION,
    "user": _ADA,
    "room": f"content_{_CONTENT}",
    "transport": "websocket",
    "started_at": _AT,
    "last_seen": _AT,
    "ended_at": None,
    "end_reason": None,
}
_JOB_STATE = {
    "id": _JOB,
    "band_id": _BAND,
    "content_id": _CONTENT,
    "name": "songs.csv",
    "status": "running",
    "total": 120,
    "done": 50,
    "progress": 41,
    "result": {"problems": []},
    "started_by": {"id": "ada", "name": "Ada (trumpet)"},
    "created_at": _AT,
    "finished_at": None,
}
_RESULT = {
    "status": "completed",
    "message": "120 songs added",
    "added": 120,
    "updated": 0,
    "unchanged": 0,
    "problems": [],
    "problem_count": 0,
    "lost_count": 0,
    "remarks": [],
}
_CHECKPOINT = {
    "id": "0193b1f6-2c9d-7e13-9b44-7d2f5a1c6e08",
    "version": 42,
    "label": "Soundcheck",
    "created_at": _AT,
    "created_by": _BEN,
}
_BAND_OF_MINE = {"id": _BAND, "name": "Blue Nile Brass", "role": "owner", "is_archived": False}
_MEMBER = {"user": {"id": "ben", "name": "Ben (sousaphone)", "color": "#1d4ed8"}, "role": "editor"}

_INVITATION = {
    "id": "0193b1f7-0a2c-7c11-8d52-9a1e5c7b3f40",
    "role": "editor",
    "uses": 2,
    "max_uses": 5,
    "created_at": _AT,
    "expires_at": "2026-11-27T20:15:00.000Z",
    "created_by": "ada",
}
_LINK = "mJk2nV0s8Qe4rT1yX6uB9cWpLdA3hGfZ"

EXAMPLES: Mapping[type[Wire], Any] = {
    requests.Authenticate: {"token": _TOKEN},
    requests.JoinRoom: {"room": f"content_{_CONTENT}", "since": 40, "since_edit": _EDIT},
    requests.LeaveRoom: {"room": f"content_{_CONTENT}"},
    requests.EditContent: {
        "room_id": f"content_{_CONTENT}",
        "edit_id": _EDIT,
        "base_version": 41,
        "ops": [_SET_KEY],
    },
    requests.UndoEdit: {
        "room_id": f"content_{_CONTENT}",
        "edit_id": "0193b1f3-7e02-7d6a-9c11-3a5e8b0d4f72",
        "target": _EDIT,
    },
    requests.RequestUpdate: {"room_id": f"content_{_CONTENT}", "since": 40, "since_edit": _EDIT},
    requests.UpdatePresence: {
        "room": f"content_{_CONTENT}",
        "status": "active",
        "focus": {"item": "iko", "field": "key"},
    },
    models.Session: {
        "session_id": _SESSION,
        "user": _ADA,
        "expires_at": _AT,
        "protocol": 1,
        "max_message_bytes": 1_000_000,
    },
    models.Edit: _STORED,
    models.BatchUpdate: {"room_id": f"content_{_CONTENT}", "edits": [_STORED]},
    models.ContentUpdated: {"type": "setlist", "action": "update", "band_id": _BAND, "data": _SUMMARY},
    models.UserJoined: {"room": f"band_{_BAND}", "user_id": "ada", "user": _ADA},
    models.UserLeft: {"room": f"band_{_BAND}", "user_id": "ada", "last_seen": _AT},
    models.PresenceUpdated: {"room": f"content_{_CONTENT}", "sessions": [_PRESENCE]},
    models.SyncStatus: {"job_id": _JOB, "status": "syncing", "progress": 41, "message": "50 of 120 songs"},
    models.Progress: {"job_id": _JOB, "percent": 41},
    models.Complete: {"job_id": _JOB, "result": _RESULT},
    host.HostContentUpdated: {
        "type": "repertoire",
        "action": "add",
        "data": {"title": "Tiger Rag"},
        "from_host": True,
    },
    host.HostSyncStatus: {
        "status": "syncing",
        "progress": 40,
        "message": "Syncing files...",
        "from_host": True,
    },
    host.HostProgress: {"percent": 40, "from_host": True},
    host.HostComplete: {"result": "success", "from_host": True},
    host.Tell: {"event": "progress", "payload": {"percent": 40}, "user": "ada"},
    models.TokenExpired: {},
    models.ServerRestarting: {"retry_in": 2.0},
    models.Part: {"text": '{"ok":true,"room":"content_0193b1f2-04c1'},
    models.Shown: {"ok": True},
    models.Done: {"ok": True},
    models.Authenticated: {"ok": True, "user": _ADA, "expires_at": _AT},
    models.EditAnswer: {
        "ok": True,
        "edit_id": _EDIT,
        "version": 42,
        "ops": [_SET_KEY],
        "dropped": [],
        "overwrote": [{"index": 0, "version": 41, "author": _BEN, "value": "F"}],
    },
    models.BandJoined: {
        "ok": True,
        "room": f"band_{_BAND}",
        "role": "owner",
        "roster": [_PRESENCE],
        "contents": [_SUMMARY],
    },
    models.ContentJoined: {
        "ok": True,
        "room": f"content_{_CONTENT}",
        "role": "editor",
        "roster": [_PRESENCE],
        "content": _DOCUMENT,
        "last_edit": _EDIT,
    },
    models.Updated: {"ok": True, "version": 42, "edits": [_STORED]},
    models.Failed: {
        "ok": False,
        "error": {
            "code": "invalid",
            "message": "ops.0.value: expected a key such as Bb or F#m, got 'H9'",
            "details": [{"path": "ops.0.value", "message": "expected a key such as Bb or F#m, got 'H9'"}],
        },
    },
    models.Document: _DOCUMENT,
    models.Summary: _SUMMARY,
    rest.CreateBand: {"name": "Blue Nile Brass"},
    rest.ChangeBand: {"name": "Blue Nile Brass"},
    rest.PutMember: {"role": "editor", "name": "Ben (sousaphone)"},
    rest.CreateContent: {
        "kind": "setlist",
        "title": "Friday, Blue Nile",
        "document": {"items": [{"type": "song", "fields": {"title": "Iko Iko", "key": "F"}}]},
    },
    rest.Revert: {"version": 40},
    rest.CreateCheckpoint: {"label": "Soundcheck"},
    rest.Invite: {"role": "editor", "max_uses": 5, "lasts_s": 604_800},
    rest.Look: {"secret": _LINK},
    rest.Join: {"secret": _LINK, "name": "Ben (sousaphone)"},
    rest_answers.NewInvitation: {**_INVITATION, "uses": 0, "secret": _LINK},
    rest_answers.Invitations: {"invitations": [_INVITATION]},
    rest_answers.DeviceLink: {"secret": _LINK, "expires_at": "2026-11-20T20:25:00.000Z"},
    rest_answers.Devices: {
        "devices": [
            {
                "id": "0193b1f8-3d1b-7f05-a6c3-2b8e4d9f1a57",
                "label": "Chrome on Android",
                "created_at": _AT,
                "last_seen": _AT,
                "is_this": True,
            }
        ]
    },
    rest_answers.OpenedLink: {
        "purpose": "band",
        "band": "Blue Nile Brass",
        "role": "editor",
        "user": None,
        "expires_at": "2026-11-27T20:15:00.000Z",
    },
    rest_answers.SignedIn: {
        "user": _ADA,
        "token": _TOKEN,
        "expires_at": "2026-11-20T20:25:00.000Z",
        "band": _BAND_OF_MINE,
    },
    rest_answers.Me: {"user": _ADA, "may_make_bands": True, "bands": [_BAND_OF_MINE]},
    rest_answers.Bands: {"bands": [_BAND_OF_MINE]},
    rest_answers.BandOfMine: _BAND_OF_MINE,
    rest_answers.Member: _MEMBER,
    rest_answers.Members: {"members": [_MEMBER]},
    rest_answers.Contents: {"contents": [_SUMMARY]},
    kinds.Kinds: {"kinds": [kind_json(SETLIST)]},
    rest_answers.Online: {
        "people": [
            {
                "user": _ADA,
                "status": "active",
                "last_seen": _AT,
                "sessions": [{"room": f"band_{_BAND}", **_PRESENCE, "focus": None}],
            }
        ],
        "history": [_STAY],
    },
    rest_answers.Outline: {
        "id": _CONTENT,
        "kind": "repertoire",
        "version": 42,
        "items": [{"id": "iko", "type": "song", "fields": {"title": "Iko Iko", "artist": "The Dixie Cups"}}],
    },
    rest_answers.Edits: {"edits": [_STORED], "head": 42, "next_after": None},
    rest_answers.Difference: {
        "from": 41,
        "to": 42,
        "changes": [
            {
                "change": "set",
                "item": "iko",
                "type": "song",
                "title": "Iko Iko",
                "author": _BEN,
                "version": 42,
                "field": "key",
                "before": "F",
                "after": "G",
            }
        ],
        "words": ["Ben (sousaphone) set the key of 'Iko Iko' from F to G"],
    },
    rest_answers.Stored: {
        "edit_id": _EDIT,
        "version": 43,
        "ops": [{**_SET_KEY, "value": "F"}],
        "dropped": [],
        "overwrote": [],
    },
    rest_answers.Checkpoint: _CHECKPOINT,
    rest_answers.Checkpoints: {"checkpoints": [_CHECKPOINT]},
    rest_answers.Started: {"job_id": _JOB},
    rest_answers.ImportPreview: {
        "name": "songs.csv",
        "kind": "repertoire",
        "total": 1,
        "new": 0,
        "changed": 1,
        "same": 0,
        "unsure": 0,
        "songs": [
            {
                "number": 0,
                "file": "songs.csv",
                "line": 2,
                "title": "Iko Iko",
                "artist": "Dixie Cups",
                "state": "changed",
                "changes": [{"field": "key", "before": "F", "after": "G"}],
                "like": [],
            }
        ],
        "problems": [],
        "problem_count": 0,
        "lost_count": 0,
        "remarks": [],
    },
    rest_answers.Job: _JOB_STATE,
    rest_answers.Imports: {"imports": [_JOB_STATE]},
    rest_answers.Health: {"status": "ok"},
    rest_answers.Readiness: {"status": "ok", "checks": {"database": "ok", "schema": "ok"}},
}
