"""Ids: what is made later stands later."""

import uuid

from collab.protocol.ids import new_id


def test_ids_are_uuids_of_version_7_that_stand_in_the_order_in_which_they_were_made() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert {uuid.UUID(made).version for made in ids} == {7}
    times = [uuid.UUID(made).int >> 80 for made in ids]
    assert times == sorted(times)
    assert len(set(ids)) == 1_000
