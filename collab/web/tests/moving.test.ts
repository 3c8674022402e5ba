import { expect, test } from "vitest";
import { movedTo } from "../app/moving";
import { Document } from "../sdk";
import { Draft } from "../sdk/document";

const items = [..."abcdef"].map((id, at) => ({ id, type: "song", position: `a${at}`, fields: {} }));
const document = Document.fromJson({ id: "c", kind: "setlist", band_id: "b", version: 1, fields: {}, items });

function order(moving: string, held: string, over: string): string {
  const draft = new Draft(document);
  for (const op of movedTo(document, new Set(moving), held, over)) draft.apply(op);
  return draft.finish().ordered.map(({ id }) => id).join("");
}

test("entries that are moved together keep their order", () => {
  expect(order("ad", "a", "e")).toBe("bceadf");
  expect(order("ad", "d", "f")).toBe("bcefad");
  expect(order("df", "f", "b")).toBe("adfbce");
  expect(order("be", "e", "a")).toBe("beacdf");
});

test("one entry goes to the place of another, from either side", () => {
  expect(order("b", "b", "e")).toBe("acdebf");
  expect(order("e", "e", "b")).toBe("aebcdf");
});

test("what is dropped on one of its own stays", () => {
  expect(order("bd", "b", "d")).toBe("abcdef");
});
