/** Edits in words. */

import { expect, test } from "vitest";
import { changesOf } from "../app/changes";
import { Kinds } from "../app/kinds";
import type { Op } from "../sdk";
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
])("words are quoted where they are told, %o", (op, words) => {
  const at = "2026-11-20T20:00:00Z";
  const edit = { room_id: "content_c", edit_id: "e", version: 1, base_version: 0, author: { id: "ada", name: "Ada" }, session_id: "s", ops: [op], at };
  expect(changesOf(gig(), [edit], kinds)).toMatchObject([{ words }]);
});
