/** Names of a song's parts, as they stand above them: `Chorus`, `Verse 2:`, `[Bridge]`, `Intro: G D`. */

import { trimmed } from "./directives";

const KINDS = {
  chorus: "chorus|refrain|refrein|refren|estribillo|ritornello|coro|kehrvers|refr\u00e3o",
  verse: "verse|verso|vers|strophe|strofa|couplet|estrofa|zwrotka",
  bridge: "bridge|puente|ponte",
  part:
    "intro|introduction|outro|pre-?chorus|post-?chorus|interlude|solo|tag|ending|instrumental|coda|turnaround" +
    "|vamp|breakdown|riff|hook|zwischenspiel",
};
export type Part = keyof typeof KINDS;
const KIND_OF = new Map(
  (Object.keys(KINDS) as Part[]).flatMap((kind) => KINDS[kind].replaceAll("-?", "").split("|").map((word) => [word, kind] as const)),
);

const BLANKS = "[ \\t\\r\\u00a0]*";
const WORD = `(${Object.values(KINDS).join("|")})`;
const COUNTED = `${WORD}(?:[ ]?[0-9]{1,2}[a-z]?)?(?:[ ]?\\(?(?:x[0-9]{1,2}|[0-9]{1,2}x)\\)?)?`;
const SHAPES = [
  new RegExp(`^${BLANKS}\\[(${WORD}(?![a-z])[^\\[\\]]{0,60})\\]${BLANKS}:?`, "i"),
  new RegExp(`^${BLANKS}(${COUNTED}(?:[ ]\\([^()]{0,40}\\))?)${BLANKS}:`, "i"),
  new RegExp(`^${BLANKS}\\(?(${COUNTED})\\)?${BLANKS}$`, "i"),
];

/** The name of a part: what it is, how it was written, and where in its line the part itself goes on. */
export interface Heading {
  kind: Part;
  label: string;
  end: number;
}

/** The name of a part that a line begins with. */
export function heading(line: string): Heading | null {
  for (const shape of SHAPES) {
    const match = shape.exec(line);
    const kind = match && KIND_OF.get(match[2]!.toLowerCase().replaceAll("-", ""));
    if (kind) return { kind, label: trimmed(match[1]!, " \t"), end: match[0].length };
  }
  return null;
}
