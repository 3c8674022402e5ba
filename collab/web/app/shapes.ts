/**
 * How chords are held on a guitar: what a chart defines, else an open chord, else a movable one at its fret. The movable
 * ones are those of E and of A, moved up to the root.
 */

import { type Chord, type Diagram, readChord } from "../charts";
import { type Notation, readNote } from "../charts/notes";

const OPEN: Readonly<Record<string, string>> = {
  A: "x02220", Am: "x02210", A7: "x02020", Am7: "x02010", Amaj7: "x02120", Asus2: "x02200", Asus4: "x02230",
  B7: "x21202", C: "x32010", C7: "x32310", Cmaj7: "x32000", Cadd9: "x32030",
  D: "xx0232", Dm: "xx0231", D7: "xx0212", Dm7: "xx0211", Dmaj7: "xx0222", Dsus2: "xx0230", Dsus4: "xx0233",
  E: "022100", Em: "022000", E7: "020100", Em7: "020000", Emaj7: "021100", Esus4: "022200",
  Fmaj7: "xx3210", G: "320003", G7: "320001", Gmaj7: "320002",
}; // prettier-ignore

/** By quality: the shape of E, and that of A. */
const MOVABLE: Readonly<Record<string, readonly [string | null, string | null]>> = {
  "": ["022100", "x02220"],
  m: ["022000", "x02210"],
  "7": ["020100", "x02020"],
  m7: ["020000", "x02010"],
  maj7: ["021100", "x02120"],
  sus4: ["022200", "x02230"],
  sus2: [null, "x02200"],
  "6": ["022120", "x02222"],
  m6: ["022020", "x02212"],
  "7sus4": ["020200", "x02030"],
  m7b5: [null, "x0101x"],
  dim: [null, "x0121x"],
  aug: [null, "x03221"],
};

const SAME: Readonly<Record<string, string>> = {
  M: "", maj: "", min: "m", mi: "m", "-": "m", min7: "m7", "-7": "m7", M7: "maj7", "Δ": "maj7", "Δ7": "maj7", "^7": "maj7", "^": "maj7", ma7: "maj7",
  sus: "sus4", "7sus": "7sus4", "ø": "m7b5", "ø7": "m7b5", "°": "dim", o: "dim", "+": "aug", "-7b5": "m7b5",
}; // prettier-ignore

const E = 4;
const A = 9;
/** Frets that a hand spans without a change of place. */
const AT_THE_TOP = 4;

/** How a chord is held; null for one that is in no table. Its bass is left to the bass player. */
export function shapeOf(symbol: string, defined: ReadonlyMap<string, Diagram>, written: Notation): Diagram | null {
  const own = defined.get(symbol);
  if (own) return own;
  const chord = readChord(symbol, true);
  if (!chord) return null;
  const quality = SAME[chord.quality] ?? chord.quality;
  const root = rootOf(chord, written);
  const open = OPEN[`${ROOTS[root] ?? "-"}${quality}`];
  if (open) return placed(symbol, open, 0);
  const [ofE, ofA] = MOVABLE[quality] ?? [null, null];
  const shapes: [string | null, number][] = [[ofE, (root - E + 12) % 12], [ofA, (root - A + 12) % 12]];
  const [nearest] = shapes.filter(([shape]) => shape !== null).sort((one, other) => one[1] - other[1]);
  return nearest ? placed(symbol, nearest[0]!, nearest[1]) : null;
}

/** The notes that open chords are of. */
const ROOTS: Readonly<Record<number, string>> = { 0: "C", 2: "D", 4: "E", 5: "F", 7: "G", 9: "A", 11: "B" };

const rootOf = (chord: Chord, written: Notation): number => (((readNote(chord.root, written) * 7) % 12) + 12) % 12;

/** A shape moved up so many frets: from the top of the neck where it fits there. */
function placed(name: string, shape: string, up: number): Diagram {
  const frets = [...shape].map((fret) => (fret === "x" ? null : Number(fret) + up));
  const held = frets.filter((fret): fret is number => fret !== null && fret > 0);
  const baseFret = Math.max(...held, 0) <= AT_THE_TOP ? 1 : Math.min(...held);
  return { name, baseFret, frets: frets.map((fret) => (fret ? fret - baseFret + 1 : fret)) };
}
