"""Columns: what spreadsheets, playlist tools and setlist programs call a song's fields, in several languages."""

import re
import unicodedata
from collections.abc import Mapping

from collab.domain.kinds import FieldTypes
from collab.domain.songs.durations import Unit

_NAMES: Mapping[str, str] = {
    "title": (
        "song title, song, song name, track name, track title, track, tune, piece, name, titel, lied, liedtitel, "
        "stueck, stuck, songtitel, titre, chanson, morceau, titulo, cancion, tema, titolo, canzone, brano, "
        "nummer, liedje, tytul, utwor, piosenka, cancao, musica, nazev, pisen, название, песня, назва, пісня"
    ),
    "subtitle": "sub title, alternate title, alternative title, untertitel, sous titre, subtitulo, sottotitolo",
    "artist": (
        "artists, artist name, artist names, performer, performers, performed by, band, group, by, original "
        "artist, album artist, interpret, kuenstler, kunstler, gruppe, artiste, interprete, groupe, artista, "
        "grupo, gruppo, uitvoerende, artiest, wykonawca, zespol, kapela, исполнитель, группа, виконавець"
    ),
    "composer": (
        "composers, writer, writers, songwriter, songwriters, written by, author, authors, music by, words and "
        "music, komponist, autor, compositeur, auteur, compositor, compositore, autore, componist, kompozytor"
    ),
    "key": (
        "song key, original key, musical key, key signature, default key, camelot, keys, chord chart keys, key of "
        "song, tonart, tonalite, cle, tonalidad, tono, tonalita, toonsoort, tonacja, tonalidade, tom, tonality, "
        "tone, тональность"
    ),
    "tempo": "bpm, tempo bpm, speed, beats per minute, geschwindigkeit, velocidad, velocita, snelheid, andamento",
    "duration": (
        "length, time length, song length, runtime, running time, track duration, total time, playing time, "
        "dauer, laenge, lange, spieldauer, spielzeit, duree, duracion, durata, duur, lengte, czas, czas trwania, "
        "duracao, tempo de duracao, delka"
    ),
    "time_signature": (
        "time sig, meter, metre, signature, takt, taktart, mesure, compas, metro, maatsoort, metrum, compasso"
    ),
    "capo": "capo fret, capo position, kapodaster, cejilla, capodastre, capotasto",
    "tuning": "guitar tuning, stimmung, accordage, afinacion, accordatura, stemming, stroj, afinacao",
    "style": "genre, genres, feel, groove, stil, genero, genere, gatunek, stijl, estilo, rhythm",
    "lead": (
        "lead vocal, lead vocals, lead singer, singer, singers, vocals, vocal, vocalist, sung by, saenger, "
        "sanger, gesang, chant, chanteur, cantante, voz, voce, zang, zanger, wokal, cantor"
    ),
    "link": "url, web, video, youtube, recording, website, hyperlink, links, spotify url, track url, lien, enlace",
    "notes": (
        "note, comment, comments, remark, remarks, description, notizen, notiz, bemerkung, bemerkungen, "
        "kommentar, anmerkungen, remarques, commentaire, commentaires, notas, comentarios, commenti, opmerkingen, "
        "uwagi, observacoes, poznamky"
    ),
    "year": "release year, released, release date, album release date, jahr, annee, ano, anno, jaar, rok",
    "tags": "tag, keywords, labels, themes, categories, category, schlagworte, etiquetas, mots cles, kategorie",
    "chart": (
        "lyrics, text, chords, chordpro, song text, words, lyrics and chords, chord chart, songtext, liedtext, "
        "paroles, letra, testo, tekst, akordy, accords, acordes"
    ),
}
"""The usual names of columns beside the fields' own, in the form that `_words` gives. Of several that mean the title,
the first in this list is it: a column `Name` beside one called `Song` is somebody's."""

_FIELD_OF = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split(", ")}
_TITLE_RANK = {name: rank for rank, name in enumerate(["title", *_NAMES["title"].split(", ")])}

_MAX_NAME = 100
"""Letters of a column's name. Marks on one letter are put in order in quadratic time (Unicode, D109)."""

_UNITS: Mapping[str, Unit] = {
    **dict.fromkeys(("ms", "msec", "milliseconds"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "seconds", "sekunden"), "s"),
    **dict.fromkeys(("min", "minutes", "minuten"), "min"),
}


def field_named(column: str, types: FieldTypes) -> str | None:
    """The field that a column or key of a file means; None for one that songs don't have."""
    words = _words(column)
    for form in (words, _without_unit(words)[0], words.removeprefix("arrangement 1 "), words.removesuffix(" s")):
        own = form.replace(" ", "_")
        name = own if own in types else _FIELD_OF.get(form)
        if name in types:
            return name
    return None


def unit_named(column: str) -> Unit | None:
    """The unit that a column's name tells: `ms` of `Duration (ms)`, `durationMs`; None where it tells none."""
    return _without_unit(_words(column))[1]


def title_rank(column: str) -> int:
    """How sure it is that a column which means the title is it: the less, the surer."""
    return _TITLE_RANK.get(_words(column), len(_TITLE_RANK))


def is_named(column: str, *names: str) -> bool:
    """Whether a column has one of these names, however it is written."""
    return _words(column) in names


def _words(column: str) -> str:
    if len(column) > _MAX_NAME:
        return ""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.strip())
    plain = apart if apart.isascii() else _without_marks(apart)
    return " ".join(re.findall(r"[^\W_]+", plain.casefold()))


def _without_marks(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("\u0142", "l").replace("\u00df", "ss"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _without_unit(words: str) -> tuple[str, Unit | None]:
    name, _, unit = words.rpartition(" ")
    return (name, _UNITS[unit]) if name and unit in _UNITS else (words, None)
