"""What a node keeps of users and bands."""

from typing import cast

from collab.domain.access import Role
from collab.services.directory import Directory
from collab.services.stores import BandStore


def test_asking_for_a_stranger_and_taking_a_member_out_leave_nothing_behind() -> None:
    directory = Directory(cast("BandStore", None))
    directory.set_role("band", "ada", Role.OWNER)
    directory.set_role("band", "ben", Role.VIEWER)
    directory.set_role("band", "ben", None)

    assert directory.bands_of("ada") == {"band"}
    assert directory.bands_of("ben") == directory.bands_of("stranger") == set()
    assert list(directory._bands_of) == ["ada"]  # noqa: SLF001  # what it keeps is the point
