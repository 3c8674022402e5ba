/** Directives of ChordPro (chordpro.org): lines such as `{start_of_chorus: Chorus 2}`, by their full names. */

const BLOCKS = ["chorus", "verse", "bridge", "tab", "grid"];
const SHORT = new Map([
  ["t", "title"],
  ["st", "subtitle"],
  ["su", "subtitle"],
  ["a", "artist"],
  ["k", "key"],
  ["ns", "new_song"],
  ...["c", "ci", "cb", "comment_italic", "comment_box", "highlight"].map((name) => [name, "comment"] as const),
  ...BLOCKS.map((name) => [`so${name.charAt(0)}`, `start_of_${name}`] as const),
  ...BLOCKS.map((name) => [`eo${name.charAt(0)}`, `end_of_${name}`] as const),
]);
const NAME = /^[ \t]*([A-Za-z_]+)(?=[ \t:]|$)/;

/** The name and value of a line that is a directive; two empty strings for any other. `{meta: key A}` is key A. */
export function directive(line: string): [name: string, value: string] {
  const text = trimmed(line, " \t\r\n\ufeff");
  if (!(text.startsWith("{") && text.endsWith("}"))) return ["", ""];
  let [name, value] = named(text.slice(1, -1));
  if (name === "meta") [name, value] = named(value);
  return [SHORT.get(name) ?? name, value];
}

/** A text without these letters at its ends. */
export function trimmed(text: string, letters = " \t\r\n"): string {
  let begin = 0;
  let end = text.length;
  while (begin < end && letters.includes(text.charAt(begin))) begin += 1;
  while (end > begin && letters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(begin, end);
}

export const BLANK = " \t\r\u00a0";

/** A line without the white space that it begins with. */
export function withoutBlanksBefore(line: string): string {
  let begin = 0;
  while (begin < line.length && BLANK.includes(line.charAt(begin))) begin += 1;
  return line.slice(begin);
}

/** A name and what stands behind it, after a colon or white space. */
function named(text: string): [name: string, value: string] {
  const match = NAME.exec(text);
  if (match === null) return ["", ""];
  return [match[1]!.toLowerCase(), trimmed(trimmed(text.slice(match[0].length)).replace(/^:/, ""))];
}
