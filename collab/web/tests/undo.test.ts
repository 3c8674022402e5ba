/** Undo and redo, in scripts of type, send and receive. */

import { expect, test } from "vitest";
import { Document, newId, Replica } from "../sdk";
import { Groups, recentSteps } from "../sdk/undo";
import { notes, set, titles, two, type } from "./gig";

test("what was sent is undone by the server, and seen at once", () => {
  const { server, ada } = two();
  ada.edit({ op: "move", item: "tiger", position: "Zz" });
  ada.send();
  ada.receive();
  expect(titles(ada)).toEqual(["tiger", "iko", "saints"]);
  ada.replica.step("undo", newId);
  expect(titles(ada)).toEqual(["iko", "saints", "tiger"]);
  ada.settle();
  expect(server.edits.at(-1)?.undoes).toBe(server.edits[0]?.edit_id);
  ada.replica.step("redo", newId);
  expect(titles(ada)).toEqual(["tiger", "iko", "saints"]);
  ada.settle();
  expect(server.document.ordered.map(({ id }) => id)).toEqual(["tiger", "iko", "saints"]);
  expect(ada.replica.stacks.canRedo).toBe(false);
});

test("what was never sent leaves no trace, and can be done again", () => {
  const { server, ada } = two();
  ada.edit({ op: "remove", item: "iko" });
  ada.replica.step("undo", newId);
  expect(titles(ada)).toEqual(["iko", "saints", "tiger"]);
  expect(ada.replica.pending).toEqual([]);
  ada.replica.step("redo", newId);
  ada.settle();
  expect(server.edits).toHaveLength(1);
  expect(titles(ada)).toEqual(["saints", "tiger"]);
});

test("letters that others typed since stay", () => {
  const { server, ada, ben, share } = two();
  ada.edit(type([10, " sharp"]));
  ada.send();
  ada.receive();
  share();
  ben.receiveAll();
  ben.edit(type(["all "]));
  ben.edit(type([20, "!"]));
  ben.settle();
  share();
  ada.receiveAll();
  expect(notes(ada)).toBe("all doors at 8 sharp!");
  ada.replica.step("undo", newId);
  expect(notes(ada)).toBe("all doors at 8!");
  ada.settle();
  expect(server.document.text(null, "notes")).toBe("all doors at 8!");
});

test("a value that somebody changed since stays", () => {
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
  ada.replica.step("undo", newId);
  ada.settle();
  expect(ada.replica.view.value("iko", "key")).toBe("C");
});

test("a new edit ends what could be done again", () => {
  const { ada } = two();
  ada.edit(set("iko", "key", "G"));
  ada.replica.step("undo", newId);
  expect(ada.replica.stacks.canRedo).toBe(true);
  ada.edit(set("saints", "key", "G"));
  expect(ada.replica.stacks.canRedo).toBe(false);
});

test("letters of one group go together", () => {
  const { ada } = two();
  for (const [index, letter] of [..." ok"].entries()) {
    ada.replica.edit([type([10 + index, letter])], newId(), "typing");
    ada.settle();
  }
  ada.replica.step("undo", newId);
  ada.settle();
  expect(notes(ada)).toBe("doors at 8");
  expect(ada.replica.stacks.canUndo).toBe(false);
});

test("an undo that an earlier SDK kept, under other names, is one still", () => {
  const { server, ada } = two();
  ada.edit(set("iko", "key", "G"));
  ada.settle();
  ada.replica.step("undo", newId);
  const { confirmed, pending } = ada.replica.save();
  const kept = pending.map(({ target, undoes, ...entry }) => ({ ...entry, undoes: target, takesBack: undoes }));
  ada.replica = new Replica(Document.fromJson(confirmed), "ada", true, { pending: structuredClone(kept) });
  ada.settle();
  expect(server.edits.at(-1)?.undoes).toBe(server.edits[0]?.edit_id);
  expect(server.document.value("iko", "key")).toBe("F");
});

test("what was undone before it was sent stays unsent, however much others edit", () => {
  const { ada, ben, share } = two();
  const hearAll = (): void => {
    ben.settle();
    share();
    ada.receiveAll();
  };
  ben.edit(type(["x"]));
  hearAll();
  ada.edit(type([1, "y"]));
  ada.replica.step("undo", newId);
  ben.replica.step("undo", newId);
  for (let number = 0; number < 1_010; number += 1) {
    ben.edit(set("iko", "key", `${number}`));
    hearAll();
    expect([ada.replica.pending.length, notes(ada)]).toEqual([0, "doors at 8"]);
  }
  ada.replica.step("redo", newId);
  expect([ada.replica.pending.length, notes(ada)]).toEqual([1, "ydoors at 8"]);
});

test("an undo shows at once as long as its edit is kept here", () => {
  const { server, ada, ben, share } = two();
  const hearAll = (): void => {
    for (const member of [ada, ben]) member.settle();
    share();
    for (const member of [ada, ben]) member.receiveAll();
  };
  ben.edit(type(["x"]));
  hearAll();
  ada.edit(type([1, "y"]));
  hearAll();
  ben.replica.step("undo", newId);
  for (let number = 0; number < 998; number += 1) {
    ben.edit(set("iko", "key", `${number}`));
    hearAll();
  }
  ada.replica.step("undo", newId);
  expect(notes(ada)).toBe("doors at 8");
  hearAll();
  expect(notes(ada)).toBe(server.document.text(null, "notes"));
});

test("an undo that waits is foretold in a tab that is opened again as in the one before", () => {
  const { ada, ben, share } = two();
  ada.edit(set("iko", "key", "G"));
  ada.settle();
  share();
  ada.replica.step("undo", newId);
  ada.reopen();
  expect(ada.replica.view.value("iko", "key")).toBe("F");
  ben.receiveAll();
  ben.edit(set("iko", "key", "C"));
  ben.settle();
  share();
  ada.receiveAll();
  expect(ada.replica.view.value("iko", "key")).toBe("C");
});

test("what was made is taken back after the page was loaded again, and what was taken back before it was sent is not", () => {
  const { server, ada } = two();
  ada.edit({ op: "move", item: "tiger", position: "Zz" });
  ada.settle();
  ada.edit(set("iko", "key", "G"));
  ada.replica.step("undo", newId);
  const { confirmed, ...kept } = structuredClone(ada.replica.save());
  expect(kept.steps).toMatchObject({ done: [{ editId: server.edits[0]?.edit_id }], undone: [] });
  ada.replica = new Replica(Document.fromJson(confirmed), "ada", true, kept);
  expect(ada.replica.stacks).toMatchObject({ canUndo: true, canRedo: false });
  ada.replica.step("undo", newId);
  ada.settle();
  expect(server.document.ordered.map(({ id }) => id)).toEqual(["iko", "saints", "tiger"]);
});

test("what is older than an hour is taken back no more once the page is loaded again, and new groups are none of the old", () => {
  const now_ms = 10_000_000;
  const groups = new Groups();
  const old = { editId: "old", group: groups.of([{ op: "remove", item: "a" }], now_ms - 3_700_000) };
  const recent = { editId: "recent", group: groups.of([{ op: "remove", item: "b" }], now_ms - 60_000) };
  expect(recentSteps({ done: [old, recent], undone: [] }, now_ms)).toEqual({ done: [recent], undone: [] });
  expect(new Groups().of([{ op: "remove", item: "c" }], now_ms)).not.toBe(recent.group);
});
