"""Yjs updates (format 1) written by hand: just what it takes to give a key of a map a value, again and again."""

_ANY, _HAS_LEFT, _HAS_KEY = 8, 0x80, 0x20
_STRING = 119


def number(value: int) -> bytes:
    """An unsigned integer in seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def block(payload: bytes) -> bytes:
    """A string or an array: its size and its bytes."""
    return number(len(payload)) + payload


def map_update(client: int, clock: int, root: str, values: dict[str, str]) -> bytes:
    """Gives keys of a root map their first values; takes `len(values)` ticks of the client's clock."""
    items = b"".join(
        bytes((_ANY | _HAS_KEY, 1)) + block(root.encode()) + block(key.encode()) + _content(value)
        for key, value in values.items()
    )
    return number(1) + number(len(values)) + number(client) + number(clock) + items + number(0)


def replacement(client: int, clock: int, value: str) -> bytes:
    """A further value for the key that the client's tick `clock - 1` gave a value; that one is deleted."""
    item = bytes((_ANY | _HAS_LEFT | _HAS_KEY,)) + number(client) + number(clock - 1) + _content(value)
    deleted = number(1) + number(client) + number(1) + number(clock - 1) + number(1)
    return number(1) + number(1) + number(client) + number(clock) + item + deleted


def _content(value: str) -> bytes:
    return number(1) + bytes((_STRING,)) + block(value.encode())
