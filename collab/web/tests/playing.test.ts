/** What the page makes of a chart: which song it is, and how its chords are held. */

import { expect, test } from "vitest";
import { shapeOf } from "../app/shapes";
import { finder } from "../app/songbook";
import { type Diagram, diagrams } from "../charts";

const ENGLISH = { b: "B", bFlat: "Bb" };
const GERMAN = { b: "H", bFlat: "B" };
const NONE = new Map<string, Diagram>();

/** Frets as they are counted from the top of the neck. */
function held(symbol: string, defined = NONE, written = ENGLISH): string | null {
  const shape = shapeOf(symbol, defined, written);
  return shape && shape.frets.map((fret) => (fret === null ? "x" : fret && fret + shape.baseFret - 1)).join(" ");
}

test.each([
  ["C", "x 3 2 0 1 0"],
  ["Dm", "x x 0 2 3 1"],
  ["F", "1 3 3 2 1 1"],
  ["Bb/D", "x 1 3 3 3 1"],
  ["F#m7", "2 4 2 2 2 2"],
  ["Cm", "x 3 5 5 4 3"],
  ["C#-7", "x 4 6 4 5 4"],
  ["Ebmaj7", "x 6 8 7 8 6"],
  ["Bm7b5", "x 2 3 2 3 x"],
  ["Abø", "x 11 12 11 12 x"],
])("%s is held %s", (symbol, frets) => {
  expect(held(symbol)).toBe(frets);
});

test("a shape high on the neck begins at its first fret", () => {
  expect(shapeOf("Eb", NONE, ENGLISH)).toEqual({ name: "Eb", baseFret: 6, frets: [null, 1, 3, 3, 3, 1] });
});

test("what a chart defines goes before any table, a German B is flat, and what is in no table has no shape", () => {
  const defined = new Map(diagrams("{define: G base-fret 3 frets 1 3 3 2 1 1}").map((shape) => [shape.name, shape]));
  expect(held("G", defined)).toBe("3 5 5 4 3 3");
  expect([held("B", NONE, GERMAN), held("H7", NONE, GERMAN)]).toEqual(["x 1 3 3 3 1", "x 2 1 2 0 2"]);
  expect([held("C13#11"), held("N.C."), held("|")]).toEqual([null, null, null]);
});

test("an entry's song is found by its id, else by its title and artist as people write them", () => {
  const song = (id: string, title: string, artist?: string) => ({ id, type: "song", fields: { title, ...(artist ? { artist } : {}), at: id } });
  const songOf = finder([song("a", "Déjà Vu"), song("b", "Stay", "One"), song("c", "Stay"), song("d", "stay")]);
  const found = (fields: object): unknown => songOf({ fields: fields as Record<string, unknown> })?.at;
  expect(found({ song_id: "b", title: "Another name" })).toBe("b");
  expect(found({ title: "deja vu" })).toBe("a");
  expect(found({ title: "Stay" })).toBe("c");
  expect(found({ title: "STAY", artist: "one" })).toBe("b");
  expect([found({ title: "Stay", artist: "Two" }), found({}), found({ song_id: "gone", title: "Nothing" })]).toEqual([undefined, undefined, undefined]);
});
