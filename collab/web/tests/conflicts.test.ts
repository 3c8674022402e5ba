/** Conflicts are told, in scripts of type, send and receive. */

import { expect, test } from "vitest";
import type { Notice } from "../sdk";
import { set, two } from "./gig";
import type { Client } from "./server";

/** What somebody was told since the last time, but for what simply went well. */
const told = ({ replica }: Client): Notice[] =>
  replica.takeNotices().filter(({ type }) => type !== "saved" && type !== "edited");

test("whose value was replaced unseen learns by whom, and what was there", () => {
  const { ada, ben, share } = two();
  ben.edit(set("iko", "key", "C"));
  ada.edit(set("iko", "key", "G"));
  ada.send();
  ada.receive();
  const request = ben.replica.next("content_c")!;
  ben.server.answer(request, "ben");
  share();
  ada.receiveAll();
  expect(told(ada)).toMatchObject([
    { type: "overwritten", item: "iko", field: "key", mine: "G", theirs: "C", by: { id: "ben" }, version: 2 },
  ]);
});

test("a value set while the line was down still says which version its author saw", () => {
  const { ada, ben, server, share } = two();
  ada.edit(set("iko", "key", "G"));
  ben.edit(set("iko", "key", "C"));
  ben.send();
  ben.receive();
  share();
  ada.receiveAll();
  ada.send();
  expect(server.edits.at(-1)).toMatchObject({ base_version: 0, author: { id: "ada" } });
  share();
  ben.receiveAll();
  expect(told(ben)).toMatchObject([{ type: "overwritten", mine: "C", theirs: "G" }]);
});

test("what came in under a draft was not seen: both sides are told", () => {
  const { ada, ben, server, share } = two();
  const seen = ben.replica.view;
  ada.edit(set("iko", "key", "Eb"));
  ada.send();
  ada.receive();
  share();
  ben.receiveAll();
  ben.replica.edit([set("iko", "key", "C")], "draft", "draft", { seen });
  ben.send();
  expect(server.edits.at(-1)).toMatchObject({ base_version: 0, author: { id: "ben" } });
  share();
  ada.receiveAll();
  expect(told(ada)).toMatchObject([{ type: "overwritten", mine: "Eb", theirs: "C" }]);
});

test("who replaces a value after having seen it disturbs nobody", () => {
  const { ada, ben, share } = two();
  ada.edit(set("iko", "key", "G"));
  ada.send();
  ada.receive();
  share();
  ben.receiveAll();
  ben.edit(set("iko", "key", "C"));
  ben.send();
  share();
  ada.receiveAll();
  expect(ada.replica.view.value("iko", "key")).toBe("C");
  expect(told(ada)).toEqual([]);
});

test("an edit of an entry that somebody took out is given up, and said so", () => {
  const { ada, ben, share } = two();
  ada.edit(set("iko", "key", "G"));
  ben.edit({ op: "remove", item: "iko" });
  ben.send();
  share();
  ada.receiveAll();
  expect(told(ada)).toMatchObject([{ type: "dropped", reason: "item_removed" }]);
  expect(ada.replica.pending).toEqual([]);
});

test("an edit that the server refuses is taken back here, and said so", () => {
  const { ada } = two();
  ada.edit(set("iko", "tempo", 9_000));
  ada.replica.next("content_c");
  ada.edit(set("saints", "key", "G"));
  ada.replica.refuse({ code: "invalid", message: "tempo: too fast" });
  expect(told(ada)).toMatchObject([{ type: "refused", error: { code: "invalid" } }]);
  expect(ada.replica.view.value("iko", "tempo")).toBeUndefined();
  expect(ada.replica.view.value("saints", "key")).toBe("G");
});
