/** What people type becomes a value of a field's type, and is shown as they write it; any field of any kind. */

import { expect, test } from "vitest";
import { factsOf, formatOf, shown, shownIn } from "../app/format";
import { Kinds, titleOf } from "../app/kinds";
import { fieldName } from "../app/words";
import { Document, type FieldType } from "../sdk";

const line: FieldType = { type: "line", max_length: 5 };
const seconds: FieldType = { type: "number", minimum: 0, maximum: 86_400, unit: "seconds", is_whole: false };
const frets: FieldType = { type: "number", minimum: 0, maximum: 12, unit: "frets", is_whole: true };
const tempo: FieldType = { type: "number", minimum: 20, maximum: 400, unit: "beats per minute", is_whole: false };
const keys: FieldType = { type: "pattern", regex: "[A-G](#|b)?m?", example: "a key such as F#m" };
const clock: FieldType = { type: "pattern", regex: "([01][0-9]|2[0-3]):[0-5][0-9]", example: "a time of day such as 20:30" };
const python: FieldType = { type: "pattern", regex: "(?P<word>a)", example: "an a" };
const words: FieldType = { type: "tags", max_count: 2, max_length: 6 };
const choice: FieldType = { type: "choice", options: ["low", "high"] };

test.each<[string, FieldType, string, unknown]>([
  ["mood", line, "happy", "happy"],
  ["mood", line, "happier", undefined],
  ["mood", line, "a\tb\u001b\u202e", "a b"],
  ["mood", line, "🎺🎺🎺🎺🎺", "🎺🎺🎺🎺🎺"],
  ["solo", seconds, "4:05", 245],
  ["solo", seconds, "1:02:30", 3_750],
  ["solo", seconds, "4", 240],
  ["solo", seconds, "426", 266],
  ["solo", seconds, "25:00:00", undefined],
  ["target_duration", seconds, "1:50", 6_600],
  ["target_duration", seconds, "1 h 50", 6_600],
  ["target_duration", seconds, "50 min", 3_000],
  ["target_duration", seconds, "110", 6_600],
  ["target_duration", seconds, "1:06:40", 4_000],
  ["capo", frets, "3", 3],
  ["capo", frets, "2.5", undefined],
  ["capo", frets, "13", undefined],
  ["stage_left", frets, "3 frets", 3],
  ["stage_left", frets, "3 or so", undefined],
  ["tempo", tempo, "120,5", 120.5],
  ["tempo", tempo, "120 bpm", 120],
  ["tempo", tempo, "fast", undefined],
  ["key", keys, "f♯m", "F#m"],
  ["key", keys, "Es moll", "Ebm"],
  ["key", keys, "Gm7", "Gm"],
  ["key", keys, "loud", undefined],
  ["key", keys, "d moll", "Dm"],
  ["other_key", keys, "f", undefined],
  ["pattern", python, "anything", "anything"],
  ["tags", words, "slow, sad, slow", ["slow", "sad"]],
  ["tags", words, "a, b, c", undefined],
  ["tags", words, "too long a tag", undefined],
  ["tags", words, " , ", null],
  ["energy", choice, "high", "high"],
  ["energy", choice, "medium", undefined],
])("%s of type %o: %s", (field, type, typed, value) => {
  expect(formatOf(field, type).parse(typed)).toEqual(value);
});

test.each<[string, FieldType, unknown, string]>([
  ["duration", seconds, 245, "4:05"],
  ["target_duration", seconds, 6_600, "1 h 50"],
  ["target_duration", seconds, 3_000, "50 min"],
  ["target_duration", seconds, 4_000, "1:06:40"],
  ["tags", words, ["slow", "sad"], "slow, sad"],
  ["is_new", { type: "flag" }, true, "yes"],
  ["key", keys, null, "nothing"],
])("%s of type %o is shown", (field, type, value, expected) => {
  expect(shown(field, type, value)).toBe(expected);
});

test("a hint says what would fit, and a phone shows the keys for it", () => {
  expect(formatOf("capo", frets)).toMatchObject({ hint: "A whole number of frets from 0 to 12", inputMode: "numeric" });
  expect(formatOf("tempo", tempo).inputMode).toBe("decimal");
  expect(formatOf("soundcheck", clock)).toMatchObject({ hint: "A time of day such as 20:30", inputType: "time" });
  expect(formatOf("key", keys).inputType).toBeUndefined();
});

test("a field is called by its name, or by the word that people have for it", () => {
  expect(["mood", "first_played", "duration"].map(fieldName)).toEqual(["Mood", "First played", "Length"]);
});

test("what the server has told of a kind says how its fields are shown; what it has not is shown as it is", () => {
  const kinds = new Kinds([{ name: "plot", fields: { title: line }, item_types: { mic: { label: line, solo: seconds } } }]);
  const mic = { id: "m", type: "mic", position: "a0", fields: { label: "Ada", solo: 65 } };
  const plot = Document.fromJson({ id: "c", kind: "plot", band_id: "b", version: 0, fields: {}, items: [mic] });
  expect(shownIn(kinds, plot, "m", "solo", 65)).toBe("1:05");
  expect(shownIn(kinds, plot, "m", "unknown", 65)).toBe("65");
  expect(titleOf(mic, kinds.itemsOf("plot").mic)).toBe("Ada");
  expect(titleOf({ type: "mic", fields: {} }, kinds.itemsOf("plot").mic)).toBe("Mic");
  expect(factsOf({ fields: { key: "F", duration: 65 } }, { key: keys, duration: seconds })).toBe("F · 1:05");
});
