"""What one player reads: a song's chart as it is played on a night, for their instrument.

The **key** of a song and of a setlist's entry is the one that sounds. A chart is written in the key of its song less
its capo, as a guitarist's hand has it, unless the chart says another: a `{key: …}` above its first line is about the
chords below it, whatever became of the song since. What an entry does not say of key or capo, the song says.

So the chart is shown in the key that sounds, less the capo of whoever reads it. An instrument in B flat, E flat or F
reads higher than it sounds, and has no capo.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from collab.domain.charts.chart import Section, parse
from collab.domain.charts.keys import Key, read_key
from collab.domain.charts.lines import read_lines
from collab.domain.charts.numbers import numbered
from collab.domain.charts.transposing import key_of_chords, notation, transposed
from collab.domain.record import record

Fields: TypeAlias = Mapping[str, object]
Instrument: TypeAlias = Literal["C", "Bb", "Eb", "F"]

INSTRUMENTS: Mapping[Instrument, int] = {"C": 0, "Bb": 2, "Eb": 9, "F": 7}
"""The pitches that instruments are in, and how many semitones higher they read."""


@record
class Reader:
    """How one player reads charts. `capo` is their own; None is the one of the setlist's entry."""

    instrument: Instrument = "C"
    capo: int | None = None
    has_numbers: bool = False


@record
class Played:
    """A chart to play from, as text and in its sections; the key that it stands in, empty where nobody said one; and
    the capo to it."""

    chart: str
    sections: Sequence[Section]
    key: str
    capo: int


def played(chart: str, song: Fields, entry: Fields, reader: Reader | None = None) -> Played:
    """The chart of a song as `reader` plays it. `entry` is its place in a setlist, or the song itself."""
    reader = reader or Reader()
    written_with, written = _capo(song), written_key(chart, song)
    higher = INSTRUMENTS[reader.instrument]
    capo = 0 if higher else reader.capo if reader.capo is not None else _capo(entry, song)
    sounding = _key(entry) or _key(song) or (written and written.up(written_with))
    if written is None or sounding is None:
        # Nobody says what sounds: what is known is how much higher than it was written.
        stands_in = key_of_chords(chart)
        wanted = stands_in.up(written_with - capo + higher)
    else:
        stands_in, wanted = written, sounding.up(higher - capo)
    text = numbered(chart, stands_in) if reader.has_numbers else transposed(chart, stands_in, wanted)
    return Played(text, parse(text, has_numbers=reader.has_numbers), wanted.name() if written else "", capo)


def written_key(chart: str, song: Fields) -> Key | None:
    """The key in which the chords of a chart stand; None where nobody says it."""
    for line in read_lines(chart):
        if line.name == "key" and (key := read_key(line.value, notation(chart))):
            return key
        if line.type not in ("blank", "remark", "directive"):
            break
    key = _key(song)
    return key and key.up(-_capo(song))


def _key(fields: Fields) -> Key | None:
    return read_key(str(fields.get("key") or ""))


def _capo(*said: Fields) -> int:
    """The first capo that is said."""
    return next((int(capo) for fields in said if isinstance(capo := fields.get("capo"), int | float)), 0)
