/** A content without a server: what is edited is there at once, and nobody else sees it. */

import { Connection, type Content, Document, type Op, type Presence } from "../../react";
import { Draft } from "../../sdk/document";

const ITEMS = [
  { id: "iko", type: "song", position: "a0", fields: { title: "Iko Iko", key: "F", tempo: 176, duration: 225, notes: "Ben starts alone" } },
  { id: "saints", type: "song", position: "a1", fields: { title: "When the Saints", key: "Bb", tempo: 184, duration: 240 } },
];

export const BEGINNING = Document.fromJson({ id: "gallery", kind: "setlist", band_id: "", version: 1, fields: { notes: "doors at 8", venue: "Blue Nile" }, items: ITEMS });

/** One that never connects. */
export function stillConnection(): Connection {
  const connection = new Connection({ token: "" });
  connection.connect = () => undefined;
  return connection;
}

/** `show` gets each new document. */
export function stillContent(show: (document: Document) => void): Content {
  let document = BEGINNING;
  const apply = (op: Op): void => {
    const draft = new Draft(document);
    draft.predict(op);
    document = draft.finish();
    show(document);
  };
  const content: Partial<Content> = {
    id: "gallery",
    canEdit: true,
    focus: () => undefined,
    setField: (item, field, value) => apply({ op: "set", item, field, value }),
    writeText: (item, field, delta) => apply({ op: "text", item, field, delta }),
    getState: () => ({ document }) as ReturnType<Content["getState"]>,
  };
  return content as Content;
}

const user = (id: string, name: string, color: string) => ({ id, name, color });

export const ADA = user("ada", "Ada (trumpet)", "#0f766e");
export const BEN = user("ben", "Ben Okafor", "#b45309");
export const CLEO = user("cleo", "Cleo", "#7c3aed");

/** Ben, who leads on stage at the second song. */
export const LEADER: Presence = { session_id: "ben", user: BEN, status: "active", focus: { item: "saints", lead: true }, joined_at: "", last_seen: "" };

/** Ben, in the middle of the notes. */
export const WRITER: Presence = { ...LEADER, focus: { field: "notes", anchor: 6, head: 6 } };

/** Ben, at the end of the venue. */
export const ON_THE_LINE: Presence = { ...LEADER, focus: { field: "venue", anchor: 9, head: 9 } };
