"""Values as people write them, read into what a song's fields hold.

What a value means is taken; what it says beyond that, and a value that means nothing, is left out and told. A song
is never lost for one of its values.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from collab.domain.errors import shown
from collab.domain.fields import FieldType, Line, Tags, TextField, value_problem
from collab.domain.kinds import FieldTypes
from collab.domain.ot.ops import Value
from collab.domain.record import record
from collab.domain.songs.durations import Durations
from collab.domain.songs.keys import read_key
from collab.domain.strings import cleaned_json, cleaned_line

_MAX_WRITTEN = 100
"""Letters of a number, a duration or a key, spaces within it counted once."""

_SECONDS_OF_A_DAY = 86_400
"""More than that is milliseconds."""

_NOTHING = frozenset(
    ("", "-", "--", "\u2013", "\u2014", "?", "??", "n/a", "na", "none", "null", "nil", "tbd", "tba", "unknown", "x")
)
"""What people write where they have nothing to say."""


@record
class Read:
    """What a text means: a value, None where it means none; and what of it was not understood."""

    value: Value
    remark: str = ""


def read_song(
    raw: Mapping[str, Value], types: FieldTypes, durations: Durations | None = None
) -> tuple[dict[str, Value], list[str]]:
    """The fields of a song, and what was left out of them or understood in part; what is empty is left out silently."""
    fields: dict[str, Value] = {}
    remarks: list[str] = []
    for name, written in raw.items():
        read = read_value(name, written, types[name], durations or Durations())
        if read.remark:
            remarks.append(f"{name}: {read.remark}")
        if read.value is not None and read.value != "" and read.value != []:
            fields[name] = read.value
    return fields, remarks


def read_value(name: str, written: Value, field_type: FieldType, durations: Durations) -> Read:
    """One value, as a file has it."""
    if isinstance(written, str):
        read = _read_text(name, written, field_type, durations)
    else:
        read = _read_given(name, written, field_type)
    if read.value is None or read.value == "" or not (found := value_problem(field_type, read.value)):
        return read
    return Read(None, f"left out: {found}")


def _read_text(name: str, written: str, field_type: FieldType, durations: Durations) -> Read:
    if isinstance(field_type, TextField):
        return _cut(as_text(written), field_type.max_length)
    plain = " ".join(written.split())
    if isinstance(field_type, Line):
        return _cut(cleaned_line(plain, len(plain)), field_type.max_length)
    if isinstance(field_type, Tags):
        return _tags(re.split(r"[,;|]", plain), field_type)
    if name == "duration":
        return _duration(plain, durations)
    reader = _READERS.get(name)
    if reader is None or len(plain) > _MAX_WRITTEN:
        return Read(plain)
    if plain.casefold() in _NOTHING:
        return _nothing(plain)
    return reader(plain)


def _read_given(name: str, value: Value, field_type: FieldType) -> Read:
    """A value that is no text, as JSON and spreadsheets have them."""
    if isinstance(field_type, Tags) and isinstance(value, list):
        return _tags([tag for tag in map(_word, value) if tag is not None], field_type)
    if name == "time_signature" and isinstance(value, list) and len(value) == 2:
        # As four and four.
        return _read_text(name, "/".join(word for part in value if (word := _word(part))), field_type, Durations())
    if name == "key" and isinstance(value, dict) and (word := _word(value)):
        return _read_text(name, word, field_type, Durations())
    if isinstance(value, list | dict) and isinstance(field_type, Line | TextField):
        between = "\n" if isinstance(field_type, TextField) else ", "
        words = [word for part in (value if isinstance(value, list) else [value]) if (word := _word(part)) is not None]
        return (
            Read(None, f"left out: got {shown(value)}")
            if value and not words
            else _cut(between.join(words), field_type.max_length)
        )
    if isinstance(value, bool):
        return Read(None, f"left out: got {shown(value)}")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if name == "duration" and isinstance(value, int | float) and value > _SECONDS_OF_A_DAY:
        return Read(round(value / 1000))
    if isinstance(value, int | float) and (
        isinstance(field_type, Line | TextField) or name in ("key", "time_signature")
    ):
        return _read_text(name, str(value), field_type, Durations())
    return Read(value)


def _word(value: Value) -> str | None:
    """A name that stands alone, or as `name` in an object, as the APIs of playlists have an artist."""
    if isinstance(value, dict):
        value = value.get("name", value.get("title"))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None


def as_text(written: str) -> str:
    """A text of several lines: its first line keeps its indent, by which chords stand over their words."""
    text: str = cleaned_json(written).replace("\r\n", "\n").replace("\r", "\n").rstrip()
    blank = len(text) - len(text.lstrip())
    return text[text.rfind("\n", 0, blank) + 1 :]


def _cut(text: str, max_length: int) -> Read:
    if len(text) <= max_length:
        return Read(text)
    return Read(text[:max_length].rstrip(), f"cut at {max_length} characters, got {len(text)}")


def _tags(written: Sequence[str], field_type: Tags) -> Read:
    words = list(dict.fromkeys(tag for part in written if (tag := cleaned_line(part.strip(), len(part)))))
    fitting = [tag for tag in words if len(tag) <= field_type.max_length][: field_type.max_count]
    left_out = [tag for tag in words if tag not in fitting]
    return Read(fitting, f"left out: {', '.join(map(shown, left_out[:5]))}" if left_out else "")


def _nothing(text: str) -> Read:
    return Read(None, f"left out: {shown(text)} says nothing" if text.strip("-\u2013\u2014") else "")


def _duration(text: str, durations: Durations) -> Read:
    if text.casefold() in _NOTHING:
        return _nothing(text)
    seconds = durations.read(text) if len(text) <= _MAX_WRITTEN else None
    return (
        Read(None, f"left out: expected a length such as 3:45, got {shown(text)}") if seconds is None else Read(seconds)
    )


def _key(text: str) -> Read:
    if text == "-1":
        # Playlist tools: no key was found.
        return Read(None)
    key = read_key(text)
    if key is None:
        return Read(None, f"left out: expected a key such as Bb, F#m or 'C minor', got {shown(text)}")
    return Read(key.name, f"{shown(text)} was read as {key.name}" if key.rest else "")


_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?")


_WORD = re.compile(r"[^\W_]+")


def _first_number(minimum: float, maximum: float, words: str, wanted: str, *, is_whole: bool) -> Callable[[str], Read]:
    """Reads the first number that fits; what stands beside it but for `words` is told."""
    usual = frozenset(words.split())

    def read(text: str) -> Read:
        for match in _NUMBER.finditer(text):
            number = float(match[0].replace(",", "."))
            if minimum <= number <= maximum and (number.is_integer() or not is_whole):
                beside = f"{text[: match.start()]} {text[match.end() :]}".casefold()
                is_all = usual.issuperset(_WORD.findall(beside))
                value = int(number) if number.is_integer() else number
                return Read(value, "" if is_all else f"{shown(text)} was read as {value}")
        return Read(None, f"left out: expected {wanted} from {minimum:g} to {maximum:g}, got {shown(text)}")

    return read


_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}
_FRET_WORDS = "capo fret bund bünde st nd rd th on at casa case cejilla traste er ere eme e a tasto próg band"
_fret = _first_number(0, 12, _FRET_WORDS, "a number of frets", is_whole=True)


def _capo(text: str) -> Read:
    plain = text.casefold().removeprefix("capo").strip(" :")
    if plain in ("no", "no capo", "off", "open", "kein", "ohne", "sans", "sin"):
        return Read(None)
    words = [word for word in _WORD.findall(plain) if word not in _FRET_WORDS.split()]
    return Read(_ROMAN[words[0]]) if len(words) == 1 and words[0] in _ROMAN else _fret(text)


_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")


def _year(text: str) -> Read:
    match = _YEAR.search(text)
    return Read(int(match[0])) if match else Read(None, f"left out: expected a year such as 1965, got {shown(text)}")


_SIGNATURES = {
    "c": "4/4",
    "common": "4/4",
    "common time": "4/4",
    "c|": "2/2",
    "\u00a2": "2/2",
    "cut": "2/2",
    "cut time": "2/2",
    "alla breve": "2/2",
    "waltz": "3/4",
}
_METER = re.compile(r"([1-9]\d?) ?[/:\u2044\u2215-] ?(32|16|8|4|2|1)(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_QUARTERS = re.compile(r"[2-9]|1[0-5]")
_FRACTION = re.compile(r"[1-9]\d? ?[/\u2044\u2215].*")
_ISO_DATE = re.compile(r"\d{4}-(\d{2})-(\d{2})")
_DAY_OF_MONTH = re.compile(r"0?(\d{1,2})[-. ]+([a-z]{3})[a-z]*\.?", re.IGNORECASE)


def is_time_signature(text: str) -> bool:
    """Whether a text can only be a time signature, and not a length of time."""
    plain = text.strip().casefold()
    shapes = (_QUARTERS, _FRACTION, _ISO_DATE, _DAY_OF_MONTH)
    return plain in _SIGNATURES or any(shape.fullmatch(plain) for shape in shapes)


def _time_signature(text: str) -> Read:
    plain = text.casefold()
    if plain in _SIGNATURES:
        return Read(_SIGNATURES[plain])
    if _QUARTERS.fullmatch(plain):
        # Playlist tools count the quarters of a bar.
        return Read(f"{plain}/4")
    if match := _METER.search(plain):
        signature = f"{match[1]}/{match[2]}"
        return Read(signature, "" if match[0] == plain else f"{shown(text)} was read as {signature}")
    if match := _ISO_DATE.match(plain):
        return _of_a_date(int(match[2]), int(match[1]), text)
    if (match := _DAY_OF_MONTH.fullmatch(plain)) and match[2].lower() in _MONTHS:
        return _of_a_date(int(match[1]), _MONTHS.index(match[2].lower()) + 1, text)
    return Read(None, f"left out: expected a time signature such as 4/4 or 6/8, got {shown(text)}")


def _of_a_date(day: int, month: int, text: str) -> Read:
    """A spreadsheet took `6/8` for the eighth of June, or in Europe for the sixth of August."""
    for above, below in ((month, day), (day, month)):
        if below in (2, 4, 8):
            return Read(f"{above}/{below}", f"{shown(text)} was read as {above}/{below}")
    return Read(None, f"left out: expected a time signature such as 4/4 or 6/8, got {shown(text)}")


def _link(text: str) -> Read:
    text = text.strip("<>")
    if match := re.match(r"(https?)://", text, re.IGNORECASE):
        return Read(match[1].lower() + text.split()[0][match.end(1) :])
    if re.match(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,20}(?:[/?#:]|$)", text, re.IGNORECASE) and " " not in text:
        return Read(f"https://{text}")
    return Read(None, f"left out: expected a web address, got {shown(text)}")


_READERS: Mapping[str, Callable[[str], Read]] = {
    "tempo": _first_number(
        20, 400, "bpm tempo beats per minute min mm ca about approx q schläge pro", "beats per minute", is_whole=False
    ),
    "capo": _capo,
    "year": _year,
    "key": _key,
    "time_signature": _time_signature,
    "link": _link,
}
