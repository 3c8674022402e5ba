/** Edits go out one at a time and find their place by version, in scripts of type, send and receive. */

import { describe, expect, test } from "vitest";
import { newId, type Op } from "../sdk";
import { Draft } from "../sdk/document";
import { notes, set, song, two, type } from "./gig";

describe("one edit is in flight at a time", () => {
  test("what is typed meanwhile waits, as one edit", () => {
    const { server, ada } = two();
    ada.edit(type([10, "a"]));
    ada.send();
    for (const [at, letter] of ["b", "c", "d"].entries()) ada.replica.edit([type([11 + at, letter])], newId(), "typing");
    ada.send();
    expect(server.edits).toHaveLength(1);
    expect(ada.replica.pending).toHaveLength(2);
    ada.receive();
    ada.send();
    expect(server.edits.map(({ ops }) => ops)).toEqual([[type([10, "a"])], [type([11, "bcd"])]]);
    ada.receive();
    expect(ada.replica.pending).toEqual([]);
    expect(notes(ada)).toBe("doors at 8abcd");
  });

  test("what is typed after a pause waits as an edit of its own", () => {
    const { ada } = two();
    for (const group of ["before", "after"]) ada.replica.edit([type([10, "a"])], newId(), group);
    expect(ada.replica.pending).toHaveLength(2);
    ada.replica.step("undo", newId);
    expect(notes(ada)).toBe("doors at 8a");
  });

  test("an answer that is lost is asked for with the same edit, which is stored once", () => {
    const { server, ada } = two();
    ada.edit(set("iko", "key", "G"));
    ada.send();
    ada.breakLine();
    ada.reconnect();
    ada.receiveAll();
    expect(server.edits).toHaveLength(1);
    expect(ada.replica.pending).toEqual([]);
    expect(ada.replica.view.value("iko", "key")).toBe("G");
  });

  test("an edit that never arrived goes out again as it was first sent", () => {
    const { server, ada, ben, share } = two();
    ada.edit(type([10, " sharp"]));
    const first = structuredClone(ada.replica.next("content_c"));
    ben.edit(type(["all "]));
    ben.send();
    share();
    ada.receive();
    expect(ada.replica.again("content_c")).toEqual(first);
    ada.reconnect();
    ada.receiveAll();
    expect(server.document.text(null, "notes")).toBe("all doors at 8 sharp");
    expect(notes(ada)).toBe("all doors at 8 sharp");
  });

  test("one's own edit among those that were missed is in its place, and its answer is still asked for", () => {
    const { ada } = two();
    ada.edit(set("iko", "key", "G"));
    ada.send();
    ada.breakLine();
    ada.catchUp();
    expect(ada.replica.confirmed.version).toBe(1);
    expect(ada.replica.pending).toHaveLength(1);
    ada.reconnect();
    ada.receiveAll();
    expect(ada.replica.pending).toEqual([]);
  });
});

describe("versions", () => {
  test("an answer that comes before the edits it follows waits for them", () => {
    const { ada, ben, server } = two();
    ben.edit(type(["B"]));
    ben.send();
    ada.edit(type([10, "A"]));
    const answer = server.answer(ada.replica.next("content_c")!, "ada");
    ada.replica.answer(answer);
    expect(ada.replica.isBehind).toBe(true);
    expect(ada.replica.pending).toHaveLength(1);
    ada.replica.receive(server.edits.slice(0, 1));
    expect(ada.replica.isBehind).toBe(false);
    expect(ada.replica.pending).toEqual([]);
    expect(notes(ada)).toBe("Bdoors at 8A");
  });

  test("a gap is noticed and what came twice is taken once", () => {
    const { ada, ben, server } = two();
    for (const letter of ["x", "y"]) {
      ben.edit(type([letter]));
      ben.send();
      ben.receive();
    }
    ada.replica.receive(server.edits.slice(1));
    expect([ada.replica.isBehind, ada.replica.confirmed.version]).toEqual([true, 0]);
    ada.replica.receive(server.edits.slice(0, 1));
    expect([ada.replica.isBehind, ada.replica.confirmed.version]).toEqual([false, 2]);
    ada.replica.receive(server.edits);
    ada.replica.receive(server.edits);
    expect(notes(ada)).toBe("yxdoors at 8");
  });

  test("what waits still fits after a whole document came instead of the edits", () => {
    const { ada, ben, server } = two();
    ada.edit(type([10, " sharp"]));
    ben.edit(type(["all "]));
    ben.send();
    ada.replica.reset(server.document);
    expect(notes(ada)).toBe("all doors at 8 sharp");
    ada.settle();
    expect(server.document.text(null, "notes")).toBe("all doors at 8 sharp");
  });
});

test("where all write at one place, what is committed stands first, before all that waits", () => {
  const { server, ada, ben, share } = two();
  ada.edit(type([1, "X"]));
  ada.replica.next("content_c");
  ada.edit(type([1, "Y"]));
  ben.edit(type([1, "B"]));
  ben.send();
  share();
  ada.receiveAll();
  expect(notes(ada)).toBe("dBYXoors at 8");
  ada.settle();
  expect(server.document.text(null, "notes")).toBe("dBYXoors at 8");
});

test("what gives way in the view is told among the ops of the edit", () => {
  const { ada, ben, share } = two();
  ada.edit({ op: "insert", item: song("panama", "a3") });
  ada.edit({ op: "move", item: "iko", position: "a4" });
  const theirs: Op[] = [
    { op: "insert", item: song("lord", "a3") },
    { op: "move", item: "saints", position: "a4" },
    { op: "remove", item: "lord" },
  ];
  for (const op of theirs) {
    const shown = new Draft(ada.replica.view);
    ben.edit(op);
    ben.send();
    ben.receiveAll();
    ada.replica.takeNotices();
    share();
    ada.receiveAll();
    const [edited] = ada.replica.takeNotices();
    const ops = edited?.type === "edited" ? edited.ops : [];
    expect(ops[0]).toMatchObject({ op: op.op });
    expect(ops).toContainEqual({ op: "move", item: "panama", position: ada.replica.view.items.get("panama")!.position });
    for (const told of ops) shown.apply(told);
    expect(shown.finish().items).toEqual(ada.replica.view.items);
  }
  expect(ada.replica.view.items.get("panama")!.position).toBe("a3");
});
