/** Members with the whole SDK, at random, against the server at COLLAB_LIVE. Run by tests/web/test_sdk_live.py. */

import { expect, test } from "vitest";
import { Connection, Content, newId, type Op, Rest } from "../sdk";
import { until } from "./live";

const { url, members: people, contentId, seed } = JSON.parse(process.env.COLLAB_LIVE ?? "") as {
  url: string;
  members: [user: string, token: string][];
  contentId: string;
  seed: number;
};

const TURNS = 120;

let state = seed;
function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return Math.floor((state / 0x80000000) * below);
}

test("three members who edit at random over bad lines end with the server's document", { timeout: 50_000 }, async () => {
  const members = people.map(([user, token]) => {
    const connection = new Connection({ url, token });
    return { connection, content: new Content(contentId, user, connection) };
  });
  for (const { connection, content } of members) {
    connection.connect();
    await content.open();
  }
  await Promise.all(members.map(({ content }) => until(content, (one) => one.document !== null)));
  for (let turn = 0; turn < TURNS; turn += 1) {
    const { connection, content } = members[random(members.length)]!;
    const roll = random(12);
    if (roll === 0) connection.suspend();
    else if (roll === 1) connection.connect();
    else if (roll === 2) content.undo();
    else content.edit(anyOp(content));
    if (random(3) === 0) await new Promise((resolve) => setTimeout(resolve, random(12)));
  }
  for (const { connection } of members) connection.connect();
  await Promise.all(members.map(({ content }) => until(content, (one) => one.saving === "saved")));
  const rest = new Rest(people[0]![1], url);
  const stored = await rest.content(contentId);
  await Promise.all(members.map(({ content }) => until(content, (one) => one.document?.version === stored.version)));
  for (const { content } of members) expect(content.getState().document?.toJson()).toEqual(stored);
  const { edits } = await rest.edits(contentId, 0, 1_000);
  expect(edits.map(({ version }) => version)).toEqual(edits.map((_, index) => index + 1));
  for (const { connection, content } of members) {
    content.close();
    connection.disconnect();
  }
});

function anyOp(content: Content): Op {
  const document = content.getState().document!;
  const item = document.ordered[random(document.items.size)];
  const length = [...document.text(null, "notes")].length;
  const at = random(length + 1);
  const skip = at > 0 ? [at] : [];
  switch (random(item ? 6 : 3)) {
    case 0:
    case 1:
      return { op: "text", item: null, field: "notes", delta: [...skip, ["a", "é", "🎺"][random(3)]!] };
    case 2:
      return {
        op: "insert",
        item: { id: newId(), type: "song", position: document.positionAt(random(document.items.size + 1)), fields: { title: "New" } },
      };
    case 3:
      return { op: "move", item: item!.id, position: document.positionAt(random(document.items.size), item!.id) };
    case 4:
      return random(4)
        ? { op: "set", item: item!.id, field: "tempo", value: 60 + random(200) }
        : { op: "remove", item: item!.id };
    default:
      return at < length
        ? { op: "text", item: null, field: "notes", delta: [...skip, { d: 1 }] }
        : { op: "text", item: item!.id, field: "notes", delta: ["x"] };
  }
}
