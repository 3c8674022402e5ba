"""Ids of what is new."""

import uuid_utils


def new_id() -> str:
    """A UUID of version 7 (RFC 9562): the time first, so that what is made in a row stands in a row in an index.

    A commit of many edits then writes to a few pages of the index of their ids; with random ones it is a page an edit.
    """
    return str(uuid_utils.uuid7())
