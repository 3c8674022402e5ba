/** What each line of a chart is. A line says so by itself, but for those within a block such as `{start_of_tab}`. */

import { isChords, isSign } from "./chords";
import { BLANK, directive, trimmed, withoutBlanksBefore } from "./directives";
import { type Heading, heading } from "./headings";

/**
 * `remark` is what stands behind a `#`, for whoever edits the chart; `block` a line within a block of another language
 * (ABC, LilyPond …), `grid` one within a `{start_of_grid}`, `tab` one of a tablature, in its block or not.
 */
export type LineType = "blank" | "remark" | "directive" | "block" | "grid" | "tab" | "chords" | "words";

const TAB = /^(?:[A-Ha-h][#b]?)?[ \t]{0,4}[|:-][-0-9|/\\~^()<>=*.: hpbrsxtvHPXT\t\r]*$/;
const RAW = new Map<string, LineType>([
  ...["ly", "abc", "svg", "textblock", "musicxml"].map((name) => [`start_of_${name}`, "block"] as const),
  ["start_of_tab", "tab"],
  ["start_of_grid", "grid"],
]);
const BRACKETS = /\[([^[\]]{0,80})\]/g;

/** A line: its text, what it is, and where in it that begins: behind a `heading`, where it has one. */
export interface Read {
  text: string;
  type: LineType;
  begin: number;
  heading: Heading | null;
  /** The name and value of a directive. */
  name: string;
  value: string;
}

/** A pair of brackets, and what is in it: chords, or `*words` to stand above a line as they are. */
export interface Bracket {
  begin: number;
  end: number;
  inner: string;
}

/** The lines of a chart, in order; joined by line breaks they are the chart. With `hasNumbers` they are its chords. */
export function* readLines(chart: string, hasNumbers = false): Generator<Read> {
  let raw: LineType | undefined;
  for (const text of chart.split("\n")) {
    const [name, value] = directive(text);
    const isBorder = name.startsWith("start_of_") || name.startsWith("end_of_");
    if (isBorder) raw = RAW.get(name);
    else if (raw) {
      yield line(text, raw);
      continue;
    }
    yield name ? { ...line(text, "directive"), name, value } : read(text, hasNumbers);
  }
}

/** The brackets in a line that stand for something above it; others are words. */
export function brackets(text: string, begin = 0, hasNumbers = false): Bracket[] {
  const found: Bracket[] = [];
  const pair = new RegExp(BRACKETS);
  pair.lastIndex = begin;
  for (let match = pair.exec(text); match; match = pair.exec(text)) {
    const inner = match[1]!;
    if (isAbove(inner, hasNumbers)) found.push({ begin: match.index, end: pair.lastIndex, inner });
  }
  return found;
}

/** Whether a line of words has chords within it: those of a line above it are not of these words. */
export const hasChords = ({ text, begin }: Read, hasNumbers = false): boolean =>
  brackets(text, begin, hasNumbers).some(({ inner }) => isChords(inner, { mayBeSmall: true, hasNumbers }));

export const isBlank = (text: string): boolean => trimmed(text, BLANK) === "";

const isAbove = (inner: string, hasNumbers: boolean): boolean =>
  inner.startsWith("*") || isSign(inner) || isChords(inner, { mayBeSmall: true, hasNumbers });

const line = (text: string, type: LineType, begin = 0, named: Heading | null = null): Read => ({
  text,
  type,
  begin,
  heading: named,
  name: "",
  value: "",
});

function read(text: string, hasNumbers: boolean): Read {
  if (isBlank(text)) return line(text, "blank");
  if (text.startsWith("#")) return line(text, "remark");
  if (isTab(text)) return line(text, "tab");
  const named = heading(text);
  const begin = named?.end ?? 0;
  const rest = text.slice(begin);
  if (isBlank(rest)) return line(text, "blank", begin, named);
  return line(text, isChords(rest, { hasNumbers }) ? "chords" : "words", begin, named);
}

function isTab(text: string): boolean {
  const isDrawn = (text.includes("--") && text.includes("|")) || text.includes("-----");
  return isDrawn && TAB.test(withoutBlanksBefore(text));
}
