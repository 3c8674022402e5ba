"""The updates that the load sends to Hocuspocus, byte for byte as Yjs 13.6 makes them."""

from tests.bench.yjs import map_update, number, replacement


def test_numbers_are_seven_bits_a_byte() -> None:
    assert [number(value).hex() for value in (0, 127, 128, 1_000)] == ["00", "7f", "8001", "e807"]


def test_a_key_of_a_map_gets_a_value() -> None:
    made = map_update(1_000, 0, "titles", {"s3": "one"})
    assert made.hex() == "0101e807002801067469746c65730273330177036f6e6500"


def test_a_further_value_deletes_the_one_before() -> None:
    assert replacement(1_000, 1, "two").hex() == "0101e80701a8e8070001770374776f01e807010001"
