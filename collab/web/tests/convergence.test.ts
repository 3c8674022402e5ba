/** Three members who edit at random end with one document. */

import { describe, expect, test } from "vitest";
import { newId, type Op } from "../sdk";
import { gig, set, song, type } from "./gig";
import { Client, Server } from "./server";

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
