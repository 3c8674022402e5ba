/** Values as people type them, by the vectors that the importer is held to as well. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FieldType } from "../sdk";
import { formatOf } from "../app/format";

interface Case {
  field: string;
  written: string;
  value: unknown;
  /** Where typing it means something else than having it in a file. */
  typed?: unknown;
}

const file = join(import.meta.dirname, "../../../tests/vectors/values/written.json");
const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];

const number = (minimum: number, maximum: number, unit: string, is_whole = false): FieldType => ({
  type: "number",
  ...{ minimum, maximum, unit, is_whole },
});
const pattern = (regex: string): FieldType => ({ type: "pattern", regex, example: "" });
const TYPES: Record<string, FieldType> = {
  key: pattern("[A-G](#|b)?(m|maj|min| (major|minor|dorian|phrygian|lydian|mixolydian|locrian|blues))?"),
  time_signature: pattern("[1-9][0-9]?/(1|2|4|8|16|32)"),
  link: pattern("https?://\\S{1,1000}\\S{0,990}"),
  tempo: number(20, 400, "beats per minute"),
  duration: number(0, 86_400, "seconds"),
  capo: number(0, 12, "frets", true),
  year: number(1_000, 2_999, "years", true),
};

test.each(cases.map((one) => [one.field, one.written, "typed" in one ? one.typed : one.value] as const))("%s “%s” is %s", (field, typed, value) => {
  const parsed = typed === "" ? null : formatOf(field, TYPES[field]!).parse(typed);
  expect(parsed ?? null).toEqual(value);
});
