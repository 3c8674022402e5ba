/** Three members who edit at random end with one document. COLLAB_SEEDS has it try more than CI does. */

import { describe, expect, test } from "vitest";
import { type Document, newId, type Op } from "../sdk";
import { gig, set, song, type } from "./gig";
import { Client, Server } from "./server";

const SEEDS = Array.from({ length: Number(process.env.COLLAB_SEEDS ?? 60) }, (_, seed) => seed);

describe("three members who edit at random", () => {
  test.each(SEEDS)("end with one document, seed %i", (seed) => {
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

describe("one who goes back and forth, in groups", () => {
  test.each(SEEDS)("sees what was there, at once and exactly, seed %i", (seed) => {
    const random = generator(1_000 + seed);
    const server = new Server(gig());
    const client = new Client(server, "ada");
    const { replica } = client;
    const look = (): unknown => replica.view.toJson();
    const seen = [content(replica.view)];
    let at = 0;
    let group = 0;
    let mayGoOn = false;
    const step = (side: "undo" | "redo"): boolean => {
      const isThere = side === "undo" ? replica.stacks.canUndo : replica.stacks.canRedo;
      if (isThere) at += side === "undo" ? -1 : 1;
      replica.step(side, newId);
      mayGoOn = false;
      expect(content(replica.view)).toEqual(seen[at]);
      return isThere;
    };
    for (let turn = 0; turn < 60; turn += 1) {
      const roll = random(16);
      if (roll < 7) {
        const goesOn = mayGoOn && random(2) === 0;
        if (!goesOn) group += 1;
        const before = look();
        replica.edit([anyOp(client, random)], newId(), `${group}`);
        if (JSON.stringify(before) === JSON.stringify(look()) && !goesOn && replica.stacks.isIn(`${group}`) === false) continue;
        if (!goesOn) at += 1;
        seen.splice(at, Infinity, content(replica.view));
        mayGoOn = true;
      } else if (roll < 10) step("undo");
      else if (roll < 12) step("redo");
      else if (roll < 14) client.send();
      else client.receive();
      expect(content(replica.view)).toEqual(seen[at]);
    }
    while (step("undo"));
    expect(at).toBe(0);
    while (step("redo"));
    expect(at).toBe(seen.length - 1);
    client.settle();
    expect(content(server.document)).toEqual(seen[at]);
    expect(client.surprises).toEqual([]);
  });
});

const content = (document: Document): unknown => ({ ...document.toJson(), version: 0 });

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
