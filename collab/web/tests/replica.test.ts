/** Scripts of type, send and receive. */

import { describe, expect, test } from "vitest";
import { Document, newId, type Op } from "../sdk";
import { Client, Server } from "./server";

const song = (id: string, position: string, fields: object = {}): { id: string; type: string; position: string; fields: Record<string, unknown> } => ({
  id,
  type: "song",
  position,
  fields: { title: id, ...fields },
});

const gig = (): Document =>
  Document.fromJson({
    id: "c",
    kind: "setlist",
    band_id: "b",
    version: 0,
    fields: { title: "Friday", notes: "doors at 8" },
    items: [song("iko", "a0", { key: "F" }), song("saints", "a1", { key: "F" }), song("tiger", "a2")],
  });

const set = (item: string | null, field: string, value: unknown): Op => ({ op: "set", item, field, value });
const type = (delta: (number | string | { d: number })[], item: string | null = null): Op => ({ op: "text", item, field: "notes", delta });
const titles = (client: Client): string[] => client.replica.view.ordered.map(({ id }) => id);
const notes = (client: Client): string => client.replica.view.text(null, "notes");

/** Ada and Ben at one server; what one sends, the other will hear. */
function two(): { server: Server; ada: Client; ben: Client; share: () => void } {
  const server = new Server(gig());
  const ada = new Client(server, "ada");
  const ben = new Client(server, "ben");
  let told = 0;
  const share = (): void => {
    for (const edit of server.edits.slice(told)) for (const client of [ada, ben]) if (client.name !== edit.author.id) client.hear([edit]);
    told = server.edits.length;
  };
  return { server, ada, ben, share };
}

describe("one edit is in flight at a time", () => {
  test("what is typed meanwhile waits, as one edit", () => {
    const { server, ada } = two();
    ada.edit(type([10, "a"]));
    ada.send();
    for (const [at, letter] of ["b", "c", "d"].entries()) ada.edit(type([11 + at, letter]));
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

  test("one's own edit among those that were missed counts as its answer", () => {
    const { ada } = two();
    ada.edit(set("iko", "key", "G"));
    ada.send();
    ada.breakLine();
    ada.catchUp();
    expect(ada.replica.pending).toEqual([]);
    expect(ada.replica.confirmed.version).toBe(1);
  });
});

describe("versions", () => {
  test("an answer that comes before the edits it follows waits for them", () => {
    const { ada, ben, server } = two();
    ben.edit(type(["B"]));
    ben.send();
    ada.edit(type([10, "A"]));
    const answer = server.answer(ada.replica.next("content_c")!, "ada");
    expect(ada.replica.acknowledged(answer)).toBe(false);
    expect(ada.replica.pending).toHaveLength(1);
    expect(ada.replica.received(server.edits.slice(0, 1))).toBe(true);
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
    expect(ada.replica.received(server.edits.slice(1))).toBe(false);
    expect(ada.replica.confirmed.version).toBe(0);
    expect(ada.replica.received(server.edits.slice(0, 1))).toBe(true);
    expect(ada.replica.confirmed.version).toBe(2);
    expect(ada.replica.received(server.edits)).toBe(true);
    expect(ada.replica.received(server.edits)).toBe(true);
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

describe("conflicts are told", () => {
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
    expect(ada.replica.takeNotices()).toMatchObject([
      { type: "replaced", item: "iko", field: "key", mine: "G", theirs: "C", edit: { author: { id: "ben" } } },
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
    expect(ben.replica.takeNotices()).toMatchObject([{ type: "replaced", mine: "C", theirs: "G" }]);
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
    expect(ada.replica.takeNotices()).toEqual([]);
  });

  test("an edit of an entry that somebody took out is given up, and said so", () => {
    const { ada, ben, share } = two();
    ada.edit(set("iko", "key", "G"));
    ben.edit({ op: "remove", item: "iko" });
    ben.send();
    share();
    ada.receiveAll();
    expect(ada.replica.takeNotices()).toMatchObject([{ type: "dropped", dropped: { reason: "item_removed" } }]);
    expect(ada.replica.pending).toEqual([]);
  });

  test("an edit that the server refuses is taken back here, and said so", () => {
    const { ada } = two();
    ada.edit(set("iko", "tempo", 9_000));
    ada.replica.next("content_c");
    ada.edit(set("saints", "key", "G"));
    ada.replica.refused("invalid", "tempo: too fast");
    expect(ada.replica.takeNotices()).toMatchObject([{ type: "refused", code: "invalid" }]);
    expect(ada.replica.view.value("iko", "tempo")).toBeUndefined();
    expect(ada.replica.view.value("saints", "key")).toBe("G");
  });
});

describe("undo and redo", () => {
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
    expect(ada.replica.history.canRedo).toBe(false);
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
    expect(ada.replica.history.canRedo).toBe(true);
    ada.edit(set("saints", "key", "G"));
    expect(ada.replica.history.canRedo).toBe(false);
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
    expect(ada.replica.history.canUndo).toBe(false);
  });
});

describe("three members who edit at random", () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))("end with one document, seed %i", (seed) => {
    const random = generator(seed);
    const server = new Server(gig());
    const clients = ["ada", "ben", "cleo"].map((name) => new Client(server, name));
    let told = 0;
    for (let turn = 0; turn < 150; turn += 1) {
      const client = clients[random(clients.length)]!;
      const roll = random(20);
      if (roll < 8) client.edit(anyOp(client, random));
      else if (roll < 12) client.send();
      else if (roll < 16) client.receive();
      else if (roll === 16) client.breakLine();
      else if (roll === 17) client.reconnect();
      else if (roll === 18) client.reopen();
      else client.replica.step(random(2) ? "undo" : "redo", newId);
      for (const edit of server.edits.slice(told)) for (const other of clients) if (other.name !== edit.author.id) other.hear([structuredClone(edit)]);
      told = server.edits.length;
    }
    for (const client of clients) client.settle();
    for (const client of clients) client.settle();
    for (const client of clients) {
      expect(client.replica.pending).toEqual([]);
      expect(client.replica.confirmed.toJson()).toEqual(server.document.toJson());
      expect(client.replica.view.toJson()).toEqual(server.document.toJson());
    }
    expect(clients.flatMap(({ surprises }) => surprises)).toEqual([]);
    const ids = server.edits.map(({ edit_id }) => edit_id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

function anyOp(client: Client, random: (below: number) => number): Op {
  const { view } = client.replica;
  const item = view.ordered[random(view.ordered.length)];
  const before = [...view.text(null, "notes")].length;
  const at = random(before + 1);
  const skip = at > 0 ? [at] : [];
  switch (random(item ? 6 : 3)) {
    case 0:
      return type([...skip, ["a", "é", "🎺", "lon g"][random(4)]!]);
    case 1:
      return at < before ? type([...skip, { d: 1 + random(Math.min(before - at, 3)) }]) : type([...skip, "z"]);
    case 2:
      return { op: "insert", item: song(newId(), view.positionAt(random(view.items.size + 1))) };
    case 3:
      return { op: "move", item: item!.id, position: view.positionAt(random(view.items.size), item!.id) };
    case 4:
      return random(3) ? set(item!.id, "key", ["C", "F", "Bb"][random(3)]) : { op: "remove", item: item!.id };
    default:
      return type(["x"], item!.id);
  }
}

/** Numbers that are the same for the same seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
