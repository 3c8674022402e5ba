import { describe, expect, test } from "vitest";
import { text } from "../sdk";

/** Texts of letters of one and of two UTF-16 units, halves of the same among them that must not be parted. */
const LETTERS = ["a", "b", "😀", "😁", "𝄞", "é"];

function* texts(count: number): Generator<string> {
  let seed = 7;
  const next = (most: number): number => (seed = (seed * 48_271) % 2_147_483_647) % most;
  for (let made = 0; made < count; made += 1) {
    yield Array.from({ length: next(7) }, () => LETTERS[next(LETTERS.length)]).join("");
  }
}

describe("texts with letters of two units", () => {
  const all = [...texts(60)];

  test("are replaced by a delta that gives the other, wherever the caret is", () => {
    for (const before of all) {
      for (const after of all) {
        for (const caret of [undefined, 0, 1, 2, 99]) {
          const delta = text.replace(before, after, caret);
          expect(text.apply(before, delta)).toBe(after);
          expect(text.apply(after, text.invert(delta, before))).toBe(before);
        }
      }
    }
  });

  test("are counted as their code points are", () => {
    for (const one of all) {
      const points = [...one];
      expect(text.length(one)).toBe(points.length);
      for (let at = 0; at <= points.length + 1; at += 1) {
        expect(text.toUnits(one, at)).toBe(points.slice(0, at).join("").length);
      }
    }
  });

  test("an emoji that becomes another of the same first half goes as a whole", () => {
    expect(text.replace("x😀y", "x😁y")).toEqual([1, "😁", { d: 1 }]);
  });

  test("a letter typed among its like stands where the caret is", () => {
    expect(text.replace("foo", "fooo", 2)).toEqual([1, "o"]);
    expect(text.replace("😀😀", "😀😀😀", 1)).toEqual(["😀"]);
  });
});
