/** Edits in words. */

import { expect, test } from "vitest";
import { changesOf } from "../app/changes";
import { Kinds } from "../app/kinds";
import type { Edit, Op } from "../sdk";
import { gig, set } from "./gig";

const kinds = new Kinds([
  {
    name: "setlist",
    fields: { venue: { type: "line", max_length: 60 } },
    item_types: { song: { title: { type: "line", max_length: 60 }, key: { type: "pattern", regex: ".*", example: "a key" } } },
  },
]);

test.each<[Op, string]>([
  [set(null, "venue", "The Blue Nile, late"), "set the venue to “The Blue Nile, late”"],
  [set("iko", "key", "G"), "set the key of “iko” from F to G"],
  [{ op: "text", item: null, field: "venue", delta: ["The Blue Nile"] }, "wrote the venue: “The Blue Nile”"],
  [{ op: "text", item: "iko", field: "title", delta: [3, ", slow"] }, "wrote the title of “iko, slow”"],
])("words are quoted where they are told, %o", (op, words) => {
  const at = "2026-11-20T20:00:00Z";
  const edit = { room_id: "content_c", edit_id: "e", version: 1, base_version: 0, author: { id: "ada", name: "Ada" }, session_id: "s", ops: [op], at };
  expect(changesOf(gig(), [edit], kinds)).toMatchObject([{ words }]);
});

test("what was taken back is told as it was done", () => {
  const at = "2026-11-20T20:00:00Z";
  const edit = (version: number, ops: Op[], undoes?: string): Edit => ({
    room_id: "content_c",
    edit_id: `e${version}`,
    version,
    base_version: 0,
    author: { id: "ada", name: "Ada" },
    session_id: "s",
    ops,
    at,
    ...(undoes ? { undoes } : {}),
  });
  const iko = gig().items.get("iko")!;
  const edits = [
    edit(1, [{ op: "remove", item: "iko" }]),
    edit(2, [{ op: "insert", item: iko }], "e1"),
    edit(3, [set("iko", "key", "G"), set("iko", "key", "A")]),
    edit(4, [set("iko", "key", "G"), set("iko", "key", "F")], "e3"),
    edit(5, [{ op: "remove", item: "iko" }], "e2"),
  ];
  expect(changesOf(gig(), edits, kinds).map(({ words, from }) => [from, words])).toEqual([
    [0, "took out “iko”"],
    [1, "took back: took out “iko”"],
    [2, "set the key of “iko” from F to G, set the key of “iko” from F to A"],
    [3, "took back: set the key of “iko” from F to G, set the key of “iko” from F to A"],
    [4, "took back: added “iko”"],
  ]);
});
