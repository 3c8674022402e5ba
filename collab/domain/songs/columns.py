"""Columns: what spreadsheets, playlist tools and setlist programs call a song's fields, in several languages."""

import re
import unicodedata
from collections.abc import Mapping

from collab.domain.kinds import FieldTypes
from collab.domain.songs.durations import Unit

_NAMES: Mapping[str, str] = {
    "title": (
        "song title, song, song name, track name, track title, track, tune, piece, name, titel, lied, liedtitel, "
        "stück, songtitel, titre, chanson, morceau, título, canción, tema, titolo, canzone, brano, nummer, liedje, "
        "tytuł, utwór, piosenka, canção, música, název, píseň, skladba, låt, låtnamn, sang, sangtitel, sångtitel, "
        "sång, kappale, laulu, nimi, dal, dal címe, cím, titlu, cântec, piesă, pjesma, naslov, "
        "şark\u0131, şark\u0131 ad\u0131, "
        "název písně, название, песня, название песни, назва, пісня, τίτλος, τραγούδι, 曲名, 曲, タイトル, 歌名, 歌曲, "
        "标题, 標題, 곡명, 곡, 노래, 제목, שיר, שם השיר, أغنية"
    ),
    "subtitle": "sub title, alternate title, alternative title, untertitel, sous titre, subtítulo, sottotitolo",
    "artist": (
        "artists, artist name, artist names, performer, performers, performed by, band, group, by, original "
        "artist, album artist, interpret, interpreter, künstler, kuenstler, gruppe, artiste, interprète, groupe, "
        "artista, grupo, intérprete, gruppo, uitvoerende, artiest, wykonawca, zespół, kapela, kunstner, esittäjä, "
        "artisti, előadó, együttes, izvođač, sanatç\u0131, исполнитель, группа, артист, виконавець, καλλιτέχνης, "
        "アーティスト, 歌手, 艺人, 演唱者, 가수, 아티스트, זמר, مطرب"
    ),
    "composer": (
        "composers, writer, writers, songwriter, songwriters, written by, author, authors, music by, words and "
        "music, komponist, autor, compositeur, auteur, compositor, compositore, autore, componist, kompozytor, "
        "kompositör, tonsättare, säveltäjä, zeneszerző, skladatel, композитор, автор, 作曲, 作曲者, 作曲家, 작곡"
    ),
    "key": (
        "our key, my key, band key, live key, song key, musical key, key signature, default key, camelot, keys, "
        "chord chart keys, key of song, original key, orig key, tonart, tonalité, clé, tonalidad, tono, tonalità, "
        "toonsoort, tonacja, tonalidade, tom, tonality, tone, toneart, sävellaji, hangnem, tónina, ton, "
        "тональность, тональність, キー, 调, 調, 키"
    ),
    "tempo": (
        "bpm, tempo bpm, speed, beats per minute, geschwindigkeit, velocidad, velocità, snelheid, andamento, темп, "
        "テンポ, 템포"
    ),
    "duration": (
        "length, time length, song length, runtime, running time, track duration, total time, playing time, "
        "dauer, laenge, länge, spieldauer, spielzeit, durée, duración, durata, duur, lengte, czas trwania, długość, "
        "duração, tempo de duração, délka, längd, speltid, længde, varighet, varighed, kesto, pituus, hossz, "
        "időtartam, trajanje, süre, длительность, продолжительность, διάρκεια, 長さ, 时长, 時長, 길이"
    ),
    "time_signature": (
        "time sig, meter, metre, signature, takt, taktart, mesure, compás, metro, maatsoort, metrum, compasso, "
        "taktslag, tahtilaji, ütem, размер, 拍子, 박자"
    ),
    "capo": "capo fret, capo position, kapo, kapodaster, cejilla, capodastre, capotasto, каподастр, カポ, 카포",
    "tuning": "guitar tuning, stimmung, accordage, afinación, accordatura, stemming, strój, afinação, stämning",
    "style": (
        "genre, genres, feel, groove, stil, género, genere, gatunek, stijl, estilo, rhythm, genere musicale, žánr, "
        "műfaj, жанр, стиль, ジャンル, 장르"
    ),
    "lead": (
        "lead vocal, lead vocals, lead singer, singer, singers, vocals, vocal, vocalist, sung by, who sings, sänger, "
        "saenger, sängerin, gesang, chant, chanteur, chanteuse, cantante, voz, voce, zang, zanger, wokal, cantor, "
        "sångare, sanger, laulaja, énekes, вокал"
    ),
    "link": (
        "url, web, video, youtube, recording, website, hyperlink, links, spotify url, track url, lien, enlace, ссылка"
    ),
    "notes": (
        "note, comment, comments, remark, remarks, description, notizen, notiz, bemerkung, bemerkungen, "
        "kommentar, anmerkung, anmerkungen, remarques, commentaire, commentaires, notas, comentarios, commenti, "
        "opmerkingen, uwagi, observações, poznámky, anteckningar, muistiinpanot, megjegyzés, заметки, примечания, "
        "примітки, メモ, 备注, 備註, 메모"
    ),
    "year": (
        "release year, released, release date, album release date, jahr, année, año, anno, ano, jaar, rok, år, "
        "vuosi, év, год, рік, 年, 연도"
    ),
    "tags": "tag, keywords, labels, themes, categories, category, schlagworte, etiquetas, mots clés, kategorie, теги",
    "chart": (
        "lyrics, text, chords, chordpro, song text, words, lyrics and chords, chord chart, songtext, liedtext, "
        "paroles, letra, testo, tekst, akordy, accords, acordes, sanat, sångtext, dalszöveg, текст, аккорды, 歌詞, "
        "歌词, 가사"
    ),
}
"""The usual names of columns beside the fields' own. Of several that mean the title or the key, the first in this list
is it: a column `Name` beside one called `Song` is somebody's."""

_TIMES = "time, zeit, tid, tiempo, temps, tijd, tempo totale, aika, idő, czas, čas, время, час, 時間, 时间, 시간"
_MINUTES = "minutes, min, mins, minuten, minutos, minuti, minuty, minuuttia, perc, минуты"
_SECONDS = (
    "seconds, sec, secs, sekunden, sek, secondes, segundos, secondi, seconden, sekundy, sekunder, másodperc, секунды"
)

_MAX_NAME = 100
"""Letters of a column's name. Marks on one letter are put in order in quadratic time (Unicode, D109)."""


def field_named(column: str, types: FieldTypes) -> str | None:
    """The field that a column or key of a file means; None for one that songs don't have."""
    words = _words(column)
    own = words.replace(" ", "_")
    name = own if own in types else usual_field(column)
    return name if name in types else None


def usual_field(column: str) -> str | None:
    """The field of songs that a column's name usually means, whatever kind of song it is."""
    words, before_brackets = _words(column), _words(column.partition("(")[0])
    for form in (words, _without_unit(words)[0], words.removeprefix("arrangement 1 "), before_brackets):
        own = form.replace(" ", "_")
        name = own if own in _NAMES else _FIELD_OF.get(form)
        if name is not None:
            return name
    return None


def unit_named(column: str) -> Unit | None:
    """The unit that a column's name tells: `ms` of `Duration (ms)`, `durationMs`; None where it tells none."""
    return _without_unit(_words(column))[1]


def rank(column: str) -> int:
    """How sure it is that a column which means a field is it: the less, the surer."""
    words = _words(column)
    return _RANKS.get(words, -1 if words.replace(" ", "_") in _NAMES else len(_RANKS))


def is_like_a_title(column: str) -> bool:
    """Whether a question such as `Which song do you want?` asks for a title."""
    words = _words(column).split()
    return any(_FIELD_OF.get(word) == "title" and word != "name" for word in words)


def is_named(column: str, name: str) -> bool:
    """Whether a column has a name, however it is written."""
    return _words(column) == name


def is_time(column: str) -> bool:
    """Whether a column is called `Time`, which may be a length or a meter."""
    return _words(column) in _TIME_WORDS


def unit_within(column: str) -> Unit | None:
    """The part of a length that a column holds by itself: `Minutes`, `Duration Seconds`, `Length (min)`."""
    words = _words(column)
    base, _, unit = words.rpartition(" ")
    part = _UNITS.get(unit)
    return part if part and (not base or _FIELD_OF.get(base) == "duration" or base == "duration") else None


def _words(column: str) -> str:
    if len(column) > _MAX_NAME:
        return ""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.strip())
    plain = apart if apart.isascii() else _without_marks(apart)
    return " ".join(re.findall(r"[^\W_]+", plain.casefold()))


def _without_marks(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("\u0142", "l").replace("\u00df", "ss").replace("\u0131", "i"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _without_unit(words: str) -> tuple[str, Unit | None]:
    name, _, unit = words.rpartition(" ")
    return (name, _UNITS[unit]) if name and unit in _UNITS else (words, None)


def _each(names: str) -> list[str]:
    return [_words(name) for name in names.split(", ")]


_FIELD_OF = {alias: name for name, aliases in _NAMES.items() for alias in _each(aliases)}
_RANKS = {alias: rank for aliases in _NAMES.values() for rank, alias in enumerate(_each(aliases))}
_TIME_WORDS = frozenset(_each(_TIMES))
_UNITS: Mapping[str, Unit] = {
    **dict.fromkeys(("ms", "msec", "milliseconds"), "ms"),
    **dict.fromkeys((*_each(_SECONDS), "s"), "s"),
    **dict.fromkeys(_each(_MINUTES), "min"),
}
