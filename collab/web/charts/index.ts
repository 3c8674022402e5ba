/**
 * Charts as musicians read them: the words of a song with its chords, as ChordPro or with chords over the words. Pure.
 *
 * One call shows one:
 *
 *   const { sections, key, capo } = played(text, song, entry, { instrument: "Bb" });
 *
 * - `played(text, song, entry, reader?)` is the chart that one player reads: in the key that is played, less their capo,
 *   in the pitch of their instrument (`INSTRUMENTS`), or in numbers. `song` and `entry` are the fields of the song of the
 *   repertoire and of its place in a setlist; only `key` and `capo` are looked at. `key` is what the shown chart stands
 *   in, empty where nobody says it; `capo` is the one to put on; `chart` is the text, `sections` the same parsed.
 * - `parse(text)` gives the sections (`kind`, `label`, `lines`) of a chart as it is written; a line has a `kind`, and `pieces`: a `chord` and the `words`
 *   from it on. Lines that are `hidden` are not shown.
 * - `unbroken(pieces)` cuts a line's pieces into groups: a line may end between two groups, never within one, so that no
 *   chord comes apart from its syllable.
 * - `diagrams(text)` is how the chart says that chords are held; `readChord(symbol)` a chord in its parts.
 *
 * All take time in proportion to the text. collab/domain/charts has the same in Python, under the same names, and tells
 * the theory; both are measured by tests/vectors/charts.
 */

export { type Diagram, diagrams, type Line, type LineKind, parse, type Piece, type Section, type SectionKind, unbroken } from "./chart";
export { type Chord, readChord } from "./chords";
export { INSTRUMENTS, type Instrument, played, type Played, type Reader } from "./playing";
