/**
 * A chart in its sections, lines and pieces: what is needed to show it.
 *
 * Nothing is lost: the `source` of all lines, joined by line breaks, is the chart. What no program and no musician would
 * take for a chord stays among the words, with its brackets.
 */

import { tokens } from "./chords";
import { trimmed } from "./directives";
import { brackets, hasChords, type Read, readLines } from "./lines";

/** A `part` has a name of its own, such as an intro; a stanza without a name has no kind. */
export type SectionKind = "" | "verse" | "chorus" | "bridge" | "part" | "tab" | "grid" | "block";

/**
 * `song`: words and chords. `comment`: words about the song, perhaps with chords. `verbatim`: letters that stand under
 * each other, as in a tab. `change`: from here on another key, tempo, time or capo. `hidden`: for programs, or said by
 * the section already.
 */
export type LineKind = "song" | "comment" | "verbatim" | "change" | "blank" | "hidden";

/** A chord, and the words that are sung from it on; either may be empty. An annotation stands as a chord would. */
export interface Piece {
  chord: string;
  words: string;
  isAnnotation: boolean;
}

/** `pieces` are those of a song or comment, `text` that of a verbatim line or of a change (`G`), `name` says what changes. */
export interface Line {
  kind: LineKind;
  source: string;
  pieces: readonly Piece[];
  text: string;
  name: string;
}

/** Lines that belong together. A chorus that is only called for by `{chorus}` has but that hidden line. */
export interface Section {
  kind: SectionKind;
  label: string;
  lines: Line[];
}

/** How a chord is held, from the lowest string on: frets count from `baseFret`, 1 at the top; null is not played. */
export interface Diagram {
  name: string;
  baseFret: number;
  frets: (number | null)[];
}

const RAW = new Map<string, SectionKind>([
  ["tab", "tab"],
  ["grid", "grid"],
  ...["ly", "abc", "svg", "textblock", "musicxml"].map((name) => [name, "block"] as const),
]);
const NAMED = new Map<string, SectionKind>([
  ["verse", "verse"],
  ["chorus", "chorus"],
  ["bridge", "bridge"],
]);

const CHANGES = ["key", "tempo", "time", "capo"];
const UNSEEN = new Set(
  (
    "title sorttitle subtitle artist sortartist composer lyricist arranger copyright album year duration tag tuning style lead link " +
    "notes ccli metronome bpm new_song new_page np new_physical_page npp column_break columns colb col titles pagetype define chord " +
    "diagrams grid g no_grid ng image transpose chorus"
  ).split(" "),
);
const UNSEEN_LOOKS = /(?:font|size|colour|color)$/;
const FOR_PROGRAMS = /^(?:x_|start_of_|end_of_)/;

const LABEL = /label[ ]?=[ ]?"([^"]*)"/;
const FRET = /^(?:[0-9]{1,2}|[xXN-]|-1)$/;
const IS_NUMBER = /^[0-9]{1,2}$/;

/** The sections of a chart, in order. With `hasNumbers` its chords are numbers, as `numbered` writes them. */
export function parse(chart: string, hasNumbers = false): Section[] {
  const reader = new Reader();
  let above: Read | null = null;
  for (const line of readLines(chart, hasNumbers)) {
    if (above !== null) {
      const isPair = line.type === "words" && line.heading === null && !hasChords(line, hasNumbers);
      reader.add(isPair ? pair(above, line) : chordsAlone(above));
      above = null;
      if (isPair) continue;
    }
    reader.open(line);
    if (line.type === "chords") {
      above = line;
    } else {
      reader.add(lineOf(line, hasNumbers));
      reader.close(line);
    }
  }
  if (above !== null) reader.add(chordsAlone(above));
  return reader.sections;
}

/**
 * The pieces of a line cut at its spaces: what is in one group may not be parted by the end of a line, so that no chord
 * comes apart from its syllable. Their letters are those of the line.
 */
export function unbroken(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = [[]];
  for (const { chord, words, isAnnotation } of pieces) {
    (words.match(/[^ ]+ *| +/g) ?? [""]).forEach((word, index) => {
      const isFirst = index === 0;
      groups.at(-1)!.push({ chord: isFirst ? chord : "", words: word, isAnnotation: isAnnotation && isFirst });
      if (word.endsWith(" ")) groups.push([]);
    });
  }
  return groups.filter((group) => group.length > 0);
}

/** What a chart itself says of how its chords are held, by `{define: …}`. */
export function diagrams(chart: string): Diagram[] {
  return [...readLines(chart)].flatMap(({ name, value }) => (name === "define" ? diagram(value) : []));
}

/**
 * Puts lines into sections.
 *
 * A part lasts until another begins or `{end_of_…}` ends it; a block within it, such as a tab, until its own end, and
 * then the part goes on. What is in no part is a stanza, which ends at a blank line. Blank lines belong to what stands
 * before them.
 */
class Reader {
  readonly sections: Section[] = [];
  #part: SectionKind = "";
  #isOpen = false;

  /** Begins another section where this line does. */
  open(line: Read): void {
    const { name, value, heading } = line;
    if (heading !== null) this.#beginPart(NAMED.get(heading.kind) ?? "part", heading.label);
    else if (name.startsWith("start_of_")) this.#beginSaid(name.slice("start_of_".length), labelOf(value));
    else if (name === "chorus") this.#beginPart("chorus", labelOf(value) || "Chorus");
    else if (!this.#isOpen && !(line.type === "blank" || name.startsWith("end_of_"))) this.#begin(this.#part, "");
  }

  add(line: Line): void {
    if (this.sections.length === 0) this.#begin("", "");
    this.sections.at(-1)!.lines.push(line);
  }

  /** Ends a section where this line, its last one, does. */
  close({ name, type, heading }: Read): void {
    if (name.startsWith("end_of_") || name === "chorus") {
      this.#isOpen = false;
      if (!RAW.has(name.replace("end_of_", ""))) this.#part = "";
    } else if (type === "blank" && heading === null && this.#part === "") {
      this.#isOpen = false;
    }
  }

  #beginSaid(name: string, label: string): void {
    const raw = RAW.get(name);
    const named = NAMED.get(name);
    const words = name.replaceAll("_", " ");
    if (raw) this.#begin(raw, label);
    else if (named) this.#beginPart(named, label);
    else this.#beginPart("part", label || words.charAt(0).toUpperCase() + words.slice(1));
  }

  #beginPart(kind: SectionKind, label: string): void {
    this.#part = kind;
    this.#begin(kind, label);
  }

  #begin(kind: SectionKind, label: string): void {
    this.sections.push({ kind, label, lines: [] });
    this.#isOpen = true;
  }
}

const labelOf = (value: string): string => LABEL.exec(value)?.[1] ?? value;

const line = (kind: LineKind, source: string, more: Partial<Line> = {}): Line => ({ kind, source, pieces: [], text: "", name: "", ...more });
const piece = (chord: string, words: string, isAnnotation = false): Piece => ({ chord, words, isAnnotation });

function lineOf(read: Read, hasNumbers: boolean): Line {
  const { text } = read;
  switch (read.type) {
    case "blank":
      return line(read.heading ? "hidden" : "blank", text);
    case "remark":
      return line("hidden", text);
    case "block":
    case "grid":
    case "tab":
      return line("verbatim", text, { text: withoutReturn(text) });
    case "directive":
      return ofDirective(read, hasNumbers);
    default:
      return line("song", text, { pieces: inline(text.slice(read.begin), hasNumbers) });
  }
}

function ofDirective({ text, name, value }: Read, hasNumbers: boolean): Line {
  if (name === "comment") return line("comment", text, { pieces: inline(value, hasNumbers) });
  if (CHANGES.includes(name) && value) return line("change", text, { text: value, name });
  const isUnseen = UNSEEN.has(name) || CHANGES.includes(name) || FOR_PROGRAMS.test(name) || UNSEEN_LOOKS.test(name);
  // What no program of ours knows a musician may.
  return isUnseen ? line("hidden", text) : line("comment", text, { pieces: [piece("", trimmed(text, " \t\r\n\ufeff"))] });
}

/** Words with chords in brackets between them. */
function inline(written: string, hasNumbers: boolean): Piece[] {
  const text = withoutReturn(written);
  const pieces: Piece[] = [];
  let chord = "";
  let at = 0;
  const add = (words: string): void => {
    if (words || chord) pieces.push(piece(chord.replace(/^\*/, ""), words, chord.startsWith("*")));
  };
  for (const { begin, end, inner } of brackets(text, 0, hasNumbers)) {
    add(text.slice(at, begin));
    chord = inner;
    at = end;
  }
  add(text.slice(at));
  return pieces;
}

/** Words, with the chords that stand over them: each begins at its column. */
function pair(above: Read, below: Read): Line {
  const words = [...expandTabs(withoutReturn(below.text))];
  const chords = Array.from(tokens(expandTabs(above.text), above.begin), ([column, token]) => [sungFrom(words, column), token] as const);
  const pieces = chords.map(([column, token], index) => {
    const end = chords[index + 1]?.[0];
    const sung = words.slice(column, end);
    return piece(token, sung.join("") + " ".repeat(end === undefined ? 0 : end - column - sung.length));
  });
  const first = chords[0]![0];
  if (first > 0) pieces.unshift(piece("", words.slice(0, first).join("")));
  return line("song", `${above.text}\n${below.text}`, { pieces });
}

/** Where a chord at a column begins: over the last space before a word it is meant for that word. */
function sungFrom(words: readonly string[], column: number): number {
  const behind = words[column + 1];
  return words[column] === " " && behind !== undefined && behind !== " " ? column + 1 : column;
}

/** Chords without words: between them are the spaces that there were. */
function chordsAlone(read: Read): Line {
  const text = expandTabs(withoutReturn(read.text.slice(read.begin)));
  const chords = [...tokens(text)];
  const pieces = chords.map(([column, token], index) =>
    piece(token, " ".repeat((chords[index + 1]?.[0] ?? text.length) - column - token.length)),
  );
  return line("song", read.text, { pieces });
}

/** What stands behind `define`: `D7 base-fret 3 frets x 3 2 3 1 x fingers …`. */
function diagram(value: string): Diagram[] {
  const words = value.split(" ").filter((word) => word !== "");
  const at = words.indexOf("frets", 1);
  if (at < 0) return [];
  const behind = words.slice(at + 1);
  const count = behind.findIndex((word) => !FRET.test(word));
  const frets = behind.slice(0, count < 0 ? undefined : count).map((fret) => (IS_NUMBER.test(fret) ? Number(fret) : null));
  const [name = "", said = "", base = ""] = words;
  const hasBase = (said === "base-fret" || said === "basefret") && IS_NUMBER.test(base);
  return frets.length > 0 ? [{ name, baseFret: hasBase ? Number(base) : 1, frets }] : [];
}

function withoutReturn(text: string): string {
  let end = text.length;
  while (text.charAt(end - 1) === "\r") end -= 1;
  return text.slice(0, end);
}

/** A text with spaces for tabs, as a terminal shows it: each goes to the next column of eight. */
function expandTabs(text: string): string {
  if (!text.includes("\t")) return text;
  let expanded = "";
  let column = 0;
  for (const letter of text) {
    const width = letter === "\t" ? 8 - (column % 8) : 1;
    expanded += letter === "\t" ? " ".repeat(width) : letter;
    column += width;
  }
  return expanded;
}
