"""The sample session of PROTOCOL.md: its packets, and what stands for what in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import collab

PROTOCOL = Path(collab.__file__).parent / "protocol" / "PROTOCOL.md"

_PLACEHOLDER = re.compile(r"<([a-z ]+)>")
_VALUES = {"time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"}
_ID = r"[\w-]+"


@dataclass(frozen=True, slots=True)
class Step:
    """A packet that somebody sends, or has to get next."""

    who: str
    direction: Literal[">", "<"]
    packet: str


def steps() -> Iterator[Step]:
    """The steps of the sample session, in order."""
    block = re.search(r"```transcript\n(.*?)```", PROTOCOL.read_text(), re.DOTALL)
    assert block, "expected a transcript in PROTOCOL.md"
    for line in block[1].splitlines():
        if line and not line.startswith("#"):
            found = re.fullmatch(r"(\w+)([<>]) (.*)", line)
            assert found, line
            yield Step(found[1], "<" if found[2] == "<" else ">", found[3])


class Names:
    """What the placeholders of a transcript stand for. Ids get their meaning where they are first seen."""

    def __init__(self, **known: str) -> None:
        self._known = {name.replace("_", " "): value for name, value in known.items()}

    def filled(self, packet: str) -> str:
        """A packet to send."""
        return _PLACEHOLDER.sub(lambda found: self._known[found[1]], packet)

    def require(self, expected: str, came: str) -> None:
        """Fails unless a packet that came is the expected one, byte for byte but for ids and times."""
        pattern, at, new = "", 0, set()
        for found in _PLACEHOLDER.finditer(expected):
            name = found[1]
            pattern += re.escape(expected[at : found.start()])
            at = found.end()
            group = name.replace(" ", "_")
            if name in _VALUES:
                pattern += _VALUES[name]
            elif name in self._known:
                pattern += re.escape(self._known[name])
            elif name in new:
                pattern += f"(?P={group})"
            else:
                pattern += f"(?P<{group}>{_ID})"
                new.add(name)
        matched = re.fullmatch(pattern + re.escape(expected[at:]), came)
        assert matched, f"expected\n{expected}\ngot\n{came}"
        self._known |= {group.replace("_", " "): value for group, value in matched.groupdict().items()}
