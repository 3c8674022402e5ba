"""Leaving for good: what becomes of somebody who is to be forgotten.

Edits, versions and what others wrote stay. Whoever made them is from then on somebody without a name, under an id that
says nothing (`Departure.pseudonym_id`). Of who they were a digest is kept for a day: tokens that were signed before may
be good for that long, and would make them known again.
"""

import hashlib
from datetime import datetime, timedelta

from collab.domain.errors import NotFound, TokenInvalid
from collab.domain.record import record

GONE_NAME = "Somebody who left"

BARRED_FOR = timedelta(days=1)
"""For so long nobody is let in by the id of who was forgotten."""


@record
class Departure:
    """Somebody is being forgotten: what names `user_id` is to name `pseudonym_id` instead."""

    user_id: str
    pseudonym_id: str
    began_at: datetime


def pseudonym_of(new_id: str) -> str:
    """The id of somebody without a name."""
    return f"gone-{new_id}"


def digest_of(user_id: str) -> str:
    """What tells an id again without saying it to who does not know it."""
    return hashlib.sha256(user_id.encode()).hexdigest()


def barred() -> TokenInvalid:
    """The refusal of who shows a token of somebody that was forgotten."""
    return TokenInvalid(
        "whom this token names has left for good, less than a day ago: their name is not kept here again"
    )


def nobody(user_id: str) -> NotFound:
    """There is no such user."""
    return NotFound(f"expected the id of somebody who is known here, got {user_id!r}")
