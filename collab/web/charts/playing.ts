/**
 * What one player reads: a song's chart as it is played on a night, for their instrument. Which key counts is told in
 * collab/domain/charts/playing.py.
 */

import { parse, type Section } from "./chart";
import { Key, readKey } from "./keys";
import { readLines } from "./lines";
import { numbered } from "./numbers";
import { keyOfChords, notation, transposed } from "./transposing";

/** The fields of a song or of a setlist's entry: `key` and `capo` are looked at. */
export type Fields = Readonly<Record<string, unknown>>;
export type Instrument = "C" | "Bb" | "Eb" | "F";

/** The pitches that instruments are in, and how many semitones higher they read. */
export const INSTRUMENTS: Readonly<Record<Instrument, number>> = { C: 0, Bb: 2, Eb: 9, F: 7 };

/** How one player reads charts. `capo` is their own; without it it is the one of the setlist's entry. */
export interface Reader {
  instrument?: Instrument;
  capo?: number | null;
  hasNumbers?: boolean;
}

/** A chart to play from, as text and in its sections; the key that it stands in, empty where nobody said one; and the capo. */
export interface Played {
  chart: string;
  sections: Section[];
  key: string;
  capo: number;
}

/** The chart of a song as `reader` plays it. `entry` is its place in a setlist, or the song itself. */
export function played(chart: string, song: Fields, entry: Fields, reader: Reader = {}): Played {
  const writtenWith = capoOf(song);
  const written = writtenKey(chart, song);
  const higher = INSTRUMENTS[reader.instrument ?? "C"];
  const capo = higher ? 0 : (reader.capo ?? capoOf(entry, song));
  const sounding = keyOf(entry) ?? keyOf(song) ?? written?.up(writtenWith);
  // Where nobody says what sounds, what is known is how much higher than it was written.
  const standsIn = written ?? keyOfChords(chart);
  const wanted = written && sounding ? sounding.up(higher - capo) : standsIn.up(writtenWith - capo + higher);
  const hasNumbers = reader.hasNumbers ?? false;
  const text = hasNumbers ? numbered(chart, standsIn) : transposed(chart, standsIn, wanted);
  return {
    chart: text,
    sections: parse(text, hasNumbers),
    key: written ? wanted.name() : "",
    capo,
  };
}

/** The key in which the chords of a chart stand; null where nobody says it. */
export function writtenKey(chart: string, song: Fields): Key | null {
  for (const { type, name, value } of readLines(chart)) {
    const key = name === "key" ? readKey(value, notation(chart)) : null;
    if (key) return key;
    if (type !== "blank" && type !== "remark" && type !== "directive") break;
  }
  return keyOf(song)?.up(-capoOf(song)) ?? null;
}

const keyOf = ({ key }: Fields): Key | null => (typeof key === "string" ? readKey(key) : null);

/** The first capo that is said. */
const capoOf = (...said: Fields[]): number => said.map(({ capo }) => capo).find((capo) => typeof capo === "number") ?? 0;
