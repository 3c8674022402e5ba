/** The key in which chords stand: what it is called, and how notes are spelled in it. */

import { trimmed } from "./directives";
import { ENGLISH, NOTE, type Notation, readNote, writeNote } from "./notes";

/** How far the signature of a mode lies from that of the major key on its first note. */
const SIGNATURES: Record<string, number> = { minor: -3, dorian: -2, phrygian: -4, lydian: 1, mixolydian: -1, locrian: -5, blues: -1 };
const MINOR_MODES = ["minor", "dorian", "phrygian", "locrian"];

const WORDS = new Map([
  ...Object.keys(SIGNATURES).map((name) => [name, name] as const),
  ...["m", "min", "mi", "moll", "-"].map((word) => [word, "minor"] as const),
  ...["", "major", "maj", "dur"].map((word) => [word, "major"] as const),
]);
const KEY = new RegExp(`^(${NOTE}|[a-h](?:#|b|is|es)?)([ \\t]{0,4}-?[ \\t]{0,4})([A-Za-z]{0,20})$`);
const GERMAN: Notation = { b: "H", bFlat: "B" };

/** A key: the place of its first note, its mode, and the words of that mode as they were written. */
export class Key {
  constructor(
    readonly place: number,
    readonly mode = "major",
    readonly words = "",
  ) {}

  /** Sharps, or with a minus flats. */
  get signature(): number {
    return this.place + (SIGNATURES[this.mode] ?? 0);
  }

  get isMinor(): boolean {
    return MINOR_MODES.includes(this.mode);
  }

  /** What it is called; a German word stands with German letters alone. */
  name(notation: Notation = ENGLISH): string {
    const isForeign = isGerman(this.words) && notation.b !== "H";
    return writeNote(this.place, notation) + (isForeign ? (this.isMinor ? "m" : "") : this.words);
  }

  /** The key so many semitones higher, in its usual spelling; this one where they are none. */
  up(semitones: number): Key {
    return semitones % 12 === 0 ? this : this.moved(7 * semitones);
  }

  /** The key so many places on, in its usual spelling: of F# and Gb a major key is F#, and a minor one Ebm. */
  moved(places: number): Key {
    const [low, high] = this.isMinor ? [-6, 5] : [-5, 6];
    return new Key(this.place + places, this.mode, this.words).within(low, high);
  }

  /** The same key with a signature in a range, of twelve at least: for G#, which has eight sharps, Ab. */
  within(low = -7, high = 7): Key {
    let { place } = this;
    while (this.signature - this.place + place > high) place -= 12;
    while (this.signature - this.place + place < low) place += 12;
    return new Key(place, this.mode, this.words);
  }
}

/** A key as fields and charts have it: `Bb`, `F#m`, `C minor`, `Eb dorian`, `a-moll`, `fis`; else null. */
export function readKey(text: string, notation: Notation = ENGLISH): Key | null {
  const match = KEY.exec(trimmed(text, " \t\r"));
  if (match === null) return null;
  const [, note = "", between = "", word = ""] = match;
  const isSmall = /^[a-h]/.test(note);
  // A capital M is major; a minus alone is minor.
  const mode = word === "M" ? "major" : WORDS.get(word.toLowerCase() || between.replace(/[ \t]/g, ""));
  if (mode === undefined) return null;
  const place = readNote(note, isSmall || isGerman(word) ? GERMAN : notation);
  return isSmall && mode === "major" ? new Key(place, "minor", "m") : new Key(place, mode, between + word);
}

/** Whether a key is called as in German: `a-moll`, `H`. */
export const isGerman = (written: string): boolean => /^h|(?:dur|moll)$/i.test(trimmed(written, " \t\r"));

/** The place of a chord's root or its twin, whichever musicians write in a key; collab/domain/charts/keys.py says why. */
export function spelled(place: number, signature: number, isMajor: boolean): number {
  while (place > signature + (isMajor ? 6 : 9)) place -= 12;
  while (place < signature - 6) place += 12;
  const isOfTheKey = signature - 1 <= place && place <= signature + 5;
  // Cb, Fb, E#, B# and whatever has two signs.
  if (!isOfTheKey && (place < -6 || place > 10)) place += place < 0 ? 12 : -12;
  return place;
}
