/** A chart in another key; collab/domain/charts/transposing.py tells the theory. */

import { type Chord, isMajor, symbol } from "./chords";
import { isGerman, Key, readKey, spelled } from "./keys";
import { ENGLISH, type Notation, notationOf, readNote, writeNote } from "./notes";
import { type Change, rewritten } from "./rewriting";

/**
 * A chart that stands in `key`, on the first note of `to`; its mode is its own. The chart as it is where they are
 * spelled alike. A tab stays as it is: its numbers are frets.
 */
export function transposed(chart: string, key: Key, to: Key): string {
  if (key.place === to.place) return chart;
  return rewritten(chart, new Transposer(key, new Key(to.place, key.mode).within(), notation(chart)));
}

/** A chord of a chart that moves from one key to another. */
export function transposedChord(chord: Chord, key: Key, to: Key, written: Notation = ENGLISH): string {
  const root = readNote(chord.root, written);
  const at = spelled(root + to.place - key.place, to.signature, isMajor(chord));
  const bass = chord.bass && writeNote(bassUnder(readNote(chord.bass, written), root, at), written);
  return symbol(chord, asSmall(chord.root, writeNote(at, written)), asSmall(chord.bass, bass));
}

/** How a chart writes B and B flat, by its chords and by the keys that it names. */
export function notation(chart: string): Notation {
  const { chords, keys } = said(chart);
  const notes = chords.flatMap(({ root, bass }) => (bass ? [root, bass] : [root]));
  return notationOf(keys.some(isGerman) ? [...notes, "H"] : notes);
}

/** All chords and keys of a chart, in order. */
function said(chart: string): { chords: Chord[]; keys: string[] } {
  const chords: Chord[] = [];
  const keys: string[] = [];
  const keep = <T>(found: T[], one: T, written: string): string => {
    found.push(one);
    return written;
  };
  rewritten(chart, { chord: (chord) => keep(chords, chord, chord.root), key: (key) => keep(keys, key, key) });
  return { chords, keys };
}

/** A key to spell in where nothing says which: that of the first chord. */
export function keyOfChords(chart: string): Key {
  const [first] = said(chart).chords;
  if (!first) return new Key(0);
  const root = readNote(first.root, notation(chart));
  return isMajor(first) ? new Key(root) : new Key(root, "minor", "m");
}

/** The place of a bass under a root that has moved: as far from it as it was, by its usual interval. */
function bassUnder(bass: number, root: number, at: number): number {
  let interval = bass - root;
  while (interval > 6) interval -= 12;
  while (interval < -6) interval += 12;
  const place = at + interval;
  return place > 12 ? place - 12 : place < -8 ? place + 12 : place;
}

const asSmall = (before: string, note: string): string => (/^[a-h]/.test(before) ? note.toLowerCase() : note);

class Transposer implements Change {
  #key: Key;
  #to: Key;
  readonly #notation: Notation;

  constructor(key: Key, to: Key, notation: Notation) {
    this.#key = key;
    this.#to = to;
    this.#notation = notation;
  }

  chord(chord: Chord): string {
    return transposedChord(chord, this.#key, this.#to, this.#notation);
  }

  key(written: string): string {
    const key = readKey(written, this.#notation);
    if (key === null) return written;
    this.#to = key.moved(this.#to.place - this.#key.place);
    this.#key = key;
    return this.#to.name(this.#notation);
  }
}
