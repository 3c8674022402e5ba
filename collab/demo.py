"""The demo's band, its repertoire and its next gig: titles, usual keys, tempos, lengths, and a few charts."""

from typing import TYPE_CHECKING, Final

from collab.domain.access import Role
from collab.domain.bands import User
from collab.domain.ot import positions
from collab.domain.ot.ops import Item

if TYPE_CHECKING:
    from collab.engine import Engine

BAND: Final = "Blue Nile Brass Band"

MEMBERS: Final = (
    (User("ada", "Ada (trumpet)"), Role.OWNER),
    (User("ben", "Ben (sousaphone)"), Role.EDITOR),
    (User("cleo", "Cleo (trombone)"), Role.EDITOR),
    (User("dex", "Dex (snare)"), Role.VIEWER),
)

SONGS: Final = (
    # title, key, beats per minute, seconds, style
    ("Just a Closer Walk with Thee", "Bb", 66, 330, "dirge"),
    ("When the Saints Go Marching In", "F", 184, 240, "hymn"),
    ("Lil' Liza Jane", "Bb", 208, 210, "street"),
    ("I'll Fly Away", "Bb", 196, 255, "hymn"),
    ("Down by the Riverside", "F", 192, 260, "hymn"),
    ("Just a Little While to Stay Here", "F", 200, 235, "hymn"),
    ("Over in the Gloryland", "Ab", 196, 225, "hymn"),
    ("Lord, Lord, Lord", "Eb", 190, 240, "hymn"),
    ("Bye and Bye, When the Morning Comes", "Bb", 180, 230, "hymn"),
    ("Walking with the King", "Bb", 192, 215, "hymn"),
    ("What a Friend We Have in Jesus", "F", 72, 290, "dirge"),
    ("In the Sweet Bye and Bye", "G", 168, 240, "hymn"),
    ("Old Rugged Cross", "Bb", 69, 300, "dirge"),
    ("Flee as a Bird", "Fm", 58, 280, "dirge"),
    ("Westlawn Dirge", "Cm", 54, 310, "dirge"),
    ("Oh, Didn't He Ramble", "Bb", 196, 245, "street"),
    ("St. James Infirmary", "Dm", 104, 320, "blues"),
    ("Careless Love", "F", 120, 270, "blues"),
    ("St. Louis Blues", "G", 126, 300, "blues"),
    ("Tiger Rag", "Ab", 248, 200, "rag"),
    ("Panama", "Eb", 208, 250, "march"),
    ("High Society", "Bb", 212, 240, "march"),
    ("Maryland, My Maryland", "Eb", 196, 235, "march"),
    ("Bourbon Street Parade", "Ab", 200, 255, "street"),
    ("Iko Iko", "F", 176, 225, "carnival"),
    ("Canal Street Blues", "Bb", 192, 215, "blues"),
    ("Joe Avery's Piece", "Bb", 192, 265, "street"),
)

CHARTS: Final = {
    "Down by the Riverside": """{start_of_verse}
[F]Gonna lay down my burden down by the riverside,
[C7]down by the riverside, [F]down by the riverside,
gonna lay down my burden down by the riverside,
[C7]and study war no [F]more.
{end_of_verse}

{start_of_chorus}
I ain't gonna [Bb]study war no more,
I ain't gonna [F]study war no more,
I ain't gonna [C7]study [Gm7]war [C7]no [F]more. [F7]
I ain't gonna [Bb]study war no more,
I ain't gonna [F]study war no more,
I ain't gonna [C7]study war no [F]more.
{end_of_chorus}

{comment: Drums alone for eight, then out}
""",
    "St. James Infirmary": """{start_of_verse}
I went [Dm]down to [A7]Saint James In[Dm]firmary,
I [Dm]saw my [Gm]baby [A7]there,
stretched [Dm]out on a [Dm/C]long white [Bb]table,
so [A7]sweet, so cold, so [Dm]fair.
{end_of_verse}

{comment: Trombones growl from the second verse on}
""",
    "When the Saints Go Marching In": """{start_of_chorus}
Oh, when the [F]saints go marching in,
oh, when the saints go marching [C7]in,
oh Lord, I [F]want to be in that [Bb]number,
when the [F]saints go [C7]marching [F]in.
{end_of_chorus}
""",
}
"""By title: words that are everybody's, in the song's own key."""

SET_ONE: Final = (
    "Lil' Liza Jane",
    "Over in the Gloryland",
    "St. James Infirmary",
    "Bourbon Street Parade",
    "Panama",
    "Down by the Riverside",
    "Tiger Rag",
)
SET_TWO: Final = (
    "Just a Closer Walk with Thee",
    "I'll Fly Away",
    "Iko Iko",
    "Careless Love",
    "Oh, Didn't He Ramble",
    "Joe Avery's Piece",
    "When the Saints Go Marching In",
)


async def seed(engine: "Engine") -> str:
    """Makes the band with its members, repertoire and setlist, where the database has no such band yet; its id."""
    owner = MEMBERS[0][0]
    await engine.membership.welcome(owner)
    for band, _ in await engine.membership.bands_of(owner):
        return band.id
    band = await engine.membership.create_band(owner, BAND)
    for user, role in MEMBERS[1:]:
        await engine.membership.put_member(owner, band.id, user.id, role, user.name)
    await engine.contents.create(owner, band.id, "repertoire", "Repertoire", items=_repertoire())
    gig = {"date": "2026-12-04", "venue": "Blue Nile", "start_time": "20:30", "target_duration": 6_600}
    notes = {"notes": "Doors at eight. Parade in from the street, second line out."}
    await engine.contents.create(owner, band.id, "setlist", "Friday, Blue Nile", {**gig, **notes}, _setlist())
    return band.id


def _repertoire() -> list[Item]:
    keys = positions.spread(len(SONGS))
    return [
        Item(
            f"song-{number}",
            "song",
            key,
            {
                "title": title,
                "key": song_key,
                "tempo": tempo,
                "duration": duration,
                "style": style,
                **({"chart": CHARTS[title]} if title in CHARTS else {}),
            },
        )
        for number, (key, (title, song_key, tempo, duration, style)) in enumerate(zip(keys, SONGS, strict=True), 1)
    ]


def _setlist() -> list[Item]:
    by_title = {item.fields["title"]: item for item in _repertoire()}
    keys = iter(positions.spread(len(SET_ONE) + 1 + len(SET_TWO)))
    entries = [_entry(by_title[title], next(keys)) for title in SET_ONE]
    entries.append(Item("break-1", "break", next(keys), {"title": "Break", "duration": 1_200}))
    return entries + [_entry(by_title[title], next(keys)) for title in SET_TWO]


def _entry(song: Item, position: str) -> Item:
    fields = {name: song.fields[name] for name in ("title", "key", "tempo", "duration")}
    return Item(f"set-{song.id}", "song", position, {**fields, "song_id": song.id})
