"""What a link lets somebody do, how often and until when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collab.domain.access import Role
from collab.domain.errors import Invalid, NotFound
from collab.domain.invitations import (
    DEVICE_LINK_FOR,
    Invitation,
    band_invitation,
    device_link,
    first_link,
    role_after,
)

NOW = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)
WEEK = timedelta(days=7)


def invited(max_uses: int = 2, lasts: timedelta = WEEK) -> Invitation:
    return band_invitation("i", "b", Role.EDITOR, "ada", max_uses=max_uses, lasts=lasts, now=NOW)


@pytest.mark.parametrize(
    ("changes", "after", "words"),
    [
        ({}, WEEK, "has run out"),
        ({"uses": 2}, timedelta(0), "was used up"),
        ({"revoked_at": NOW}, timedelta(0), "was taken back"),
    ],
)
def test_a_link_that_lets_nobody_in_says_why(changes: dict[str, object], after: timedelta, words: str) -> None:
    invitation = invited()
    invitation.require_open(NOW + WEEK - timedelta(seconds=1))
    over = replace(invitation, **changes)  # type: ignore[arg-type]  # the fields of the parameters
    assert not over.is_open(NOW + after)
    with pytest.raises(NotFound, match=words):
        over.require_open(NOW + after)


@pytest.mark.parametrize(("max_uses", "lasts"), [(0, WEEK), (501, WEEK), (1, timedelta(0)), (1, timedelta(days=366))])
def test_a_link_has_a_bound(max_uses: int, lasts: timedelta) -> None:
    with pytest.raises(Invalid):
        invited(max_uses, lasts)


def test_the_first_link_and_a_devices_are_good_once() -> None:
    assert (first_link("i", NOW).max_uses, device_link("i", "ada", NOW).max_uses) == (1, 1)
    assert not device_link("i", "ada", NOW).is_open(NOW + DEVICE_LINK_FOR)


def test_nobody_loses_a_role_by_a_link() -> None:
    assert role_after(None, Role.VIEWER) is Role.VIEWER
    assert role_after(Role.OWNER, Role.VIEWER) is Role.OWNER
    assert role_after(Role.VIEWER, Role.EDITOR) is Role.EDITOR
