/**
 * Chords as numbers of their key, as they are called in Nashville: 1, 4, 5\u2077, 6m, 5/7. A minor key is numbered by its
 * relative major, so that its own chord is 6m.
 */

import { type Chord, isMajor, symbol } from "./chords";
import { type Key, readKey, spelled } from "./keys";
import { ENGLISH, modulo, type Notation, readNote, signs } from "./notes";
import { rewritten } from "./rewriting";
import { notation } from "./transposing";

const NUMBERS = "4152637";
const RAISED = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

/** A chart that stands in `key`, with numbers for its chords. */
export function numbered(chart: string, key: Key): string {
  const written = notation(chart);
  let here = key;
  const keep = (said: string): string => {
    here = readKey(said, written) ?? here;
    return said;
  };
  return rewritten(chart, { chord: (chord) => number(chord, here, written), key: keep });
}

/** A chord as a number. Digits right behind it are raised, so that a 5 with a seventh is no 57. */
export function number(chord: Chord, key: Key, written: Notation = ENGLISH): string {
  const one = key.isMinor ? key.place - 3 : key.place;
  const root = spelled(readNote(chord.root, written) - one, 0, isMajor(chord));
  const bass = chord.bass && numberOf(spelled(readNote(chord.bass, written) - one, 0, false));
  const quality = chord.quality.replace(/^[0-9]+/, (digits) => digits.replace(/[0-9]/g, (digit) => RAISED.charAt(Number(digit))));
  return symbol({ ...chord, quality }, numberOf(root), bass);
}

const numberOf = (place: number): string => signs(Math.floor((place + 1) / 7)) + NUMBERS.charAt(modulo(place + 1, 7));
