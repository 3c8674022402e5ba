/** Chords as musicians write them (`F#m7b5/C#`, `C6/9`, `Am(maj7)`, `N.C.`), and the signs between them. */

import { NOTE } from "./notes";

const QUALITY =
  "(?:maj|Maj|MAJ|min|mi|ma|mj|m|M|sus|add|dim|aug|alt|dom|no|omit|o|\u00b0|\u00ba|\u00f8|\u00d8|\u0394|\u2206" +
  "|\\^|\\+|-|#|b|\u266f|\u266d|[0-9]|\\(|\\)|,|/(?=[0-9])){0,24}";
const SMALL_NOTE = "(?:[ae]s(?!us)|[a-h](?:#|b|\u266f|\u266d|is|es)?)";

const PARTS = `(${QUALITY})(?:/(${NOTE}|${SMALL_NOTE}))?(\\)?\\*{0,2})`;
const CHORD = new RegExp(`^(\\(?)(${NOTE})${PARTS}$`);
const ANY_CHORD = new RegExp(`^(\\(?)(${NOTE}|${SMALL_NOTE})${PARTS}$`);
const LOW_QUALITY = /^(?:m(?!aj|a|j)|-|dim|o|\u00b0|\u00ba|\u00f8|\u00d8|\+|aug)/;

const DEGREE = "[b#]{0,2}[1-7]";
const NUMBER = new RegExp(`^\\(?${DEGREE}[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{0,4}${QUALITY}(?:/${DEGREE})?\\)?\\*{0,2}$`);
const SIGN =
  /^(?::?\|{1,2}:?|[%*~,]|[-\u2013\u2014]{1,4}|[./]{1,8}|N\.?C\.?|n\.?c\.?|[([]?(?:[xX\u00d7][0-9]{1,2}|[0-9]{1,2}[xX\u00d7])[)\]]?)$/;
const TOKEN = /:?\|{1,2}:?|-(?=[A-H])|(?:(?!-[A-H]|:?\|)[^ \t\r\u00a0])+/g;
const MAX_LENGTH = 40;

/** A chord's symbol in its parts: joined they are the symbol. `bass` is empty where none is named. */
export interface Chord {
  root: string;
  quality: string;
  bass: string;
  before: string;
  behind: string;
}

/** The chord that a whole text is. In brackets a minor one may be small: `a`, `fis7`. */
export function readChord(text: string, mayBeSmall = false): Chord | null {
  if (text.length > MAX_LENGTH) return null;
  const match = (mayBeSmall ? ANY_CHORD : CHORD).exec(text);
  if (match === null) return null;
  const [, before = "", root = "", quality = "", bass = "", behind = ""] = match;
  return { root, quality, bass, before, behind };
}

/** Whether its third and fifth are those of a major chord, so that it leads nowhere by itself. */
export const isMajor = ({ quality }: Chord): boolean => !LOW_QUALITY.test(quality) && !quality.includes("b5");

/** A chord on other notes. */
export const symbol = ({ before, quality, behind }: Chord, root: string, bass: string): string =>
  `${before}${root}${quality}${bass && "/"}${bass}${behind}`;

/** What stands in a line of chords, and where: chords, bars and other signs. */
export function* tokens(line: string, begin = 0): Generator<[begin: number, token: string]> {
  const token = new RegExp(TOKEN);
  token.lastIndex = begin;
  for (let match = token.exec(line); match; match = token.exec(line)) yield [match.index, match[0]];
}

/** Whether a text is chords and signs alone, with a chord among them at least; or with `hasNumbers` such as 5/7. */
export function isChords(text: string, { mayBeSmall = false, hasNumbers = false } = {}): boolean {
  let hasChord = false;
  for (const [, token] of tokens(text)) {
    if ((hasNumbers && isNumber(token)) || readChord(token, mayBeSmall) !== null) hasChord = true;
    else if (!isSign(token)) return false;
  }
  return hasChord;
}

const isNumber = (token: string): boolean => token.length <= MAX_LENGTH && NUMBER.test(token);

/** Whether a token is a bar, a rest or a repeat; `N.C.` too, where no chord is played. */
export const isSign = (token: string): boolean => token.length <= MAX_LENGTH && SIGN.test(token);
