/** A chart with other chords: every letter that is no chord stays where it is. */

import { type Chord, readChord, tokens } from "./chords";
import { brackets, type Read, readLines } from "./lines";

/** What becomes of the chords and keys of a chart, asked from its first to its last. */
export interface Change {
  /** What is written for a chord. */
  chord(chord: Chord): string;
  /** What is written for the key that holds from here on. */
  key(written: string): string;
}

/** A chart with its chords and keys changed. Chords over words keep their columns, as far as they have room. */
export function rewritten(chart: string, change: Change): string {
  return Array.from(readLines(chart), (line) => lineWith(line, change)).join("\n");
}

function lineWith(line: Read, change: Change): string {
  const { text, type, name, value } = line;
  if (type === "chords" || type === "grid") return columns(line, change);
  if (type === "words" || name === "comment") return inline(line, change);
  if (name !== "key" || value === "") return text;
  const begin = text.lastIndexOf(value);
  return text.slice(0, begin) + change.key(value) + text.slice(begin + value.length);
}

function inline({ text, begin: from }: Read, change: Change): string {
  let written = "";
  let at = 0;
  for (const { begin, end, inner } of brackets(text, from)) {
    written += text.slice(at, begin + 1) + (inner.startsWith("*") ? inner : within(inner, change));
    at = end - 1;
  }
  return written + text.slice(at);
}

/** The chords in a pair of brackets, of which there may be several. */
function within(inner: string, change: Change): string {
  let written = "";
  let at = 0;
  for (const [begin, token] of tokens(inner)) {
    written += inner.slice(at, begin) + tokenWith(token, change, true);
    at = begin + token.length;
  }
  return written + inner.slice(at);
}

/** Chords, each where it stood: a longer one takes of the space behind it, but for one blank. */
function columns({ text, begin: from }: Read, change: Change): string {
  let written = text.slice(0, from);
  let at = from;
  for (const [begin, token] of tokens(text, from)) {
    const gap = text.slice(at, begin);
    // Where there was none there is none now.
    const least = gap && at > from ? 1 : 0;
    written += written.length === at ? gap : " ".repeat(Math.max(begin - written.length, least));
    written += tokenWith(token, change, false);
    at = begin + token.length;
  }
  return written + text.slice(at);
}

function tokenWith(token: string, change: Change, mayBeSmall: boolean): string {
  const chord = readChord(token, mayBeSmall);
  return chord === null ? token : change.chord(chord);
}
