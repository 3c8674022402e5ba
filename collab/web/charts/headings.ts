/** Names of a song's parts, as they stand above them: `Chorus`, `Verse 2:`, `[Bridge]`, `Intro: G D`. */

import { BLANK, trimmed, withoutBlanksBefore } from "./directives";

const WORDS = {
  chorus: ["chorus", "refrain", "refrein", "refren", "refr\u00e3o", "estribillo", "ritornello", "coro", "kehrvers"],
  verse: ["verse", "verso", "vers", "strophe", "strofa", "couplet", "estrofa", "zwrotka"],
  bridge: ["bridge", "puente", "ponte"],
  part: [
    ...["intro", "introduction", "outro", "prechorus", "postchorus", "interlude", "solo", "tag", "ending", "coda"],
    ...["instrumental", "turnaround", "vamp", "breakdown", "riff", "hook", "zwischenspiel"],
  ],
};
export type Part = keyof typeof WORDS;
const KINDS = new Map((Object.keys(WORDS) as Part[]).flatMap((kind) => WORDS[kind].map((word) => [word, kind] as const)));

const MAX_LENGTH = 60;
const LETTERS = /^[A-Za-z\u00c3\u00e3-]{3,20}/;
const COUNTED = /^[A-Za-z\u00c3\u00e3-]{3,20}(?: ?[0-9]{1,2}[a-z]?)?(?: ?\(?(?:[xX][0-9]{1,2}|[0-9]{1,2}[xX])\)?)?$/;
const REMARKED = /^[A-Za-z\u00c3\u00e3-]{3,20}[ 0-9a-zX()]{0,10}(?: \([^()]{0,40}\))?$/;

/** The name of a part: what it is, how it was written, and where in its line the part itself goes on. */
export interface Heading {
  kind: Part;
  label: string;
  end: number;
}

/** The name of a part that a line begins with: in brackets, before a colon, or alone. */
export function heading(line: string): Heading | null {
  const text = withoutBlanksBefore(line);
  const begin = line.length - text.length;
  if (text.startsWith("[")) {
    const close = text.slice(0, MAX_LENGTH).indexOf("]");
    const rest = withoutBlanksBefore(text.slice(close + 1)).replace(/^:/, "");
    return close > 0 ? named(text.slice(1, close), line.length - rest.length) : null;
  }
  const colon = text.slice(0, MAX_LENGTH).indexOf(":");
  if (colon > 0) {
    const label = trimmed(text.slice(0, colon), BLANK);
    return REMARKED.test(label) ? named(label, begin + colon + 1) : null;
  }
  const alone = text.length <= MAX_LENGTH ? trimmed(text, BLANK) : "";
  const label = alone.startsWith("(") && alone.endsWith(")") ? alone.slice(1, -1) : alone;
  return COUNTED.test(label) ? named(label, line.length) : null;
}

/** The heading, where the first word of its label names a part. */
function named(label: string, end: number): Heading | null {
  const word = LETTERS.exec(label)?.[0].toLowerCase().replaceAll("-", "") ?? "";
  const kind = KINDS.get(word);
  return kind ? { kind, label, end } : null;
}
