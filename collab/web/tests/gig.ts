/** A setlist of three songs, ops on it, and two members who edit it. */

import { Document, type Op } from "../sdk";
import { Client, Server } from "./server";

export const song = (id: string, position: string, fields: object = {}): { id: string; type: string; position: string; fields: Record<string, unknown> } => ({
  id,
  type: "song",
  position,
  fields: { title: id, ...fields },
});

export const gig = (): Document =>
  Document.fromJson({
    id: "c",
    kind: "setlist",
    band_id: "b",
    version: 0,
    fields: { title: "Friday", notes: "doors at 8" },
    items: [song("iko", "a0", { key: "F" }), song("saints", "a1", { key: "F" }), song("tiger", "a2")],
  });

export const set = (item: string | null, field: string, value: unknown): Op => ({ op: "set", item, field, value });
export const type = (delta: (number | string | { d: number })[], item: string | null = null): Op => ({ op: "text", item, field: "notes", delta });
export const titles = (client: Client): string[] => client.replica.view.ordered.map(({ id }) => id);
export const notes = (client: Client): string => client.replica.view.text(null, "notes");

/** Ada and Ben at one server; what one sends, the other will hear. */
export function two(): { server: Server; ada: Client; ben: Client; share: () => void } {
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
