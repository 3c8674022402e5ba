/** Charts by the vectors that the server's own are measured by: tests/vectors/charts. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { diagrams, type Line, parse, type Piece, played, readChord, type Section, unbroken } from "../charts";
import { isSign, symbol } from "../charts/chords";
import { Key, readKey } from "../charts/keys";
import { transposedChord } from "../charts/transposing";

const read = <T>(name: string): T => JSON.parse(readFileSync(join(import.meta.dirname, `../../../tests/vectors/charts/${name}.json`), "utf8")) as T;
const named = <T extends { name: string }>(cases: T[]): (readonly [string, T])[] => cases.map((one) => [one.name, one]);

type Pieces = [string, string, true?][];
interface ParseCase {
  name: string;
  chart: string;
  sections: { kind: string; label?: string; lines: (string | { unbroken?: Pieces[] })[] }[];
}
interface PlayedCase {
  name: string;
  chart: string;
  song: Record<string, unknown>;
  entry: Record<string, unknown>;
  reader?: { instrument?: "Bb"; capo?: number; has_numbers?: boolean };
  played: unknown;
}

const short = (pieces: readonly Piece[]): Pieces =>
  pieces.map(({ chord, words, isAnnotation }) => (isAnnotation ? [chord, words, true] : [chord, words]));

function shortLine({ kind, pieces, text, name }: Line): unknown {
  if (kind === "song" || kind === "comment") return { [kind]: short(pieces) };
  if (kind === "verbatim") return { verbatim: text };
  return kind === "change" ? { change: [name, text] } : kind;
}

describe("a chart is read as the vectors say", () => {
  test.each(named(read<ParseCase[]>("parse")))("%s", (_name, { chart, sections: expected }) => {
    const sections = parse(chart);
    expect(sections.flatMap(({ lines }) => lines.map(({ source }) => source)).join("\n")).toBe(chart);
    expect(sections.map(({ kind, label, lines }) => ({ kind, label, lines: lines.map(shortLine) }))).toEqual(
      expected.map(({ kind, label = "", lines }) => ({ kind, label, lines: lines.map(withoutGroups) })),
    );
    const parted = sections.flatMap(({ lines }) => lines.map(({ pieces }) => unbroken(pieces).map(short)));
    for (const line of expected.flatMap(({ lines }) => lines)) {
      if (typeof line === "object" && line.unbroken) expect(parted).toContainEqual(line.unbroken);
    }
  });
});

/** How many chords are shown. */
const chordsIn = (sections: readonly Section[]): number =>
  sections.flatMap(({ lines }) => lines.flatMap(({ pieces }) => pieces)).filter(({ chord }) => chord).length;

function withoutGroups(line: string | { unbroken?: unknown }): unknown {
  if (typeof line === "string") return line;
  const { unbroken: _groups, ...rest } = line;
  return rest;
}

test("chords are read in their parts", () => {
  const vectors = read<{ chords: Record<string, string[]>; small: Record<string, string[]>; none: string[]; signs: string[] }>("chords");
  for (const [mayBeSmall, chords] of [
    [false, vectors.chords],
    [true, vectors.small],
  ] as const) {
    for (const [written, parts] of Object.entries(chords)) {
      const chord = readChord(written, mayBeSmall)!;
      expect([chord.root, chord.quality, chord.bass]).toEqual(parts);
      expect(symbol(chord, chord.root, chord.bass)).toBe(written);
    }
  }
  expect(vectors.none.filter((text) => readChord(text) !== null)).toEqual([]);
  expect(vectors.signs.filter((text) => !isSign(text))).toEqual([]);
});

describe("a chord in another key is spelled as the vectors say", () => {
  const cases = read<{ key: string; to: Record<string, Record<string, string>> }[]>("transposed");
  const moves = cases.flatMap(({ key, to }) => Object.entries(to).map(([there, chords]) => [key, there, chords] as const));
  test.each(moves)("%s to %s", (key, there, chords) => {
    const from = readKey(key)!;
    const to = new Key(readKey(there)!.place, from.mode).within();
    const moved = Object.keys(chords).map((written) => [written, transposedChord(readChord(written)!, from, to)]);
    expect(Object.fromEntries(moved)).toEqual(chords);
  });
});

describe("a player reads what the vectors say", () => {
  test.each(named(read<PlayedCase[]>("played")))("%s", (_name, { chart, song, entry, reader = {}, played: expected }) => {
    const { has_numbers: hasNumbers = false, ...more } = reader;
    const { sections, ...rest } = played(chart, song, entry, { ...more, hasNumbers });
    expect(rest).toEqual(expected);
    expect(sections).toEqual(parse(rest.chart, hasNumbers));
    expect(chordsIn(sections)).toBe(chordsIn(parse(chart)));
  });
});

test("a chart says how its chords are held", () => {
  const chart = "{define: D7 base-fret 3 frets x 3 2 3 1 x fingers - 3 2 4 1 -}\n{define: G frets 3 2 0 0 0 3}\n{define: no}";
  expect(diagrams(chart)).toEqual([
    { name: "D7", baseFret: 3, frets: [null, 3, 2, 3, 1, null] },
    { name: "G", baseFret: 1, frets: [3, 2, 0, 0, 0, 3] },
  ]);
});
